"""Levels of one lane: what the meter shows, and the summary of the whole call."""

import math
from collections import deque

from app.domain.facts import Edge, Lane, LaneSummarised, LevelMeasured
from app.domain.ports import FactSink
from app.domain.speech import LEAVE_AFTER_S, Found
from app.runtime.pcm import FLOOR_DBFS, Level

READING_S = 1.0 / 30.0
HELD_BACK_S = LEAVE_AFTER_S + 0.05
"""Until a block is this old, it may turn out to lie before an onset or after an offset."""


class LaneLevels:
    """Offers a lane's level to the sink 30 times a second, and sums it up. One thread at a time."""

    def __init__(self, lane: Lane, sink: FactSink) -> None:
        self._lane = lane
        self._sink = sink
        self._peak_dbfs: float | None = None
        self._speech_power = 0.0
        self._speech_blocks = 0
        self._since: float | None = None
        self._recent: list[Level] = []

    def add(self, at: float, level: Level) -> None:
        """Take the level of a block of 10 ms."""
        if self._peak_dbfs is None or level.peak_dbfs > self._peak_dbfs:
            self._peak_dbfs = level.peak_dbfs
        if self._since is None:
            self._since = at
        self._recent.append(level)
        if at - self._since >= READING_S:
            self._offer(at)
            # Blocks come every 10 ms: counting on from here would read 25 times a second.
            self._since = max(self._since + READING_S, at - READING_S)

    def add_speech(self, power: float) -> None:
        """Count the mean square of a block that was speech."""
        self._speech_power += power
        self._speech_blocks += 1

    def summary(self, at: float) -> LaneSummarised:
        rms_dbfs = None
        if self._speech_blocks:
            rms_dbfs = _dbfs_of_power(self._speech_power / self._speech_blocks)
        return LaneSummarised(at=at, lane=self._lane, peak_dbfs=self._peak_dbfs, rms_dbfs=rms_dbfs)

    def _offer(self, at: float) -> None:
        power = sum(power_of(level) for level in self._recent) / len(self._recent)
        measured = LevelMeasured(
            at=at,
            lane=self._lane,
            peak_dbfs=max(level.peak_dbfs for level in self._recent),
            rms_dbfs=_dbfs_of_power(power),
        )
        self._sink.sample(("level", self._lane), measured)
        self._recent.clear()


class SpeechPower:
    """Hands a lane the power of those blocks of one stream that turn out to be speech. One thread at a time."""

    def __init__(self, lane_levels: LaneLevels) -> None:
        self._levels = lane_levels
        self._held: deque[tuple[float, float]] = deque()
        self._speaking = False

    def add(self, starts_at: float, level: Level, found: Found | None) -> None:
        """Take a block and the edge, if any, that was found with it."""
        self._held.append((starts_at, power_of(level)))
        if found is not None:
            self.turn(found)
        while self._held and self._held[0][0] < starts_at - HELD_BACK_S:
            _, power = self._held.popleft()
            if self._speaking:
                self._levels.add_speech(power)

    def turn(self, found: Found) -> None:
        """Decide the held blocks before an edge."""
        self._speaking = found.edge is Edge.ONSET
        while self._held and self._held[0][0] < found.at:
            _, power = self._held.popleft()
            if not self._speaking:
                self._levels.add_speech(power)


def power_of(level: Level) -> float:
    """Mean square relative to full scale."""
    return 10.0 ** (level.rms_dbfs / 10.0)


def _dbfs_of_power(power: float) -> float:
    return max(FLOOR_DBFS, 10.0 * math.log10(power)) if power > 0.0 else FLOOR_DBFS
