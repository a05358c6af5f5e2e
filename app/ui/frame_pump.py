"""Drains the mailbox once per frame and measures how even the frames are."""

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.runtime.mailbox import Mailbox

FRAME_MS = 33
BIN_MS = 0.5
LONGEST_MS = 5000.0
STALL_MS = 50.0
"""A gap this much beyond the frame time is counted as a stall."""


class FrameGaps:
    """The gaps between frames, in bins: an eight-hour call takes no more memory than a short one."""

    def __init__(self) -> None:
        self._bins = [0] * (int(LONGEST_MS / BIN_MS) + 1)
        self.count = 0
        self.longest_ms = 0.0
        self.stalls = 0

    def add(self, gap_ms: float) -> None:
        self._bins[min(int(gap_ms / BIN_MS), len(self._bins) - 1)] += 1
        self.count += 1
        self.longest_ms = max(self.longest_ms, gap_ms)
        self.stalls += gap_ms - FRAME_MS > STALL_MS

    def p99_ms(self) -> float | None:
        """The 99th percentile by nearest rank, at the upper edge of its bin; None before the first gap."""
        rank = -(-self.count * 99 // 100)
        seen = 0
        for index, number in enumerate(self._bins):
            seen += number
            if number and seen >= rank:
                return min((index + 1) * BIN_MS, self.longest_ms)
        return None


class FramePump(QObject):
    """Carries facts from the tiers' threads to the UI thread, 30 times a second. UI thread only."""

    batch = Signal(object)
    """dict[str, list[Fact]]: by call, the facts of each in their order; never empty."""
    ticked = Signal()
    """Once per frame, after its batch."""
    dropped = Signal(int)
    """The mailbox was full and refused facts; carries how many since the start."""

    def __init__(self, mailbox: Mailbox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = mailbox
        self._dropped = 0
        self._last_s: float | None = None
        self.first_paint_ms: float | None = None
        """Set by whoever watches the first window."""
        self.gaps = FrameGaps()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)  # A coarse timer may drift by 5 %.
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._frame)

    def start(self) -> None:
        self._last_s = None
        self._timer.start()

    def stop(self) -> None:
        """Deliver what is left and rest."""
        self._timer.stop()
        self.flush()

    def flush(self) -> None:
        """Deliver what the mailbox holds now."""
        if by_call := self._mailbox.drain():
            self.batch.emit(by_call)
        if (dropped := self._mailbox.dropped) != self._dropped:
            self._dropped = dropped
            self.dropped.emit(dropped)

    def forget_gaps(self) -> None:
        """Begin the figures anew, at the start of a call that is alone: those that overlap share theirs."""
        self.gaps = FrameGaps()
        self._last_s = None

    def ui_figures(self) -> dict[str, float | int | None]:
        """The `ui` part of call.json: milliseconds, None for what was not measured.

        `stall_max_ms` is the longest gap less the frame time.
        """
        measured = self.gaps.count > 0
        longest_ms = self.gaps.longest_ms - FRAME_MS
        return {
            "first_paint_ms": self.first_paint_ms,
            "frame_gap_p99_ms": self.gaps.p99_ms(),
            "stall_max_ms": max(0.0, longest_ms) if measured else None,
            "frames": self.gaps.count,
        }

    @Slot()
    def _frame(self) -> None:
        now_s = time.perf_counter()
        if self._last_s is not None:
            self.gaps.add((now_s - self._last_s) * 1000.0)
        self._last_s = now_s
        self.flush()
        self.ticked.emit()
