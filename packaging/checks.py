"""Runs the checks of the project, one after the other."""

import os
import subprocess
from collections.abc import Sequence

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
FULLY_COVERED = "app/domain/*,app/runtime/*"
CHECKS_S = 7200.0
"""A check that takes longer hangs."""


def run(pytest_arguments: Sequence[str]) -> int:
    """Set up, then run every check, or only pytest with `pytest_arguments`, up to the first that fails.

    Returns the exit code of the last that ran.
    """
    with sentences_for_errors():
        with alone_in(ROOT):
            environment = _set_up()
        for check in [_pytest(pytest_arguments)] if pytest_arguments else _all():
            say(f"Running {' '.join(check)}")
            code = subprocess.run(
                check, cwd=ROOT, env=environment, timeout=CHECKS_S, check=False
            ).returncode
            if code != 0:
                return code
    return 0


def _set_up() -> dict[str, str]:
    """Everything that the checks need; returns the environment to run them in."""
    python_environment.ensure(python_environment.TEST_LOCK)
    system_libraries.ensure(
        python_environment.site_packages(), system_libraries.PACKAGE_OF_TEST_PROGRAM
    )
    environment = os.environ | SETTINGS | {SERVER_VARIABLE: str(livekit_server.ensure())}
    # Without compiled modules every process that a test starts compiles them anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _all() -> list[list[str]]:
    return [
        [_program("ruff"), "check"],
        [_program("ruff"), "format", "--check"],
        [_program("basedpyright"), "--pythonpath", str(PYTHON)],
        [_program("lint-imports")],
        [_program("coverage"), "run", "-m", "pytest"],
        [
            _program("coverage"),
            "report",
            f"--include={FULLY_COVERED}",
            "--show-missing",
            "--fail-under=100",
        ],
    ]


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [str(PYTHON), "-m", "pytest", *arguments]


def _program(name: str) -> str:
    return str(PROGRAMS / name)
