"""Writes the requirements files anew from pyproject.toml: `python3 packaging/lock.py [--upgrade]`.

Needs uv, which the set-up leaves in `.venv`, and a network. Without `--upgrade` the pins stay where they still fit.
"""

import subprocess
import sys

import first_steps

COMPILE = (
    "pip",
    "compile",
    "--universal",
    "--generate-hashes",
    "--python-version",
    "3.11",
    "--no-header",
    "--quiet",
)
LOCAL = ("--extra", "local", "--extra", "voice", "pyproject.toml")
TESTED = ("--constraint", "packaging/requirements-test.txt")
"""What runs is what was tested."""
SOURCES = {
    "requirements-test.txt": ("--group", "test", *LOCAL),
    "requirements.txt": (*TESTED, *LOCAL),
    "requirements-uv.txt": ("--group", "installer"),
}


def main() -> int:
    first_steps.prepare()
    import python_environment  # An old Python cannot read it.

    uv = python_environment.uv()
    if uv is None:
        sys.exit("There is no uv here: `python3 packaging/test.py` fetches it.")
    for lock, source in SOURCES.items():
        command = [uv, *COMPILE, *source, "--output-file", f"packaging/{lock}", *sys.argv[1:]]
        done = subprocess.run(
            command, cwd=python_environment.ROOT, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
