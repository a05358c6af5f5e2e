"""Stamps the moment when the first frame of a window has been painted."""

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

STARTED_AFTER_BOOT_FIELD = 19
"""Field 22 of proc(5) `/proc/PID/stat`, counted from the one after the command's name."""


class FirstPaint(QObject):
    """Watches a window until its first frame is on the screen, then says how old the process is."""

    painted = Signal(float)
    """Milliseconds from the start of the process to the end of the first painted frame."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._stamp = QTimer(self)
        self._stamp.setSingleShot(True)
        self._stamp.timeout.connect(self._done)
        window.installEventFilter(self)

    def _done(self) -> None:
        age_s = process_age_s()
        self.painted.emit(age_s * 1000.0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        # The window is painted before its children, all in one go: back on the loop, the frame is complete.
        if event.type() is QEvent.Type.Paint and watched is self._window:
            self._window.removeEventFilter(self)
            self._stamp.start(0)
        return False


def process_age_s() -> float:
    """Seconds since the operating system started this process, to 10 ms on Linux."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME) - _started_after_boot_s()
    import psutil  # After the first paint, and elsewhere than on Linux only: it takes 20 ms.

    return time.time() - psutil.Process().create_time()


def _started_after_boot_s() -> float:
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[STARTED_AFTER_BOOT_FIELD]) / os.sysconf("SC_CLK_TCK")
