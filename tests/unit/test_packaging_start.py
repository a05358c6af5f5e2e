"""The set-up as a person runs it: in a copy of the project whose locks are empty, so that nothing is downloaded."""

import ast
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

import first_steps

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
DEADLINE_S = 60.0
SHOWS_ITS_START = (
    "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), sys.flags.safe_path]))\n"
)

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="stands on shell scripts and signals"
)


@dataclass
class Clone:
    """A copy of what the set-up needs, with programs of its own: a uv and a livekit-server."""

    folder: Path
    programs: Path
    elsewhere: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def installations(self) -> list[str]:
        log = self.programs / "uv.log"
        return log.read_text().splitlines() if log.exists() else []

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def begin(self, *arguments: str, script: str = "run.py") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.folder / "packaging" / script), *arguments],
            cwd=self.elsewhere,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, script: str = "run.py") -> subprocess.CompletedProcess[str]:
        process = self.begin(*arguments, script=script)
        out, errors = process.communicate(timeout=DEADLINE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "green room", tmp_path / "programs", tmp_path / "elsewhere")
    for folder in (made.folder, made.programs, made.elsewhere):
        folder.mkdir()
    shutil.copytree(
        PACKAGING, made.folder / "packaging", ignore=shutil.ignore_patterns("__pycache__")
    )
    for lock in (made.folder / "packaging").glob("*.txt"):
        lock.write_text("")
    for module in (
        "__init__.py",
        "domain/__init__.py",
        "domain/errors.py",
        "media/__init__.py",
        "media/server_binary.py",
    ):
        (made.folder / "app" / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "app" / module, made.folder / "app" / module)
    (made.folder / "app" / "__main__.py").write_text(SHOWS_ITS_START)
    made.program("uv", f'echo "$@" >> {made.programs}/uv.log')
    made.program("livekit-server", 'echo "livekit-server version 1.13.5"')
    made.environment = {
        "PATH": f"{made.programs}:/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "GREENROOM_LIVEKIT_SERVER": str(made.programs / "livekit-server"),
    }
    return made


def soon(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_greenroom_starts_where_the_person_is_with_the_arguments_given(clone: Clone):
    (clone.elsewhere / "app").mkdir()
    (clone.elsewhere / "app" / "__main__.py").write_text("print('not this one')")

    done = clone.run("calls", "list")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["calls", "list"], str(clone.elsewhere), True]


def test_without_arguments_the_demo_starts(clone: Clone):
    done = clone.run()

    assert json.loads(done.stdout)[0] == ["demo"]


def test_the_set_up_says_what_it_does_on_stderr_and_nothing_when_it_is_done(clone: Clone):
    first, second = clone.run("doctor"), clone.run("doctor")

    assert "greenroom: Installing what requirements.txt pins" in first.stderr
    assert second.stderr == ""
    assert len(clone.installations) == 1


def test_only_what_the_lock_names_is_installed_and_nothing_is_built(clone: Clone):
    clone.run("doctor")

    (installation,) = clone.installations
    for option in ("--no-deps", "--require-hashes", "--only-binary :all:"):
        assert option in installation


def test_the_command_in_the_environment_starts_greenroom(clone: Clone):
    clone.run("doctor")

    said = subprocess.run(
        [clone.venv / "bin" / "greenroom", "calls"],
        cwd=clone.elsewhere,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert json.loads(said.stdout)[0] == ["calls"]


def test_a_changed_lock_is_installed_into_the_same_environment(clone: Clone):
    clone.run("doctor")
    (clone.venv / "mine").touch()
    (clone.folder / "packaging" / "requirements.txt").write_text("# another\n")

    clone.run("doctor")

    assert len(clone.installations) == 2
    assert (clone.venv / "mine").exists()


def test_a_moved_folder_gets_a_new_environment(clone: Clone):
    clone.run("doctor")
    (clone.venv / "mine").touch()
    clone.folder = clone.folder.rename(clone.folder.with_name("moved"))

    done = clone.run("doctor")

    assert done.returncode == 0
    assert not (clone.venv / "mine").exists()


def test_an_environment_without_its_python_is_made_anew(clone: Clone):
    clone.run("doctor")
    (clone.venv / "bin" / "python").unlink()

    done = clone.run("doctor")

    assert done.returncode == 0
    assert (clone.venv / "bin" / "python").exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_an_interrupted_installation_is_mended_by_the_next_run(
    clone: Clone, number: int, code: int
):
    began = clone.programs / "began"
    clone.program("uv", f"touch '{clone.venv}/half'; echo $$ > {began}; exec sleep 2")
    interrupted = clone.begin("doctor")
    soon(lambda: began.exists() and began.read_text() != "")

    assert (clone.venv / "half").exists()
    interrupted.send_signal(number)
    interrupted.communicate(timeout=DEADLINE_S)
    clone.program("uv", f'echo "$@" >> {clone.programs}/uv.log')
    done = clone.run("doctor")

    assert interrupted.returncode == code
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stderr
    assert not (clone.venv / "half").exists()
    soon(lambda: has_ended(int(began.read_text())))


def test_pip_takes_over_where_uv_fails(clone: Clone):
    clone.program("uv", "echo broken >&2; exit 2")

    done = clone.run("doctor")

    assert done.returncode == 0, done.stderr
    assert "trying pip" in done.stderr


def test_packages_that_cannot_be_installed_end_it_with_a_sentence(clone: Clone):
    clone.program("uv", "exit 2")
    (clone.folder / "packaging" / "requirements.txt").write_text("nothing-of-that-name\n")

    done = clone.run("doctor")

    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_server_is_refused_with_a_sentence(clone: Clone):
    clone.environment["GREENROOM_LIVEKIT_SERVER"] = "/no/such/file"

    done = clone.run("calls", "list")

    assert done.returncode == 3
    assert "/no/such/file is not a file" in done.stderr
    assert done.stdout == ""


def test_two_set_ups_at_once_take_turns(clone: Clone):
    both = [clone.begin("doctor"), clone.begin("doctor")]

    ends = [process.communicate(timeout=DEADLINE_S) for process in both]

    assert [process.returncode for process in both] == [0, 0], ends
    assert len(clone.installations) == 1


@pytest.mark.parametrize("name", ["run.py", "test.py", "lock.py", "first_steps.py"])
def test_an_old_python_can_read_as_far_as_the_sentence_for_it(name: str):
    ast.parse((PACKAGING / name).read_text("utf-8"), feature_version=(3, 6))


def test_an_unsupported_python_is_told_which_one_will_do():
    said = first_steps.unsupported((3, 9), "python3.12")

    assert (
        said
        == "Greenroom needs Python 3.11 to 3.13; this is 3.9. Use `python3.12` instead of `python3`."
    )
    assert "python.org" in first_steps.unsupported((3, 14), "")


def test_the_sentence_names_the_pythons_that_pyproject_allows():
    text = (ROOT / "pyproject.toml").read_text("utf-8")

    (_, oldest), (major, newest) = first_steps.OLDEST, first_steps.NEWEST
    assert f'requires-python = ">=3.{oldest},<{major}.{newest + 1}"' in text
