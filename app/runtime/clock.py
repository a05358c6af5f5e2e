"""The one clock of the process."""

import time


class AnchoredClock:
    """Wall time derived from the monotonic clock, anchored once: it never jumps and never runs backwards.

    Any thread.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset_s + time.monotonic()

    def at(self, monotonic_s: float) -> float:
        """Seconds since the epoch of a reading of `time.monotonic()`."""
        return self._offset_s + monotonic_s
