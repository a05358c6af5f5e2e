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


class _CallFrames:
    """The frames of one call: they are counted until it ends."""

    def __init__(self) -> None:
        self.gaps = FrameGaps()
        self.last_s: float | None = None
        self.over = False

    def count(self, now_s: float) -> None:
        if self.last_s is not None:
            self.gaps.add((now_s - self.last_s) * 1000.0)
        self.last_s = now_s


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
        self._calls: dict[str, _CallFrames] = {}
        self.first_paint_ms: float | None = None
        """Set by whoever watches the first window."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)  # A coarse timer may drift by 5 %.
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._frame)

    def start(self) -> None:
        for frames in self._calls.values():
            frames.last_s = None
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

    def begin_call(self, key: str) -> None:
        """Count the frames of a call from now on."""
        self._calls[key] = _CallFrames()

    def end_call(self, key: str) -> None:
        """Count the frames of a call no more; its figures stay."""
        if key in self._calls:
            self._calls[key].over = True

    def forget_call(self, key: str) -> None:
        """Nobody will ask for the figures of this call."""
        self._calls.pop(key, None)

    def ui_figures(self, key: str) -> dict[str, float | int | None]:
        """The `ui` part of a call's call.json: milliseconds, None for what was not measured.

        The frames are those between `begin_call` and `end_call`, whatever other calls there were; `stall_max_ms` is
        the longest gap between two of them less the frame time. The first paint is that of the window, once for all.
        """
        gaps = self._calls[key].gaps if key in self._calls else FrameGaps()
        measured = gaps.count > 0
        longest_ms = gaps.longest_ms - FRAME_MS
        return {
            "first_paint_ms": self.first_paint_ms,
            "frame_gap_p99_ms": gaps.p99_ms(),
            "stall_max_ms": max(0.0, longest_ms) if measured else None,
            "frames": gaps.count,
        }

    @Slot()
    def _frame(self) -> None:
        now_s = time.perf_counter()
        for frames in self._calls.values():
            if not frames.over:
                frames.count(now_s)
        self.flush()
        self.ticked.emit()
