"""Keeps two set-ups of the same folder apart."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from terminal import say


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Wait for another set-up in `folder` to end, then keep others out until this one and its children have ended.

    Windows cannot lock a folder; there it keeps nobody out.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        _take(handle)
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    import fcntl  # Not there on Windows.

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up is at work in this folder. Waiting for it; Ctrl-C ends the waiting.")
        fcntl.flock(handle, fcntl.LOCK_EX)
