"""Finds where speech begins and ends, from levels alone."""

from dataclasses import dataclass

from app.domain.facts import Edge

BLOCK_S = 0.01
"""Speech is judged in blocks of 10 ms."""
ENTER_OVER_FLOOR_DB = 10.0
ENTER_AT_LEAST_DBFS = -45.0
ENTER_AFTER_S = 0.03
LEAVE_AFTER_S = 0.2
NO_BLOCKS_S = 0.5
"""Longer than blocks are held up when a computer is busy."""
FLOOR_RISE_DB_PER_S = 3.0
FLOOR_RISE_IN_SPEECH_DB_PER_S = 1.0
"""Slow enough for any sentence, since each pause between words brings the floor down again."""
FLOOR_LOWEST_DBFS = -90.0


@dataclass(frozen=True, slots=True)
class Found:
    """An edge, back-dated to the block where the speech began or after which it ended."""

    edge: Edge
    at: float


class SpeechDetector:
    """Onset and offset with hysteresis, for one lane.

    Speech is entered when blocks stay 10 dB over the noise floor and at least at -45 dBFS for 30 ms, and left when
    they stay below that for 200 ms; both edges are back-dated. The floor follows quiet at once and rises slowly, so
    that a steady hum becomes floor and a word does not. Where no blocks come for half a second, it was quiet: a lane
    may have audio only while its party speaks. One thread at a time.
    """

    def __init__(self) -> None:
        self._floor_dbfs = FLOOR_LOWEST_DBFS
        self._fed_until = 0.0
        self._loud_since: float | None = None
        self._loud_until = 0.0
        self.speaking = False

    def feed(self, at: float, rms_dbfs: float) -> Found | None:
        """Judge the block that began at `at`; `at` grows from call to call."""
        ended = self._after_pause() if at - self._fed_until >= NO_BLOCKS_S else None
        self._fed_until = at + BLOCK_S
        loud = rms_dbfs >= max(ENTER_AT_LEAST_DBFS, self._floor_dbfs + ENTER_OVER_FLOOR_DB)
        self._follow_floor(rms_dbfs)
        found = self._in_speech(at, loud) if self.speaking else self._in_quiet(at, loud)
        return ended or found

    def close(self) -> Found | None:
        """The offset of speech that the end of the lane cut short."""
        return self._leave() if self.speaking else None

    def _after_pause(self) -> Found | None:
        self._loud_since = None
        return self.close()

    def _follow_floor(self, rms_dbfs: float) -> None:
        level = max(rms_dbfs, FLOOR_LOWEST_DBFS)
        rise = FLOOR_RISE_IN_SPEECH_DB_PER_S if self.speaking else FLOOR_RISE_DB_PER_S
        self._floor_dbfs = min(level, self._floor_dbfs + rise * BLOCK_S)

    def _in_quiet(self, at: float, loud: bool) -> Found | None:
        if not loud:
            self._loud_since = None
            return None
        if self._loud_since is None:
            self._loud_since = at
        if at + BLOCK_S - self._loud_since < ENTER_AFTER_S - BLOCK_S / 2:
            return None
        self.speaking = True
        self._loud_until = at + BLOCK_S
        return Found(Edge.ONSET, self._loud_since)

    def _in_speech(self, at: float, loud: bool) -> Found | None:
        if loud:
            self._loud_until = at + BLOCK_S
            return None
        if at + BLOCK_S - self._loud_until < LEAVE_AFTER_S - BLOCK_S / 2:
            return None
        return self._leave()

    def _leave(self) -> Found:
        self.speaking, self._loud_since = False, None
        return Found(Edge.OFFSET, self._loud_until)
