# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Our agents' connection to a LiveKit room: Pipecat's, made safe for supervised calls.

Every LiveKitTransport built after `install` uses it. It never hears nor announces an operator, takes a reconnect for
no hang-up, reads everybody at the pipeline's own sample rate, can close its mouth and its ears, and measures both
directions. The class it replaces has no public hooks for this: `RELIED_ON` names what must be there.
"""

import asyncio
import logging
from typing import Any, cast

import pipecat.transports.livekit.transport as stock
from livekit import rtc
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.transports.livekit.transport import LiveKitTransportClient

from app.agent.audio_taps import EarMeter, GivenAudio, WrittenAudio
from app.agent.captions import Caption, Captions
from app.agent.room_session import UNKNOWN_REASON, RoomSession, current_session
from app.domain.errors import MissingRequirementError
from app.domain.facts import ConnectionChanged, Role

log = logging.getLogger(__name__)

ROLE_ATTRIBUTE = "greenroom.role"
"""Of a participant, from its token; callers cannot change theirs."""
COMES_BACK_S = 2.0
"""How long somebody who left may take to return before they are believed to have hung up.

A full reconnect looks like a leave to everybody else and takes 0.2 to 0.5 s.
"""
COMES_BACK_AFTER_OURS_S = 3.0
"""The same, counted from the end of our own reconnect: the others may return later than we do."""
OUR_RECONNECT_S = 60.0
RECONNECT_SHOWS_S = 0.1
"""How long after a leave our own reconnect may show: the leaves that it causes come about 5 ms before it."""
CONNECT_ATTEMPTS = 2
CONNECT_PAUSE_S = 1.0
CONNECT_ENDS_S = 5.0
STREAM_ENDS_S = 2.0
SETTLE_S = 0.25
CAPTIONS_TOPIC = "lk.transcription"
"""Where LiveKit's clients expect what agents say: https://docs.livekit.io/agents/build/text/"""
RELIED_ON = (
    "_async_on_disconnected",
    "_async_on_participant_connected",
    "_async_on_participant_disconnected",
    "_async_on_track_subscribed",
    "_async_on_track_unsubscribed",
    "_close_audio_stream",
    "_on_active_speakers_changed_wrapper",
    "_on_disconnected_wrapper",
    "_participant_connected",
    "_process_audio_stream",
    "connect",
    "disconnect",
    "get_participants",
    "publish_audio",
    "setup",
)


_Reading = tuple[rtc.AudioStream, "asyncio.Task[None]"]


def install() -> None:
    """Have every LiveKitTransport built from now on use `RoomClient`. A second call changes nothing.

    Raises MissingRequirementError when Pipecat's client is not the one that ours was written for.
    """
    missing = [name for name in RELIED_ON if not hasattr(LiveKitTransportClient, name)]
    if missing:
        raise MissingRequirementError(
            f"This Pipecat's LiveKit transport lacks {', '.join(missing)}.",
            "pip install 'pipecat-ai>=1.14,<1.15'",
        )
    stock.LiveKitTransportClient = RoomClient


def is_operator(participant: rtc.Participant) -> bool:
    return participant.attributes.get(ROLE_ATTRIBUTE) == Role.OPERATOR


class RoomClient(LiveKitTransportClient):
    """One agent's connection to its room. Agent loop only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._session = current_session.get()
        if self._session is not None:
            self._session.voice = self
        self._input_rate_hz = 16_000
        self._mouth_closed = False
        self._deaf = False
        self._held: dict[str, asyncio.Event] = {}
        """Who left and may come back; the event is set when they do."""
        self._leaving = asyncio.Event()
        self._reconnecting = asyncio.Event()
        self._steady = asyncio.Event()
        """The contrary of `_reconnecting`."""
        self._connecting: asyncio.Task[None] | None = None
        self._given: dict[str, GivenAudio] = {}
        self._meter = EarMeter(self._session.sink) if self._session else None
        self._written = WrittenAudio(self._session.sink) if self._session else None
        self._settling: asyncio.TimerHandle | None = None
        self._captions = Captions(self._send_caption)

    # What the host asks

    def close_mouth(self) -> None:
        self._mouth_closed = True
        if self._audio_source is not None:
            self._audio_source.clear_queue()

    def open_mouth(self) -> None:
        self._mouth_closed = False

    def set_deaf(self, *, deaf: bool) -> None:
        self._deaf = deaf

    def caption(self, text: str, *, final: bool) -> None:
        if not self._mouth_closed:
            self._captions.say(text, final=final)

    async def leave_at_once(self) -> None:
        self._leaving.set()
        await self.room.disconnect()

    # Joining and leaving

    async def setup(self, setup: FrameProcessorSetup) -> None:
        self._input_rate_hz = self._params.audio_in_sample_rate or setup.audio_in_sample_rate
        first = self._room is None
        await super().setup(setup)
        if first:
            self.room.on("reconnecting", self._on_reconnecting)
            self.room.on("reconnected", self._on_reconnected)

    async def connect(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Join, in at most two attempts; an attempt that has begun is never cancelled, only left behind."""
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.get_running_loop().create_task(self._connect())
        await asyncio.shield(self._connecting)

    async def disconnect(self) -> None:
        self._leaving.set()
        if self._connecting is not None and not self._connecting.done():
            await asyncio.wait({self._connecting}, timeout=CONNECT_ENDS_S)
        await super().disconnect()
        self._close_taps()

    async def _connect(self) -> None:
        # The stock method retries for up to half a minute; beneath its decorator is one attempt.
        attempt = cast("Any", getattr(LiveKitTransportClient.connect, "__wrapped__", None))
        for left in reversed(range(CONNECT_ATTEMPTS)):
            try:
                await (attempt(self) if attempt else super().connect())
            except Exception as error:
                if left == 0 or self._leaving.is_set():
                    self._tell_connect_failed(error)
                    raise
                await asyncio.sleep(CONNECT_PAUSE_S)
            else:
                self._watch_queue()
                self._tell("connected")
                return

    def _tell_connect_failed(self, error: Exception) -> None:
        if self._session is not None:
            self._session.connect_error = error
            self._session.connect_failed.set()

    # The room

    def _on_reconnecting(self) -> None:
        self._steady.clear()
        self._reconnecting.set()
        self._tell("reconnecting")

    def _on_reconnected(self) -> None:
        self._reconnecting.clear()
        self._steady.set()
        self._tell("connected", "reconnected")

    def _on_disconnected_wrapper(self, reason: Any = None) -> None:
        name = rtc.DisconnectReason.Name(reason) if reason is not None else ""
        if not self._leaving.is_set():
            if self._session is not None:
                self._session.lost_because = name or UNKNOWN_REASON
            self._tell("lost", name)
        super()._on_disconnected_wrapper()

    def _tell(self, state: str, reason: str = "") -> None:
        if (session := self._session) is not None:
            session.sink.post(
                ConnectionChanged(
                    at=session.clock.now(), identity=session.identity, state=state, reason=reason
                )
            )

    # Who is there

    def get_participants(self) -> list[str]:
        present = self.room.remote_participants.values()
        callers = [person.identity for person in present if not is_operator(person)]
        return list(dict.fromkeys([*callers, *self._held]))

    async def _async_on_participant_connected(self, participant: rtc.RemoteParticipant) -> None:
        # Judged by the event's own participant, who may have left the list again by now.
        if not is_operator(participant):
            await super()._async_on_participant_connected(participant)

    async def _participant_connected(self, participant_id: str) -> None:
        person = self.room.remote_participants.get(participant_id)
        if person is not None and is_operator(person):
            return
        if back := self._held.pop(participant_id, None):
            log.info("%s is back", participant_id)
            back.set()
            return
        await super()._participant_connected(participant_id)

    async def _async_on_participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if is_operator(participant):
            return
        back = self._held[participant.identity] = asyncio.Event()
        await self._wait_for_return(back)
        if self._held.get(participant.identity) is back:
            del self._held[participant.identity]
            await super()._async_on_participant_disconnected(participant)

    async def _wait_for_return(self, back: asyncio.Event) -> None:
        """Wait until somebody who left is back, or has been gone for long enough."""
        await self._first_of(RECONNECT_SHOWS_S, back, self._reconnecting)
        if self._reconnecting.is_set():
            await self._first_of(OUR_RECONNECT_S, back, self._steady)
            await self._first_of(COMES_BACK_AFTER_OURS_S, back)
        else:
            await self._first_of(COMES_BACK_S, back)

    async def _first_of(self, timeout_s: float, *events: asyncio.Event) -> None:
        """Wait for one of these events, for our own leaving, or this long."""
        loop = asyncio.get_running_loop()
        waits = [loop.create_task(event.wait()) for event in (self._leaving, *events)]
        try:
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _on_active_speakers_changed_wrapper(self, speakers: list[rtc.Participant]) -> None:
        super()._on_active_speakers_changed_wrapper(
            [person for person in speakers if not is_operator(person)]
        )

    # What the agent hears

    async def _async_on_track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if is_operator(participant):
            publication.set_subscribed(False)
        elif track.kind == rtc.TrackKind.KIND_AUDIO:
            await self._listen_to(track, participant.identity)
        else:
            await super()._async_on_track_subscribed(track, publication, participant)

    async def _listen_to(self, track: rtc.Track, identity: str) -> None:
        """What the stock method does, but resampled natively: its own resampler holds sound back for 45 ms."""
        assert self._task_manager is not None
        if before := cast("_Reading | None", self._audio_streams.pop(identity, None)):
            # Aside, because the stream of a track that a reconnect took away may never end.
            self._task_manager.create_task(_let_go(*before), f"{self}::{identity} before")
        self._audio_tracks[identity] = track
        stream = rtc.AudioStream(track, sample_rate=self._input_rate_hz, num_channels=1)
        reading = self._process_audio_stream(stream, identity)
        task = cast(
            "asyncio.Task[None]", self._task_manager.create_task(reading, f"{self}::{identity}")
        )
        self._audio_streams[identity] = (stream, task)
        await self._callbacks.on_audio_track_subscribed(identity)

    async def _async_on_track_unsubscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        identity = participant.identity
        current = cast("rtc.Track | None", self._audio_tracks.get(identity))
        if is_operator(participant) or (current is not None and current.sid != track.sid):
            return
        if given := self._given.pop(identity, None):
            given.close()
        await super()._async_on_track_unsubscribed(track, publication, participant)

    async def _process_audio_stream(
        self, audio_stream: rtc.AudioStream, participant_id: str
    ) -> None:
        async for event in audio_stream:
            given = _silenced(event) if self._deaf else event
            self._measure_given(participant_id, given.frame)
            await self._audio_queue.put((given, participant_id))

    def _measure_given(self, identity: str, frame: rtc.AudioFrame) -> None:
        if self._session is None or self._meter is None:
            return
        if identity not in self._given:
            self._given[identity] = GivenAudio(self._session.sink, identity, self._meter)
        now = self._session.clock.now()
        self._given[identity].take(now, bytes(frame.data), frame.sample_rate)

    # What the agent says

    async def publish_audio(self, audio_frame: rtc.AudioFrame) -> bool:
        if self._mouth_closed:
            # At the pace of speech, or a whole answer would be spoken into nothing at once.
            await asyncio.sleep(audio_frame.duration)
            return True
        if self._session is not None and self._written is not None:
            now = self._session.clock.now()
            self._written.write(now, bytes(audio_frame.data), audio_frame.sample_rate)
            self._settle_later(self._session, self._written)
        return await super().publish_audio(audio_frame)

    async def _send_caption(self, caption: Caption) -> None:
        """In one piece, which clients of all ages can read; the same segment again replaces what they show."""
        if not self.room.isconnected():
            return
        attributes = {
            "lk.segment_id": caption.segment,
            "lk.transcription_final": str(caption.final).lower(),
        }
        if self._audio_track is not None:
            attributes["lk.transcribed_track_id"] = self._audio_track.sid
        await self.room.local_participant.send_text(
            caption.text, topic=CAPTIONS_TOPIC, attributes=attributes, compress=False
        )

    def _settle_later(self, session: RoomSession, written: WrittenAudio) -> None:
        """Judge the silence that follows, for which nobody calls."""
        if self._settling is not None:
            self._settling.cancel()
        queued_s = max(0.0, (written.played_until or 0.0) - session.clock.now())
        loop = asyncio.get_running_loop()
        self._settling = loop.call_later(
            queued_s + SETTLE_S, lambda: written.settle(session.clock.now())
        )

    def _watch_queue(self) -> None:
        """Learn when what was written is dropped: Pipecat clears the audio source by itself."""
        source, written, session = self._audio_source, self._written, self._session
        if source is None or written is None or session is None:
            return
        clear = source.clear_queue

        def clear_and_tell() -> None:
            written.cut(session.clock.now())
            clear()

        source.clear_queue = clear_and_tell

    def _close_taps(self) -> None:
        self._captions.close()
        if self._settling is not None:
            self._settling.cancel()
        if self._written is not None:
            self._written.close()
        for given in self._given.values():
            given.close()
        self._given.clear()


async def _let_go(stream: rtc.AudioStream, reading: "asyncio.Task[None]") -> None:
    try:
        async with asyncio.timeout(STREAM_ENDS_S):
            await stream.aclose()
    except TimeoutError:
        log.info("a stream did not end")
    reading.cancel()


def _silenced(event: rtc.AudioFrameEvent) -> rtc.AudioFrameEvent:
    """Silence of the same length. No frames at all would look like a line that went dead."""
    frame = event.frame
    nothing = bytes(len(frame.data) * frame.data.itemsize)
    return rtc.AudioFrameEvent(
        rtc.AudioFrame(nothing, frame.sample_rate, frame.num_channels, frame.samples_per_channel)
    )
