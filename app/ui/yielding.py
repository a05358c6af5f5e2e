"""Leaves room for the agents' threads between two pieces of work of the UI."""

import time


def let_others_run() -> None:
    """Give up the interpreter for a moment, and take it back when no thread waits for it.

    Painting holds it from the first view of a frame to the last one, which is longer than an agent may wait.
    """
    time.sleep(0)
