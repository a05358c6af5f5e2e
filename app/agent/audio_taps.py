"""Measures the audio that an agent is given and the audio that it writes."""

from collections import deque

from app.domain.facts import Lane, LevelMeasured, SpeechEdge, Tap
from app.domain.ports import FactSink
from app.domain.speech import BLOCK_S, LEAVE_AFTER_S, Found, SpeechDetector
from app.runtime.pcm import FLOOR_DBFS, Blocks, dbfs, level

LEVELS_PER_S = 30
LONGEST_QUIET_S = 2 * LEAVE_AFTER_S
BYTES_PER_SAMPLE = 2


class Edges:
    """Speech edges of one stream of a lane at the agent's tap. One thread at a time."""

    def __init__(self, sink: FactSink, lane: Lane) -> None:
        self._sink = sink
        self._lane = lane
        self._detector = SpeechDetector()
        self._last_at = float("-inf")

    def feed(self, at: float, rms_dbfs: float) -> None:
        """Take the block that began at `at`; one that seems to begin before the last one began with it."""
        self._last_at = max(at, self._last_at)
        self._post(self._detector.feed(self._last_at, rms_dbfs))

    def close(self) -> None:
        """The stream has ended."""
        self._post(self._detector.close())

    def _post(self, found: Found | None) -> None:
        if found is not None:
            self._sink.post(
                SpeechEdge(at=found.at, tap=Tap.AGENT, lane=self._lane, edge=found.edge)
            )


class EarMeter:
    """The level of what the agent hears, everybody together, at most 30 times a second. One thread at a time."""

    def __init__(self, sink: FactSink) -> None:
        self._sink = sink
        self._peak_dbfs = FLOOR_DBFS
        self._energies: dict[str, list[float]] = {}
        self._due_at = 0.0

    def take(self, identity: str, at: float, peak_dbfs: float, rms_dbfs: float) -> None:
        """Count a block of one participant in, and tell the level when it is due."""
        self._peak_dbfs = max(self._peak_dbfs, peak_dbfs)
        self._energies.setdefault(identity, []).append(10 ** (rms_dbfs / 10))
        if at >= self._due_at:
            self._tell(at)

    def _tell(self, at: float) -> None:
        energy = sum(sum(blocks) / len(blocks) for blocks in self._energies.values())
        self._sink.sample(
            ("level", Lane.EAR),
            LevelMeasured(
                at=at, lane=Lane.EAR, peak_dbfs=self._peak_dbfs, rms_dbfs=dbfs(energy**0.5)
            ),
        )
        self._energies.clear()
        self._peak_dbfs = FLOOR_DBFS
        self._due_at = at + 1.0 / LEVELS_PER_S


class GivenAudio:
    """The audio of one participant as the agent is given it. One thread at a time."""

    def __init__(self, sink: FactSink, identity: str, meter: EarMeter) -> None:
        self._edges = Edges(sink, Lane.CALLER)
        self._identity = identity
        self._meter = meter
        self._blocks: Blocks | None = None

    def take(self, delivered_at: float, pcm: bytes, sample_rate_hz: int) -> None:
        """Measure mono int16 samples of which the last was delivered at `delivered_at`."""
        if self._blocks is None:
            self._blocks = Blocks(sample_rate_hz)
        began_at = delivered_at - len(pcm) / BYTES_PER_SAMPLE / sample_rate_hz
        for index, block in enumerate(self._blocks.split(pcm)):
            measured = level(block)
            at = began_at + index * BLOCK_S
            self._edges.feed(at, measured.rms_dbfs)
            self._meter.take(self._identity, at, measured.peak_dbfs, measured.rms_dbfs)

    def close(self) -> None:
        """The participant's track is gone."""
        self._edges.close()


class WrittenAudio:
    """The audio that an agent writes, judged as it is played. One thread at a time.

    Writes run ahead of what is played by as much as the output queue holds, so a block begins where the one before
    it ended, or at the moment of its write when nothing was queued.
    """

    def __init__(self, sink: FactSink) -> None:
        self._edges = Edges(sink, Lane.AGENT)
        self._blocks: Blocks | None = None
        self._queued: deque[tuple[float, float]] = deque()
        """When each block not played yet begins, and its RMS in dBFS."""
        self._until: float | None = None

    @property
    def played_until(self) -> float | None:
        """When all that was written will have been played; None before the first write."""
        return self._until

    def write(self, now: float, pcm: bytes, sample_rate_hz: int) -> None:
        """Take mono int16 samples written at `now`."""
        if self._blocks is None:
            self._blocks = Blocks(sample_rate_hz)
        self.settle(now)
        at = now if self._until is None else max(now, self._until)
        for block in self._blocks.split(pcm):
            self._queued.append((at, level(block).rms_dbfs))
            at += block.size / sample_rate_hz
        self._until = at

    def cut(self, now: float) -> None:
        """What was written and not played yet is dropped."""
        self.settle(now)
        self._queued.clear()
        if self._until is not None:
            self._until = min(self._until, now)

    def settle(self, now: float) -> None:
        """Judge what has been played, and count the time after the last sample as silence."""
        while self._queued and self._queued[0][0] + BLOCK_S / 2 <= now:
            self._edges.feed(*self._queued.popleft())
        if self._until is None or self._queued or now <= self._until:
            return
        quiet_blocks = int(min(now - self._until, LONGEST_QUIET_S) / BLOCK_S)
        for index in range(quiet_blocks):
            self._edges.feed(self._until + index * BLOCK_S, FLOOR_DBFS)
        counted_s = quiet_blocks * BLOCK_S
        self._until = now if now - self._until > LONGEST_QUIET_S else self._until + counted_s

    def close(self) -> None:
        """The agent has left."""
        self._edges.close()
