"""Starts Greenroom when everything that it needs is there."""

import os
import subprocess
import sys
from collections.abc import Sequence

import livekit_server
import python_environment
import system_libraries
from app.domain.errors import MissingRequirementError
from one_at_a_time import alone_in
from terminal import say, sentences_for_errors

NEEDS_SERVER_HERE = "demo"


def start(arguments: Sequence[str]) -> int:
    """Set up, then become `greenroom` with `arguments` in the folder where this was started."""
    with sentences_for_errors():
        with alone_in(python_environment.ROOT):
            _set_up(arguments)
        # -P: a folder called `app` where this was started is not ours.
        command = [str(python_environment.PYTHON), "-P", "-m", "app", *arguments]
        if sys.platform != "win32":
            os.execv(command[0], command)  # noqa: S606 - a shell has no part in it.
        return subprocess.run(command, check=False).returncode


def _set_up(arguments: Sequence[str]) -> None:
    python_environment.ensure(python_environment.RUN_LOCK)
    system_libraries.ensure(python_environment.site_packages(), programs={})
    try:
        livekit_server.ensure()
    except MissingRequirementError as error:
        command = next((word for word in arguments if not word.startswith("-")), "")
        if command == NEEDS_SERVER_HERE or livekit_server.is_chosen():
            raise
        say(f"{error.title} Servers elsewhere can be used all the same.")
