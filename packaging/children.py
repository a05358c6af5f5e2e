"""Runs a program together with whatever it starts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from terminal import say

TICK_S = 1.0


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    settings: Mapping[str, str],
    folder: Path | None = None,
    output: IO[Any] | int = sys.stderr,
    tick: Callable[[], None] = lambda: None,
    finishes: bool = False,
) -> int:
    """Run `command` with `settings` added to the environment and return its exit code.

    `tick` is called about once a second. When the time is over (`subprocess.TimeoutExpired`) or this process is told
    to end, the program and its children are killed; but one that `finishes` is let finish, because it would leave
    its work broken.
    """
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # Ctrl-C reaches this process alone, and a whole session can be ended at once.
        start_new_session=True,
        # A child that outlives a killed set-up keeps the next one waiting (`one_at_a_time`); the services that a
        # package manager starts must not.
        close_fds=finishes,
    )
    try:
        return _wait(child, time.monotonic() + timeout_s, tick)
    except BaseException:
        if finishes:
            say(f"Ending as soon as {command[0]} has finished.")
            child.wait()
        raise
    finally:
        end(child)


def _wait(child: subprocess.Popen[bytes], ends: float, tick: Callable[[], None]) -> int:
    while True:
        tick()
        try:
            return child.wait(min(TICK_S, max(0.0, ends - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= ends:
                raise


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a child that leads a session, with all of that session, if it is still there."""
    if child.poll() is not None:
        return
    if sys.platform == "win32":
        child.kill()
    else:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
