"""The end of a process whose panel is gone."""

import os
import signal
import sys


def end_session() -> None:
    """End this process and what it has started, as `kill -9` does."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)
