# pyright: reportUnknownMemberType=false
"""What goes into speech-to-speech services that take over from each other, and what comes out of them."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    FunctionCallsStartedFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMContextUserTurnFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMMessagesAppendFrame,
    ProposedUserStartedSpeakingFrame,
    ProposedUserStoppedSpeakingFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.text.base_text_aggregator import TextType

from app.agent.fallback.realtime_turn import STALL_S, Turn, is_answer, tells_of_speech, words_of
from app.agent.fallback.relay import Choice, Relay, Running, Told
from app.agent.fallback.speaking import Recorded
from app.agent.fallback.tape import PRE_ROLL_S, TURN_AT_MOST_S, Tape
from app.agent.recall import Recall, news_in
from app.domain.presets import Failover

FIRST_SOUND_S = 2.0
"""How long after the caller's turn the first sound may take, where the preset allows it more for a first token."""
ECHOES_AT_MOST = 4096


class RealtimeTurns(Relay):
    """Keeps account of the turn in hand: what the caller has said, and what has come of an answer.

    `_news` is set whenever that may be of interest to whoever decides who answers.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        told: Told,
        failover: Failover,
        recall: Recall,
        recorded: Recorded | None = None,
    ) -> None:
        """`recall` is what the services are told by when they are made."""
        super().__init__(choices, told)
        self._first_sound_s = min(FIRST_SOUND_S, failover.first_token_s)
        self._recall = recall
        self._recorded = recorded
        self._tape = Tape()
        self._tape_in_use = False
        self._passed: deque[int] = deque(maxlen=ECHOES_AT_MOST)
        self._turn: Turn | None = None
        self._turn_before: Turn | None = None
        """The one that was answered last, whose words may still come."""
        self._due_s: float | None = None
        """When something of the answer must have come."""
        self._beside: Running | None = None
        """Who is asked beside the one at work."""
        self._beside_live = False
        """Whether that one has heard the record and hears on."""
        self._taking_over = False
        """Somebody else has the turn from now on; what the one at work answers yet comes too late."""
        self._return_wanted = False
        self._announced = False
        """The service has told that somebody speaks, and the pipeline has not said so yet."""
        self._words_recorded = False
        """The next context is no question: the caller's words were put into it."""
        self._in_response = False
        self._response_begun = False
        """Something has come of the response that was announced."""
        self._sounding = False
        self._nobody = False
        self._news = asyncio.Event()
        self._caring: asyncio.Task[None] | None = None

    # What comes in

    async def _take(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame):
            await self._take_context(frame, direction)
            return
        if direction is FrameDirection.DOWNSTREAM:
            self._words_recorded |= isinstance(frame, LLMContextUserTurnFrame)
            self._note(frame)
        self._passed.append(frame.id)
        if (working := self._working) is not None and working.failure is None:
            await working.put(frame, direction)
        if (beside := self._beside) is not None and self._beside_live:
            await beside.put(frame, direction)
        await self.push_frame(frame, direction)

    def _note(self, frame: Frame) -> None:
        if isinstance(frame, InputAudioRawFrame):
            self._tape.add(frame)
            if not self._tape_in_use:
                in_hand = self._turn is not None and self._turn.asked is None
                self._tape.cut(TURN_AT_MOST_S if in_hand else PRE_ROLL_S)
        elif tells_of_speech(frame):
            if isinstance(frame, (VADUserStartedSpeakingFrame, UserStartedSpeakingFrame)):
                self._open_turn()
            self._tape.add(frame)
            if (turn := self._turn) is not None:
                if isinstance(frame, UserStartedSpeakingFrame):
                    turn.noticed, self._announced = turn.noticed or self._announced, False
                due_s = turn.note(frame, time.monotonic(), self._first_sound_s)
                if not turn.answered:
                    self._expect_by(due_s)

    def _open_turn(self) -> None:
        turn = self._turn
        if turn is None or turn.answered or turn.asked is not None:
            self._turn, self._turn_before = Turn(), None
            self._recall.cut_off = ""
            self._return_wanted = True
            self._news.set()

    def _expect_by(self, due_s: float | None) -> None:
        self._due_s = due_s
        self._news.set()

    async def _take_context(self, frame: LLMContextFrame, direction: FrameDirection) -> None:
        """The service is asked to answer the context: to typed words, or with what a tool has found."""
        of_tool = direction is FrameDirection.UPSTREAM
        recorded, self._words_recorded = self._words_recorded, False
        if recorded and not of_tool:
            # What was spoken goes into the context when it is being answered already.
            await self._show(frame)
            return
        self._turn = Turn(asked=LLMContextFrame(frame.context), ended_s=time.monotonic())
        self._recall.cut_off = ""
        self._expect_by(time.monotonic() + self._first_sound_s)
        working = self._working
        if working is None or working.failure is not None:
            return
        if of_tool:
            working.knows_context = self._turn.delivered = True
            working.messages_known = len(frame.context.messages)
            self._passed.append(frame.id)
            await working.put(frame, direction)
        elif self._in_order()[0] is working.choice:
            await self._ask(working, self._turn)
        else:
            self._return_wanted = True

    async def _show(self, frame: LLMContextFrame) -> None:
        """Let the one at work see how the context is now; a first one it would answer."""
        if (working := self._working) is not None and working.knows_context:
            working.messages_known = len(frame.context.messages)
            self._passed.append(frame.id)
            await working.put(frame, FrameDirection.DOWNSTREAM)

    async def _ask(self, running: Running, turn: Turn) -> None:
        """Give a service its first context, which it answers, or what has come to a context that it knows."""
        assert turn.asked is not None
        turn.delivered = True
        context = turn.asked.context
        frame = LLMContextFrame(context)
        self._passed.append(frame.id)
        if not running.knows_context:
            running.knows_context = True
            running.messages_known = len(context.messages)
            await running.put(frame, FrameDirection.DOWNSTREAM)
            return
        added = LLMMessagesAppendFrame(
            messages=news_in(context, running.messages_known), run_llm=True
        )
        running.messages_known = len(context.messages)
        self._passed.append(added.id)
        await running.put(added, FrameDirection.DOWNSTREAM)
        await running.put(frame, FrameDirection.UPSTREAM)

    # What comes out

    async def _come_out(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        if frame.id in self._passed:
            return
        if running is not self._working:
            running.held.append((frame, direction))
            if running is self._beside and is_answer(frame):
                self._news.set()
        elif not (self._taking_over and is_answer(frame)):
            await self._put_out(frame, direction)

    async def _put_out(self, frame: Frame, direction: FrameDirection) -> None:
        self._announced |= isinstance(frame, ProposedUserStartedSpeakingFrame)
        turn = self._turn
        if (heard := turn or self._turn_before) is not None and self._is_known(heard, frame):
            return
        if isinstance(frame, LLMFullResponseStartFrame):
            await self._begin_response(frame)
        elif isinstance(frame, LLMFullResponseEndFrame):
            await self._end_response(frame)
        else:
            if turn is not None:
                self._look(turn, frame)
            await self.push_frame(frame, direction)

    def _is_known(self, turn: Turn, frame: Frame) -> bool:
        """Whether the pipeline has been told this already, by the one who had the turn before."""
        if not turn.heard_again:
            return False
        match frame:
            case TranscriptionFrame() | InterimTranscriptionFrame():
                return turn.words_known
            case ProposedUserStartedSpeakingFrame():
                return turn.opened
            case ProposedUserStoppedSpeakingFrame():
                return turn.closed
            case _:
                return False

    def _look(self, turn: Turn, frame: Frame) -> None:
        if isinstance(frame, TranscriptionFrame):
            turn.noticed = turn.words_came = True
        elif isinstance(frame, (TTSStartedFrame, TTSStoppedFrame)):
            self._sounding = isinstance(frame, TTSStartedFrame)
        elif is_answer(frame):
            self._response_begun = True
            if turn.answering:
                turn.answered = True
                turn.calling = isinstance(frame, FunctionCallsStartedFrame)
                self._expect_by(None if turn.calling else time.monotonic() + STALL_S)
        if turn.answering and (words := words_of(frame)):
            turn.said.append(words)

    async def _begin_response(self, frame: LLMFullResponseStartFrame) -> None:
        """One turn has one response, however many services it took."""
        if self._turn is not None:
            self._turn.answering = True
        if not self._in_response or self._response_begun:
            self._in_response, self._response_begun = True, False
            await self.push_frame(frame)

    async def _end_response(self, frame: LLMFullResponseEndFrame) -> None:
        turn = self._turn
        if turn is not None and not turn.answered and not self._response_begun:
            # A response of which nothing came is to be answered by somebody else.
            return
        self._in_response = self._response_begun = False
        await self.push_frame(frame)
        if turn is not None and turn.answered and not turn.calling:
            self._settle()

    def _settle(self) -> None:
        """The turn is answered."""
        self._turn, self._turn_before = None, self._turn
        self._recall.cut_off = ""
        self._expect_by(None)
        if self._working is not None:
            self._working.choice.cool_down.worked()

    async def _break_off(self, turn: Turn) -> None:
        """Close what was said of an answer, for somebody else to go on with it."""
        if not turn.answered:
            return
        self._recall.cut_off = "".join(turn.said).strip()
        turn.said.clear()
        turn.answered = turn.answering = turn.calling = False
        if self._sounding:
            self._sounding = False
            await self.push_frame(TTSStoppedFrame())
        if self._in_response:
            self._in_response = self._response_begun = False
            await self.push_frame(LLMFullResponseEndFrame())

    async def _say_line(self, turn: Turn) -> None:
        """Say that it takes a moment, in a voice that was recorded beforehand."""
        sound = self._recorded
        if sound is None or turn.line_said or turn.speaking:
            return
        turn.line_said = True
        announcement = AggregatedTextFrame(sound.text, TextType.SENTENCE)
        announcement.will_be_spoken, announcement.append_to_context = True, False
        if not self._in_response:
            await self.push_frame(LLMFullResponseStartFrame())
        self._in_response = self._response_begun = False
        for frame in (
            TTSStartedFrame(),
            announcement,
            TTSAudioRawFrame(sound.pcm, sound.rate_hz, 1),
            TTSTextFrame(sound.text, TextType.SENTENCE),
            TTSStoppedFrame(),
            LLMFullResponseEndFrame(),
        ):
            await self.push_frame(frame)
