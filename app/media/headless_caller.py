"""A caller without a person: speaks WAV files into the room and listens for the answers."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.errors import UserError
from app.domain.facts import Lane, Role
from app.domain.ports import Clock, FactSink
from app.domain.speech import BLOCK_S
from app.media.caller_tap import SpeechAtCaller, VoiceAtCaller
from app.media.connection import SPEAKER_OPTIONS, RoomConnection
from app.media.microphone_track import BLOCK_BYTES, SILENT_BLOCK, MicrophoneTrack
from app.media.roles import role_of
from app.media.speech_file import Speech, load_speech
from app.media.track_reader import TrackReaders

log = logging.getLogger(__name__)

QUEUE_MS = 200
"""Of sound that stands ready to leave, so that a loop that comes late tears no speech apart."""
POLL_S = 0.03
STUCK_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the agent answered a question."""

    question: Path
    answered: bool


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the caller waits for the agent."""

    greeting_within_s: float = 10.0
    """For a greeting to begin."""
    answer_within_s: float = 15.0
    """For an answer to begin."""
    longest_answer_s: float = 60.0
    """For a greeting or an answer to end."""
    quiet_s: float = 1.5
    """Silence that ends an answer."""


class HeadlessCaller:
    """A visible participant that speaks files, sends silence in between, and hears the agent.

    Its speech edges are dated when samples leave its source; the agent's when they reach its sink. Any one loop.
    """

    def __init__(self, sink: FactSink, clock: Clock, patience: Patience | None = None) -> None:
        self._sink = sink
        self._clock = clock
        self._patience = patience or Patience()
        self._own = SpeechAtCaller(Lane.CALLER, sink)
        self._agent = AgentVoice(sink)
        self._to_say: list[bytes] = []
        self._said = asyncio.Event()
        self._last_left_at = 0.0
        self._connection: RoomConnection | None = None
        self._readers: TrackReaders | None = None
        self._microphone: MicrophoneTrack | None = None
        self._pumping: asyncio.Task[None] | None = None

    async def join(self, access: RoomAccess) -> None:
        """Enter the room with an open, silent microphone. Raises UserError when that fails."""
        self._connection = RoomConnection(access, self._sink, self._clock, SPEAKER_OPTIONS)
        self._readers = TrackReaders(self._connection, self._clock, self._agent.open_track)
        await self._connection.open()
        self._microphone = MicrophoneTrack(QUEUE_MS)
        await self._microphone.publish(self._connection.room)
        loop = asyncio.get_running_loop()
        self._pumping = loop.create_task(self._pump(self._microphone), name="headless caller")

    async def leave(self) -> None:
        """Leave the room. Within 5 s."""
        if self._pumping is not None:
            self._pumping.cancel()
            with suppress(asyncio.CancelledError):
                await self._pumping
        if self._readers is not None:
            await self._readers.aclose()
        if self._connection is not None:
            await self._connection.close()
        if self._microphone is not None:
            await self._microphone.aclose()
        self._own.close()
        self._pumping = self._readers = self._connection = self._microphone = None

    async def converse(self, questions: Sequence[Path]) -> list[Answer]:
        """Hear the greeting out, then ask each question and hear its answer out.

        Raises UsageError before anything is said when a file cannot be spoken.
        """
        speeches = [await asyncio.to_thread(load_speech, path) for path in questions]
        await self.wait_for_greeting()
        return [Answer(speech.path, await self.ask(speech)) for speech in speeches]

    async def wait_for_greeting(self) -> bool:
        """Wait until the agent has spoken first and is quiet; False when it does not begin in time."""
        return await self._hear_out(0.0, self._patience.greeting_within_s)

    async def ask(self, speech: Speech) -> bool:
        """Speak, and wait until the agent has answered and is quiet; False when it does not begin in time."""
        ended_at = await self.speak(speech)
        answered = await self._hear_out(ended_at, self._patience.answer_within_s)
        if not answered:
            log.warning("no answer to %s", speech.path.name)
        return answered

    async def speak(self, speech: Speech) -> float:
        """Say all of it, over the agent if need be. Returns when its last sample leaves the source.

        Raises UserError when the audio does not leave.
        """
        pcm = speech.pcm.tobytes()
        self._said.clear()
        self._to_say = [pcm[at : at + BLOCK_BYTES] for at in range(0, len(pcm), BLOCK_BYTES)][::-1]
        try:
            async with asyncio.timeout(speech.duration_s + STUCK_S):
                await self._said.wait()
        except TimeoutError as error:
            hint = "Its audio does not leave: the connection to the room may be lost."
            raise UserError(f"The caller could not speak {speech.path.name}.", hint) from error
        return self._last_left_at

    async def _hear_out(self, since: float, begin_within_s: float) -> bool:
        """Wait for agent speech later than `since` to begin and to end. False when it does not begin in time."""
        if not await self._until(lambda: self._agent.spoke_after(since), begin_within_s):
            return False
        quiet_s = self._patience.quiet_s
        if not await self._until(
            lambda: self._agent.quiet_for(self._clock.now()) >= quiet_s,
            self._patience.longest_answer_s,
        ):
            log.info("the agent speaks for longer than %s s", self._patience.longest_answer_s)
        return True

    async def _until(self, condition: Callable[[], bool], within_s: float) -> bool:
        deadline = self._clock.now() + within_s
        while not condition():
            if self._clock.now() >= deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True

    async def _pump(self, microphone: MicrophoneTrack) -> None:
        """Write speech while there is some, silence otherwise; the source's full queue sets the pace."""
        try:
            while True:
                await self._write_next(microphone)
        except Exception:
            log.exception("the caller's microphone failed")

    async def _write_next(self, microphone: MicrophoneTrack) -> None:
        block = self._to_say.pop() if self._to_say else SILENT_BLOCK
        leaves_at = self._clock.now() + microphone.queued_s
        self._own.take(block, leaves_at)
        await microphone.write(block)
        if not self._to_say and not self._said.is_set():
            self._last_left_at = leaves_at + BLOCK_S
            self._said.set()


class AgentVoice:
    """What the caller hears of the agent, whichever tracks it comes by. One loop."""

    def __init__(self, sink: FactSink) -> None:
        self._sink = sink
        self._tracks: list[SpeechAtCaller] = []

    def open_track(
        self, _track: rtc.RemoteAudioTrack, participant: rtc.RemoteParticipant
    ) -> "VoiceAtCaller | Unheard":
        """A taker for a remote track: only the agent's is judged."""
        if role_of(participant) is not Role.AGENT:
            return Unheard()
        voice = VoiceAtCaller(Lane.AGENT, self._sink)
        self._tracks.append(voice.speech)
        return voice

    def spoke_after(self, at: float) -> bool:
        """Whether it speaks now or stopped later than `at`."""
        return any(t.speaking or (t.last_stopped_at or 0.0) > at for t in self._tracks)

    def quiet_for(self, now: float) -> float:
        """Seconds since it last spoke; 0 while it speaks."""
        if any(track.speaking for track in self._tracks):
            return 0.0
        stops = [t.last_stopped_at for t in self._tracks if t.last_stopped_at is not None]
        return now - max(stops, default=now)


class Unheard:
    """Takes a track that nobody listens to."""

    def take(self, pcm: bytes, at: float) -> None:
        pass

    def close(self) -> None:
        pass
