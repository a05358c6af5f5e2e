"""The one clock of the process."""

import time


class AnchoredClock:
    """Wall time derived from the monotonic clock, anchored once: it never jumps and never runs backwards.

    Any thread.
    """

    def __init__(self, offset_s: float | None = None) -> None:
        """`offset_s` is that of another process's clock, which this one then agrees with."""
        self._offset_s = time.time() - time.monotonic() if offset_s is None else offset_s

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset_s + time.monotonic()

    def at(self, monotonic_s: float) -> float:
        """Seconds since the epoch of a reading of `time.monotonic()`."""
        return self._offset_s + monotonic_s
