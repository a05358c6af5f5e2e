"""Finds the edges of speech in the blocks of one stream."""

from collections import deque

from app.domain.facts import Edge
from app.domain.speech import BLOCK_S, Found, SpeechDetector

REMEMBERED_BLOCKS = 64
"""More than the 20 that an offset is found late."""


class CountedSpeech:
    """Judges blocks of 10 ms by their count and dates the edges by the blocks' own times.

    Audio stalls on its way and catches up in bursts. Judged by the clock, a burst would be too short to be speech
    and a stall long enough to end it. One thread at a time.
    """

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._count = 0
        self._starts: deque[float] = deque(maxlen=REMEMBERED_BLOCKS)

    @property
    def speaking(self) -> bool:
        return self._detector.speaking

    def feed(self, starts_at: float, rms_dbfs: float) -> Found | None:
        """Judge the next block, which began at `starts_at`."""
        self._starts.append(starts_at)
        self._count += 1
        return self._dated(self._detector.feed((self._count - 1) * BLOCK_S, rms_dbfs))

    def close(self) -> Found | None:
        """The offset of speech that the end of the stream cut short."""
        return self._dated(self._detector.close())

    def _dated(self, found: Found | None) -> Found | None:
        if found is None:
            return None
        number = round(found.at / BLOCK_S)
        if found.edge is Edge.ONSET:
            return Found(found.edge, self._start_of(number))
        return Found(found.edge, self._start_of(number - 1) + BLOCK_S)

    def _start_of(self, number: int) -> float:
        oldest = self._count - len(self._starts)
        return self._starts[max(0, number - oldest)]
