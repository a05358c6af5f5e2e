"""The operator in the room: their microphone goes in, the others' voices come out."""

import asyncio
import logging
from contextlib import suppress

import numpy as np
from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.facts import Lane, Role
from app.domain.ports import Clock, FactSink
from app.domain.speech import BLOCK_S, ENTER_AT_LEAST_DBFS
from app.media.caller_tap import SpeechAtCaller, VoiceAtCaller
from app.media.connection import SPEAKER_OPTIONS, RoomConnection
from app.media.ear import Ear
from app.media.lane_levels import LaneLevels
from app.media.microphone_processing import MicrophoneProcessing
from app.media.microphone_track import BLOCK_SAMPLES, SILENT_BLOCK, MicrophoneTrack
from app.media.own_voice import OwnVoice
from app.media.pcm_ring import PcmRing
from app.media.roles import role_of
from app.media.speaker_mix import SpeakerMix, Voice
from app.media.track_reader import SAMPLE_RATE_HZ, TrackReaders
from app.runtime.pcm import Level, level

log = logging.getLogger(__name__)

QUEUE_MS = 100
STORED_SAMPLES = SAMPLE_RATE_HZ // 5
"""Of the microphone and of the echo reference: 200 ms, then the oldest go."""
BEHIND_S = 0.08
"""When more than this waits to be sent, quiet blocks are left out until it has been caught up."""
UNHEARD_S = 1.0
"""A speaker that has taken nothing for so long was elsewhere, in another call. No device waits so long."""
STARVED_S = 0.1
"""A microphone that has given nothing for so long is replaced by silence."""


class Mouth:
    """A visible participant with the operator's devices: implements `app.domain.ports.OperatorAudio`.

    The operator is the caller: speech is measured at their own source and sink. Where a token lets in nobody else, an
    ear listens by the same connection. `join` and `leave` on one loop, the rest from any thread.
    """

    sample_rate_hz: int = SAMPLE_RATE_HZ

    def __init__(self, sink: FactSink, clock: Clock, ear: Ear | None = None) -> None:
        """`ear` joins and leaves with the mouth."""
        self._sink = sink
        self._clock = clock
        self._ear = ear
        self._voice: OwnVoice | None = None
        """What the ear is told of our own voice, which no connection hears of itself."""
        self._heard = PcmRing(STORED_SAMPLES)
        self._played = PcmRing(STORED_SAMPLES)
        self._mix = SpeakerMix()
        self._pulled_at = 0.0
        self._levels = LaneLevels(Lane.OPERATOR, sink)
        self._own = SpeechAtCaller(Lane.CALLER, sink)
        self._processing = MicrophoneProcessing()
        self._talking = True
        self._starving = True
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: RoomConnection | None = None
        self._readers: TrackReaders | None = None
        self._microphone: MicrophoneTrack | None = None
        self._pumping: asyncio.Task[None] | None = None

    @property
    def dropped_samples(self) -> int:
        """What was lost because the room or the speaker did not keep up."""
        return self._heard.dropped + self._mix.dropped

    async def join(self, access: RoomAccess) -> None:
        """Enter the room with the microphone published. Raises UserError when that fails."""
        self._connection = RoomConnection(access, self._sink, self._clock, SPEAKER_OPTIONS)
        self._readers = TrackReaders(self._connection, self._clock, self._open_track)
        if self._ear is not None:
            self._ear.listen_by(self._connection)
        await self._connection.open()
        if self._ear is not None:
            self._ear.begin()
            self._voice = self._ear.own_voice()
        self._microphone = MicrophoneTrack(QUEUE_MS)
        await self._microphone.publish(self._connection.room)
        self._loop = asyncio.get_running_loop()
        self._pumping = self._loop.create_task(self._pump(self._microphone), name="operator")

    async def leave(self) -> None:
        """Leave the room. Within 5 s."""
        self._loop = None
        if self._pumping is not None:
            self._pumping.cancel()
            with suppress(asyncio.CancelledError):
                await self._pumping
        if self._readers is not None:
            await self._readers.aclose()
        if self._ear is not None:
            await self._ear.end()
        if self._connection is not None:
            await self._connection.close()
        if self._microphone is not None:
            await self._microphone.aclose()
        self._own.close()
        self._pumping = self._readers = self._connection = self._microphone = self._voice = None

    def push_microphone(self, pcm: bytes) -> None:
        """Give what the microphone heard, in blocks of any length."""
        if (loop := self._loop) is not None:
            self._heard.write(pcm)
            # The loop may have been closed since.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._arrived.set)

    def pull_speaker(self, sample_count: int) -> bytes:
        """Take what the speaker shall play; silence where nobody speaks.

        What was said while nothing was taken is left out: it would make all that follows late.
        """
        now = self._clock.now()
        if now - self._pulled_at > UNHEARD_S:
            self._mix.skip()
        self._pulled_at = now
        pcm = self._mix.pull(sample_count)
        self._played.write(pcm)
        return pcm

    def set_talking(self, *, talking: bool) -> None:
        """Open or close the microphone towards the room; its level is shown either way."""
        self._talking = talking

    def _open_track(
        self, _track: rtc.RemoteAudioTrack, participant: rtc.RemoteParticipant
    ) -> "_HeardVoice":
        is_agent = role_of(participant) is Role.AGENT
        speech = VoiceAtCaller(Lane.AGENT, self._sink) if is_agent else None
        return _HeardVoice(self._mix, speech)

    async def _pump(self, microphone: MicrophoneTrack) -> None:
        try:
            while True:
                await self._send_next(microphone)
        except Exception:
            log.exception("the operator's microphone failed")

    async def _send_next(self, microphone: MicrophoneTrack) -> None:
        heard = await self._next_block()
        self._starving = heard is None
        sent = SILENT_BLOCK
        if heard is not None:
            measured = level(np.frombuffer(heard, dtype=np.int16))
            self._levels.add(self._clock.now(), measured)
            cleaned = self._clean(heard)
            if self._behind(microphone, measured):
                return
            sent = cleaned if self._talking else SILENT_BLOCK
        leaves_at = self._clock.now() + microphone.queued_s
        self._own.take(sent, leaves_at)
        if self._voice is not None:
            self._voice.take(sent, leaves_at)
        await microphone.write(sent)

    async def _next_block(self) -> bytes | None:
        """The next 10 ms of the microphone; None when it gives nothing."""
        while (block := self._heard.read(BLOCK_SAMPLES)) is None:
            self._arrived.clear()
            try:
                async with asyncio.timeout(BLOCK_S if self._starving else STARVED_S):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return block

    def _clean(self, heard: bytes) -> bytes:
        """The microphone without the echo of what the speaker has played so far."""
        while (played := self._played.read(BLOCK_SAMPLES)) is not None:
            self._processing.played(played)
        return self._processing.clean(heard)

    def _behind(self, microphone: MicrophoneTrack, measured: Level) -> bool:
        """Whether this block is better left out: after a stall it would make all later speech late."""
        waiting_s = len(self._heard) / SAMPLE_RATE_HZ + microphone.queued_s
        quiet = not self._talking or measured.rms_dbfs < ENTER_AT_LEAST_DBFS
        return quiet and waiting_s > BEHIND_S


class _HeardVoice:
    """Takes a remote track to the speaker; the agent's is measured where the caller hears it."""

    def __init__(self, mix: SpeakerMix, speech: VoiceAtCaller | None) -> None:
        self._mix = mix
        self._voice: Voice = mix.add()
        self._speech = speech

    def take(self, pcm: bytes, at: float) -> None:
        self._voice.write(pcm)
        if self._speech is not None:
            self._speech.take(pcm, at)

    def close(self) -> None:
        self._mix.remove(self._voice)
        if self._speech is not None:
            self._speech.close()
