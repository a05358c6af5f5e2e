"""Keeps the garbage collector from stopping a call."""

import gc


def pause() -> None:
    """Collect nothing until `settle`: while modules are imported a full pass stops every thread for 0.1 s."""
    gc.disable()


def settle() -> None:
    """Collect once, take what is left out of later passes, and collect as usual from now on.

    Everything that was imported and loaded stays for good; passes that walk it again would stop every thread for as
    long as this one does, in the middle of a call. Any thread, when no call is live.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
