"""Runs the checks of the project, one after the other."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

import children
import livekit_server
import python_environment
import system_libraries
from app.media.server_binary import SERVER_VARIABLE
from one_at_a_time import alone_in
from python_environment import PROGRAMS, PYTHON, ROOT
from terminal import say, sentences_for_errors

SETTINGS = {
    "QT_QPA_PLATFORM": "offscreen",
    "QT_LOGGING_RULES": "qt.multimedia.*=false",
    "QT_AUDIO_BACKEND": "pulseaudio",
}
FULLY_COVERED = ("app/domain", "app/runtime")
WORKERS = "2"
"""Tests at once. More would wait for each other's sound, which takes its time."""
COVERAGE = [
    *(f"--cov={package}" for package in FULLY_COVERED),
    "--cov-branch",
    "--cov-report=term-missing:skip-covered",
    "--cov-fail-under=100",
]
CHECKS_S = 3600.0
"""A check that takes longer hangs."""
GRACE_S = 30.0
"""For an interrupted check, to end what it has started."""


def run(pytest_arguments: Sequence[str]) -> int:
    """Set up, then run every check, or only pytest with `pytest_arguments`, up to the first that fails.

    Returns the exit code of the last that ran.
    """
    with sentences_for_errors():
        with alone_in(ROOT):
            environment = set_up()
        for check in [_pytest(pytest_arguments)] if pytest_arguments else every_check():
            say(f"Running {' '.join(check)}")
            code = _run(check, environment)
            if code != 0:
                return code
    return 0


def _run(check: Sequence[str], environment: Mapping[str, str]) -> int:
    # In a session of its own it is interrupted once, by us, and ends what it has started.
    child = subprocess.Popen(check, cwd=ROOT, env=environment, start_new_session=True)
    try:
        return child.wait(CHECKS_S)
    except BaseException:
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
        raise
    finally:
        children.end(child)


def set_up() -> dict[str, str]:
    """Everything that the checks need; returns the environment to run them in."""
    python_environment.ensure(python_environment.TEST_LOCK)
    system_libraries.ensure(
        python_environment.site_packages(), system_libraries.PACKAGE_OF_TEST_PROGRAM
    )
    environment = os.environ | SETTINGS | {SERVER_VARIABLE: str(livekit_server.ensure())}
    # Without compiled modules every process that a test starts compiles them anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def every_check() -> list[list[str]]:
    return [
        [_program("ruff"), "check"],
        [_program("ruff"), "format", "--check"],
        [_program("basedpyright"), "--pythonpath", str(PYTHON)],
        [_program("lint-imports")],
        _pytest(["tests/unit", *side_by_side("loadfile"), *COVERAGE]),
        _pytest(["tests/ui", *side_by_side("loadfile")]),
        _pytest(["tests/integration", "-m", "not alone", *side_by_side("loadgroup")]),
        _pytest(["tests/integration", "-m", "alone"]),
    ]


def side_by_side(distribution: str) -> list[str]:
    return ["--numprocesses", WORKERS, "--dist", distribution]


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [str(PYTHON), "-m", "pytest", *arguments]


def _program(name: str) -> str:
    return str(PROGRAMS / name)
