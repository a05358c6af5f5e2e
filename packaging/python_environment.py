"""Makes `.venv`: a Python environment that holds exactly what a lock pins."""

import hashlib
import importlib
import importlib.util
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import children
import debian_packages
from app.domain.errors import UserError
from finished_mark import FinishedMark
from terminal import say

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
RUN_LOCK = ROOT / "packaging" / "requirements.txt"
TEST_LOCK = ROOT / "packaging" / "requirements-test.txt"
UV_LOCK = ROOT / "packaging" / "requirements-uv.txt"
ON_WINDOWS = sys.platform == "win32"
PROGRAMS = FOLDER / ("Scripts" if ON_WINDOWS else "bin")
PYTHON = PROGRAMS / ("python.exe" if ON_WINDOWS else "python")
INSTALL_TIMEOUT_S = 3600.0
SETTINGS = {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
STRICT = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r")
"""Nothing but what a lock names, unchanged, and nothing that would be built here."""
FINISHED = FinishedMark(FOLDER / "greenroom-set-up")


def ensure(lock: Path) -> None:
    """Make `.venv` hold what `lock` pins and a `greenroom` command. Raises `UserError`.

    An environment whose last installation did not finish is made anew. The test lock holds all that the other one
    does, so an environment for the tests will do for both.
    """
    finished_for = FINISHED.read()
    if PYTHON.exists() and finished_for in (_key(lock), _key(TEST_LOCK)):
        return
    FINISHED.clear()
    if not (PYTHON.exists() and finished_for and finished_for.startswith(_foundation())):
        _make_anew()
    _install(lock)
    _add_greenroom()
    FINISHED.write(_key(lock))
    say("The Python environment is ready.")


def site_packages() -> Path:
    return Path(
        sysconfig.get_path("purelib", "venv", {"base": str(FOLDER), "platbase": str(FOLDER)})
    )


def uv() -> str | None:
    """The uv on PATH, else the one in `.venv`."""
    return shutil.which("uv") or shutil.which("uv", path=str(PROGRAMS))


def _key(lock: Path) -> str:
    return f"{_foundation()}{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def _foundation() -> str:
    # Scripts in the environment hold its path.
    return f"Python {sys.version_info.major}.{sys.version_info.minor} in {ROOT}\n"


def _make_anew() -> None:
    _require_installer()
    say(f"Making .venv with Python {sys.version.split()[0]}.")
    venv.create(FOLDER, clear=True, symlinks=not ON_WINDOWS)


def _require_installer() -> None:
    """Debian packs ensurepip and pip apart from Python."""
    if shutil.which("uv") or _has("ensurepip") or _has("pip"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    debian_packages.install(
        [package], "Python lacks ensurepip, with which a virtual environment is made"
    )
    importlib.invalidate_caches()


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _install(lock: Path) -> None:
    say(f"Installing what {lock.name} pins. This downloads about 700 MB, once.")
    program = uv() or _fetch_uv()
    if program and _run([program, "pip", "install", "--python", str(PYTHON), *STRICT, str(lock)]):
        return
    say(f"{'uv did not succeed' if program else 'There is no uv'}; trying pip, which takes longer.")
    if not _run([*_pip(), "install", *STRICT, str(lock)]):
        raise UserError(
            "The Python packages could not be installed.",
            "The lines above say why. The first run needs a network; the same command starts over.",
        )


def _fetch_uv() -> str | None:
    say("Fetching uv, which installs faster than pip.")
    _run([*_pip(), "install", "--quiet", "--retries", "1", *STRICT, str(UV_LOCK)])
    return uv()


def _pip() -> list[str]:
    """The beginning of a pip command for `.venv`."""
    if not _has("ensurepip"):
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if not (site_packages() / "pip").exists():
        _add_pip()
    return [str(PYTHON), "-m", "pip"]


def _add_pip() -> None:
    command = [str(PYTHON), "-m", "ensurepip", "--default-pip"]
    if (
        children.run(command, timeout_s=INSTALL_TIMEOUT_S, settings={}, output=subprocess.DEVNULL)
        != 0
    ):
        raise UserError(
            "pip could not be put into .venv.", f"This shows why: {shlex.join(command)}"
        )


def _run(command: list[str]) -> bool:
    """Run an installer, its output on stderr, and say whether it succeeded."""
    # In our folder: the settings of another project, where this was started, do not count.
    return children.run(command, timeout_s=INSTALL_TIMEOUT_S, settings=SETTINGS, folder=ROOT) == 0


def _add_greenroom() -> None:
    """Make `app` importable from this folder and `greenroom` a command, as an editable installation would."""
    (site_packages() / "greenroom.pth").write_text(f"{ROOT}\n", "utf-8")
    if ON_WINDOWS:
        (PROGRAMS / "greenroom.cmd").write_text(f'@"{PYTHON}" -P -m app %*\n', "utf-8")
        return
    script = PROGRAMS / "greenroom"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m app "$@"\n', "utf-8")
    script.chmod(0o755)
