"""Listens to one remote track: levels, speech and when it was really heard, audio for the recording."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from app.domain.facts import Lane, SpeechEdge, Tap
from app.domain.ports import AudioRecorder, Clock, FactSink
from app.domain.speech import BLOCK_S, Found
from app.media.counted_speech import CountedSpeech
from app.media.jitter_buffer import Correction, Counters, JitterBuffer
from app.media.lane_levels import LaneLevels, SpeechPower
from app.media.steadied import Steadied
from app.media.track_reader import SAMPLE_RATE_HZ
from app.runtime.pcm import Level, level

log = logging.getLogger(__name__)

POLL_S = 0.1
STATS_S = 1.0
READING_DUE_S = 0.5
"""An edge waits this long for a reading of the jitter buffer that covers it."""

BlockListener = Callable[[str, Lane, bytes, float], None]
"""Identity, lane, 10 ms of mono 48 kHz int16, when they were heard. On the media loop; must not block."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where what is heard goes."""

    sink: FactSink
    clock: Clock
    recorder: AudioRecorder | None
    levels: LaneLevels
    listeners: list[BlockListener]


class TrackEar:
    """Measures one track until it is closed. Media loop only."""

    def __init__(
        self, track: rtc.RemoteAudioTrack, identity: str, lane: Lane, outlets: Outlets
    ) -> None:
        self._track = track
        self._identity = identity
        self._lane = lane
        self._out = outlets
        self._steadied = Steadied[Level](self._judge)
        self._speech = CountedSpeech()
        self._power = SpeechPower(outlets.levels)
        self._buffer = JitterBuffer()
        self._waiting: deque[Found] = deque()
        loop = asyncio.get_running_loop()
        self._polling = loop.create_task(self._poll(), name=f"stats of {identity}")

    def take(self, pcm: bytes, at: float) -> None:
        """Measure 10 ms and pass them on."""
        measured = level(np.frombuffer(pcm, dtype=np.int16))
        self._out.levels.add(at, measured)
        self._steadied.take(measured, at)
        self._pass_on(pcm, at - BLOCK_S - self._buffer.latest_delay_s())

    def close(self) -> None:
        """Post what waits; speech that the end of the track cut short ends with it."""
        self._polling.cancel()
        self._steadied.flush()
        if (cut := self._speech.close()) is not None:
            self._power.turn(cut)
            self._waiting.append(cut)
        for found in self._waiting:
            self._post(found, self._buffer.correction(found.at + BLOCK_S))
        self._waiting.clear()

    def _judge(self, measured: Level, arrived_at: float) -> None:
        """Look for speech in a block that the jitter buffer let go at that time."""
        began_at = arrived_at - BLOCK_S
        found = self._speech.feed(began_at, measured.rms_dbfs)
        self._power.add(began_at, measured, found)
        if found is not None:
            self._waiting.append(found)
        self._post_dated(arrived_at)

    def _pass_on(self, pcm: bytes, at: float) -> None:
        if self._out.recorder is not None:
            self._out.recorder.write(self._lane, self._identity, at, pcm, SAMPLE_RATE_HZ)
        for listener in self._out.listeners:
            listener(self._identity, self._lane, pcm, at)

    def _post_dated(self, now: float) -> None:
        """Post the edges for which a reading of the jitter buffer is there, or is overdue."""
        while self._waiting:
            found = self._waiting[0]
            correction = self._buffer.correction(found.at + BLOCK_S)
            if correction is None and now - found.at < READING_DUE_S:
                return
            self._post(self._waiting.popleft(), correction)

    def _post(self, found: Found, correction: Correction | None) -> None:
        uncertain = correction is None or correction.uncertain
        delay_s = correction.delay_s if correction is not None else self._buffer.latest_delay_s()
        self._out.sink.post(
            SpeechEdge(
                at=found.at - delay_s,
                tap=Tap.LISTENER,
                lane=self._lane,
                edge=found.edge,
                uncertain=uncertain,
                jitter_buffer_ms=delay_s * 1000.0,
            )
        )

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            if (counters := await self._counters()) is not None:
                self._buffer.read(counters)

    async def _counters(self) -> Counters | None:
        """The track's inbound totals; None when it has none or the answer is late."""
        try:
            async with asyncio.timeout(STATS_S):
                stats = await self._track.get_stats()
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing more specific
            log.debug("no statistics of %s: %s", self._identity, error)
            return None
        at = self._out.clock.now()
        inbound = next((s.inbound_rtp.inbound for s in stats if s.HasField("inbound_rtp")), None)
        if inbound is None:
            return None
        return Counters(
            at,
            inbound.jitter_buffer_delay,
            inbound.jitter_buffer_emitted_count,
            inbound.concealed_samples - inbound.silent_concealed_samples,
        )
