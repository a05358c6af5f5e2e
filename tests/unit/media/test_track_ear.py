import asyncio
from collections.abc import AsyncIterator
from typing import cast

import numpy as np
import pytest
from livekit import rtc
from livekit.rtc._proto.stats_pb2 import RtcStats  # The SDK gives its statistics as these.

from app.domain.facts import Edge, Lane, SpeechEdge
from app.media.lane_levels import LaneLevels
from app.media.track_ear import Outlets, TrackEar
from app.runtime.clock import AnchoredClock
from tests.support.livekit import BLOCK, silence, tone
from tests.support.posted import Posted, until

CLOCK = AnchoredClock()


class Track:
    """A track whose audio waits `delay_s` in the jitter buffer; None when it has no statistics."""

    def __init__(self, delay_s: float | None) -> None:
        self.delay_s = delay_s
        self._emitted = 0

    async def get_stats(self) -> list[RtcStats]:
        if self.delay_s is None:
            raise RuntimeError("the track is gone")
        self._emitted += 4800
        stats = RtcStats()
        inbound = stats.inbound_rtp.inbound
        inbound.jitter_buffer_emitted_count = self._emitted
        inbound.jitter_buffer_delay = self._emitted * self.delay_s
        return [RtcStats(), stats]


class Heard:
    """An ear on a track, and all that comes out of it."""

    def __init__(self, delay_s: float | None) -> None:
        self.posted = Posted()
        self.passed_on: list[tuple[str, Lane, int]] = []
        outlets = Outlets(
            self.posted, CLOCK, None, LaneLevels(Lane.AGENT, self.posted), [self._listen]
        )
        track = cast("rtc.RemoteAudioTrack", Track(delay_s))
        self.ear = TrackEar(track, "agent", Lane.AGENT, outlets)

    async def play(self, pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
        """Deliver at the pace of the clock; return when it began."""
        begun = CLOCK.now()
        for number in range(pcm.size // BLOCK):
            at = begun + (number + 1) / 100
            await asyncio.sleep(max(0.0, at - CLOCK.now()))
            self.ear.take(pcm[number * BLOCK : (number + 1) * BLOCK].tobytes(), at)
        return begun

    def edges(self) -> list[SpeechEdge]:
        return self.posted.of(SpeechEdge)

    def _listen(self, identity: str, lane: Lane, pcm: bytes, _at: float) -> None:
        self.passed_on.append((identity, lane, len(pcm)))


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    heard = Heard(delay_s=0.04)
    yield heard
    heard.ear.close()


async def test_dates_speech_to_before_the_jitter_buffer(heard: Heard) -> None:
    begun = await heard.play(np.concatenate([silence(0.5), tone(0.5), silence(0.6)]))

    onset, offset = heard.edges()
    assert onset.edge is Edge.ONSET
    assert onset.at == pytest.approx(begun + 0.5 - 0.04, abs=0.001)
    assert offset.at == pytest.approx(begun + 1.0 - 0.04, abs=0.001)
    assert onset.jitter_buffer_ms == pytest.approx(40)
    assert not onset.uncertain
    assert not offset.uncertain


async def test_passes_every_block_on(heard: Heard) -> None:
    await heard.play(silence(0.2))

    assert heard.passed_on == [("agent", Lane.AGENT, 960)] * 20


async def test_speech_is_uncertain_without_statistics() -> None:
    heard = Heard(delay_s=None)

    begun = await heard.play(np.concatenate([silence(0.2), tone(0.3), silence(0.9)]))
    heard.ear.close()

    assert [edge.uncertain for edge in heard.edges()] == [True, True]
    assert heard.edges()[0].at == pytest.approx(begun + 0.2, abs=0.001)


async def test_the_end_of_the_track_ends_speech() -> None:
    heard = Heard(delay_s=0.04)
    begun = await heard.play(np.concatenate([silence(0.3), tone(0.3)]))

    heard.ear.close()

    assert [edge.edge for edge in heard.edges()] == [Edge.ONSET, Edge.OFFSET]
    assert heard.edges()[1].at == pytest.approx(begun + 0.6 - 0.04, abs=0.001)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 2, "the polling's end")
