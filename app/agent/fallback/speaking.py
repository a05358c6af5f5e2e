# pyright: reportUnknownMemberType=false
"""Has another voice say what one has failed to say."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.text.base_text_aggregator import TextType

from app.agent.fallback.failure import NO_SOUND, Failure, stalled
from app.agent.fallback.relay import Choice, Relay, Running, Told
from app.domain.presets import Failover

FIRST_AUDIO_S = 2.0
"""How long a voice may take to its first sound, where the preset allows it more for a first token."""
STALL_S = 1.5
CLOSE_S = 3.5
"""Voices that do not say when they are done are taken to be done after 3 s, by Pipecat's `stop_frame_timeout_s`."""
CHARACTERS_PER_S = 15.0
"""Of English read aloud at 150 to 180 words a minute."""
MOSTLY = 0.75
"""What has sounded for this part of its expected length and then fell silent was said."""
BYTES_PER_SAMPLE = 2


@dataclass(slots=True)
class _Utterance:
    """One text being said by one voice."""

    text: str
    running: Running
    sounded_s: float = 0.0
    began_ns: int = 0
    """When its first word begins, on the pipeline's clock; 0 until a word came."""
    announced: list[Frame] = field(default_factory=list[Frame])
    """What the voice says of its text, held back until its first sound."""
    words_ahead: deque[TTSTextFrame] = field(default_factory=deque[TTSTextFrame])
    """Words whose sound has not come yet."""
    words_said: int = 0
    ended: bool = False

    @property
    def mostly_said(self) -> bool:
        """Whether a silence now may be its end."""
        if self.words_ahead or not self.sounded_s:
            return False
        return self.sounded_s >= MOSTLY * len(self.text) / CHARACTERS_PER_S

    def words_due(self) -> list[TTSTextFrame]:
        """The words that the sound has come to, or all of them once it has ended."""
        due: list[TTSTextFrame] = []
        if self.words_ahead and not self.began_ns:
            self.began_ns = self.words_ahead[0].pts or 0
        reached_ns = self.began_ns + int(self.sounded_s * 1e9)
        while self.words_ahead and (self.ended or (self.words_ahead[0].pts or 0) < reached_ns):
            due.append(self.words_ahead.popleft())
        self.words_said += len(due)
        return due

    def halves(self) -> tuple[str, str]:
        """The words that were heard and those that were not: as the voice timed them, else by the sound's length."""
        words = self.text.split()
        said = self.words_said
        if said + len(self.words_ahead) != len(words):
            said = _words_in(words, int(self.sounded_s * CHARACTERS_PER_S))
        return " ".join(words[:said]), " ".join(words[said:])


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sentence made beforehand: mono int16 samples."""

    text: str
    pcm: bytes
    rate_hz: int


class SpeakingRelay(Relay):
    """Says each clause with the first of its voices that can. What was heard is not said again.

    Clauses are given to a voice one at a time, so that it is known which of them have been said; the next is made
    while the one before still plays. What was `recorded` beforehand is played when no voice is left.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        told: Told,
        failover: Failover,
        recorded: Recorded | None = None,
    ) -> None:
        super().__init__(choices, told)
        self._first_audio_s = min(FIRST_AUDIO_S, failover.first_token_s)
        self._recorded = recorded
        self._utterance: _Utterance | None = None
        self._in_response = False
        """An answer of the model is being said."""
        self._response_reached: Running | None = None
        """Who has been told of that answer."""
        self._retold: set[int] = set()
        """The ids of the frames by which others were told of it."""
        self._continued = False
        """The text in hand was begun by another voice."""
        self._stop_held: TTSStoppedFrame | None = None
        self._started = False
        self._apologised = False

    async def _take(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMFullResponseStartFrame) and not frame.skip_tts:
            self._in_response, self._response_reached = True, self._working
            self._apologised = False
            await self._pass_on(frame, direction)
        elif isinstance(frame, TTSSpeakFrame):
            await self._say(frame)
        elif isinstance(frame, AggregatedTextFrame) and not _is_said(frame):
            await self._say(TTSSpeakFrame(frame.text))
        elif isinstance(frame, LLMFullResponseEndFrame) and not frame.skip_tts:
            await self._close_response()
            await self._pass_on(frame, direction)
        else:
            if isinstance(frame, InterruptionFrame):
                self._forget_response()
            await self._pass_on(frame, direction)

    async def _come_out(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        if running is not self._working or frame.id in self._retold:
            self._retold.discard(frame.id)
            return
        if isinstance(frame, TTSStartedFrame):
            await self._on_started(frame)
        elif isinstance(frame, TTSStoppedFrame):
            await self._on_stopped(frame)
        elif self._utterance is None:
            await self.push_frame(frame, direction)
        elif isinstance(frame, TTSAudioRawFrame):
            await self._on_sound(self._utterance, frame)
        elif isinstance(frame, AggregatedTextFrame):
            await self._on_text(self._utterance, frame)
        else:
            await self.push_frame(frame, direction)

    async def _on_started(self, frame: TTSStartedFrame) -> None:
        if not self._started:
            self._started = True
            await self.push_frame(frame)

    async def _on_stopped(self, frame: TTSStoppedFrame) -> None:
        if (utterance := self._utterance) is not None:
            utterance.ended = True
            await self._push_all(utterance.words_due())
            utterance.running.moved.set()
        if self._in_response:
            self._stop_held = frame
        else:
            self._started = False
            await self.push_frame(frame)

    async def _on_sound(self, utterance: _Utterance, frame: TTSAudioRawFrame) -> None:
        samples = len(frame.audio) / BYTES_PER_SAMPLE / frame.num_channels
        utterance.sounded_s += samples / frame.sample_rate
        utterance.running.moved.set()
        held, utterance.announced = utterance.announced, []
        await self._push_all(held)
        await self.push_frame(frame)
        await self._push_all(utterance.words_due())

    async def _on_text(self, utterance: _Utterance, frame: AggregatedTextFrame) -> None:
        if isinstance(frame, TTSTextFrame) and frame.pts:
            utterance.words_ahead.append(frame)
            if utterance.sounded_s:
                await self._push_all(utterance.words_due())
        elif self._continued and not isinstance(frame, TTSTextFrame):
            return
        elif utterance.sounded_s:
            await self.push_frame(frame)
        else:
            utterance.announced.append(frame)

    async def _push_all(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            await self.push_frame(frame)

    async def _pass_on(self, frame: Frame, direction: FrameDirection) -> None:
        if self._working is None or self._working.failure is not None:
            await self.push_frame(frame, direction)
        else:
            await self._working.put(frame, direction)

    async def _close_response(self) -> None:
        """One answer is one speech, however many clauses and voices it took."""
        self._in_response = False
        held, self._stop_held = self._stop_held, None
        if self._started:
            self._started = False
            await self.push_frame(held or TTSStoppedFrame())

    def _forget_response(self) -> None:
        self._in_response = self._started = False
        self._stop_held = self._utterance = None

    async def _say(self, frame: TTSSpeakFrame) -> None:
        text = frame.text
        if not any(map(str.isalnum, text)):
            return
        self._continued = False
        order = self._in_order()
        for place, choice in enumerate(order):
            then = order[place + 1] if place + 1 < len(order) else None
            again = replace(frame, text=text)
            again.interruptible = frame.interruptible
            utterance, failure = await self._say_with(choice, again)
            if failure is None:
                choice.cool_down.worked()
                return
            self._give_up(choice, failure, then)
            if utterance is not None and utterance.sounded_s:
                text = await self._keep_said(utterance)
            if not text:
                return
        await self._play_recorded()

    async def _keep_said(self, utterance: _Utterance) -> str:
        """Have the context know what was heard of a text that was broken off. Returns the rest of it."""
        said, unsaid = utterance.halves()
        self._continued = True
        if said and not utterance.words_said:
            await self.push_frame(TTSTextFrame(said, TextType.SENTENCE))
        return unsaid

    async def _say_with(
        self, choice: Choice, frame: TTSSpeakFrame
    ) -> tuple[_Utterance | None, Failure | None]:
        running = await self._put_to_work(choice)
        if isinstance(running, Failure):
            return None, running
        if self._in_response and self._response_reached is not running:
            self._response_reached = running
            told = LLMFullResponseStartFrame()
            self._retold.add(told.id)
            await running.put(told, FrameDirection.DOWNSTREAM)
        utterance = self._utterance = _Utterance(frame.text, running)
        try:
            await running.put(frame, FrameDirection.DOWNSTREAM)
            return utterance, await self._until_said(utterance)
        finally:
            self._utterance = None

    async def _until_said(self, utterance: _Utterance) -> Failure | None:
        running = utterance.running
        while not utterance.ended and running.failure is None:
            limit_s = self._limit_s(utterance)
            running.moved.clear()
            try:
                async with asyncio.timeout(limit_s):
                    await running.moved.wait()
            except TimeoutError:
                if utterance.mostly_said:
                    return None
                return stalled(limit_s, begun=utterance.sounded_s > 0.0)
        if utterance.ended and not utterance.sounded_s and running.failure is None:
            return NO_SOUND
        return running.failure

    def _limit_s(self, utterance: _Utterance) -> float:
        if utterance.mostly_said:
            return CLOSE_S
        return STALL_S if utterance.sounded_s else self._first_audio_s

    async def _play_recorded(self) -> None:
        """The last resort, once in an answer: nobody shall hear nothing."""
        sound = self._recorded
        if sound is None or self._apologised:
            return
        self._apologised = True
        announcement = AggregatedTextFrame(sound.text, TextType.SENTENCE)
        announcement.will_be_spoken, announcement.append_to_context = True, False
        await self._on_started(TTSStartedFrame())
        await self.push_frame(announcement)
        await self.push_frame(TTSAudioRawFrame(sound.pcm, sound.rate_hz, 1))
        await self.push_frame(TTSTextFrame(sound.text, TextType.SENTENCE))
        await self._on_stopped(TTSStoppedFrame())


def _words_in(words: Sequence[str], characters: int) -> int:
    """How many of the first words fit into so many characters."""
    count = 0
    while count < len(words) and len(" ".join(words[: count + 1])) <= characters:
        count += 1
    return count


def _is_said(frame: AggregatedTextFrame) -> bool:
    """Whether this text is not to be spoken, or tells of speech."""
    return frame.skip_tts or isinstance(frame, TTSTextFrame) or frame.will_be_spoken
