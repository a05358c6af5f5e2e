"""How long a remote track's audio waited in its jitter buffer, and when that is not to be trusted.

The buffer is the part of the way to a listener that moves: 30 ms at rest, hundreds after a stall. WebRTC counts it
(https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-jitterbufferdelay).
"""

from collections import deque
from dataclasses import dataclass

LONG_S = 0.15
MOVED_S = 0.02
REMEMBERED_S = 2.0
CONCEALED_AROUND_S = 0.2
"""Why a reading is uncertain: the buffer is long, it has moved within 2 s, or audio was made up around the edge."""


@dataclass(frozen=True, slots=True)
class Counters:
    """The running totals of a track's inbound statistics when they were read."""

    at: float
    delay_s: float
    """Summed over all samples that left the buffer."""
    emitted_samples: int
    concealed_samples: int
    """Sound that was made up; the silence and comfort noise of quiet moments, which WebRTC counts too, left out."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What to subtract from an arrival time."""

    delay_s: float
    uncertain: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    begin: float
    end: float
    delay_s: float
    concealed: bool


class JitterBuffer:
    """The last seconds of one track's jitter buffer. One thread at a time."""

    def __init__(self) -> None:
        self._last: Counters | None = None
        self._readings: deque[_Reading] = deque()

    def read(self, counters: Counters) -> None:
        """Take the totals of a later moment."""
        last, self._last = self._last, counters
        if last is None or counters.emitted_samples < last.emitted_samples:
            return
        if (delay_s := self._delay_between(last, counters)) is None:
            return
        concealed = counters.concealed_samples > last.concealed_samples
        self._readings.append(_Reading(last.at, counters.at, delay_s, concealed))
        while self._readings[0].end < counters.at - 2 * REMEMBERED_S:
            self._readings.popleft()

    def correction(self, arrived_at: float) -> Correction | None:
        """For audio that arrived at that time; None as long as no reading covers it."""
        if not self._readings or self._readings[-1].end < arrived_at:
            return None
        covering = next(r for r in self._readings if r.end >= arrived_at)
        return Correction(covering.delay_s, self._doubtful(covering, arrived_at))

    def latest_delay_s(self) -> float:
        """The newest reading; 0 before the first."""
        return self._readings[-1].delay_s if self._readings else 0.0

    def _delay_between(self, last: Counters, now: Counters) -> float | None:
        """Mean delay of the samples emitted in between; while none are, what it was before."""
        emitted = now.emitted_samples - last.emitted_samples
        if emitted > 0:
            return (now.delay_s - last.delay_s) / emitted
        return self._readings[-1].delay_s if self._readings else None

    def _doubtful(self, covering: _Reading, arrived_at: float) -> bool:
        recent = [
            r
            for r in self._readings
            if r.end >= arrived_at - REMEMBERED_S and r.begin <= covering.end
        ]
        delays_s = [r.delay_s for r in recent]
        concealed = any(
            r.concealed
            for r in self._readings
            if r.end >= arrived_at - CONCEALED_AROUND_S
            and r.begin <= arrived_at + CONCEALED_AROUND_S
        )
        moved = max(delays_s) - min(delays_s) > MOVED_S
        return covering.delay_s > LONG_S or moved or concealed
