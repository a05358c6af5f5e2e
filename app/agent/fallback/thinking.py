# pyright: reportUnknownMemberType=false
"""Has another language model answer the turn that one has failed to answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pipecat.frames.frames import (
    Frame,
    FunctionCallCancelFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TTSSpeakFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService

from app.agent.fallback.failure import Failure, stalled
from app.agent.fallback.relay import Choice, Relay, Running, Told
from app.agent.first_clause import AnswerBrokenOffFrame, ClauseAggregator
from app.domain.preset_services import FirstClause
from app.domain.presets import Failover

STALL_S = 2.0
"""A stream in which nothing comes for so long has stalled."""
PATIENCE_S = 12.0
"""How long the last one that can be asked is waited for, after the line was said."""
SAID_NOTHING = Failure("it said nothing")
_OF_A_CALL = (
    FunctionCallsStartedFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    FunctionCallCancelFrame,
)


@dataclass(slots=True)
class _Attempt:
    """One service's try at the turn in hand."""

    running: Running
    begun: bool = False
    """Something of an answer has come."""
    said_something: bool = False
    """A word, or a call of a tool."""
    ended: bool = False

    def move(self) -> None:
        self.begun = True
        self.running.moved.set()


class ThinkingRelay(Relay):
    """Answers a turn with the first of its services that can, and says the line when none does.

    A model's words go on as they come. Once a clause of them was released to the voice the turn counts as answered,
    for nothing is said twice; until then its failure costs the caller nothing but time.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        told: Told,
        failover: Failover,
        first_clause: FirstClause | None,
    ) -> None:
        """`first_clause` is the rule by which `SpeakableText` cuts the words that come out here."""
        super().__init__(choices, told)
        self._failover = failover
        self._first_clause = first_clause
        self._attempt: _Attempt | None = None
        self._cutter = ClauseAggregator(first_clause)
        self._released = False
        self._line_said = False

    async def run_inference(self, context: LLMContext, **options: Any) -> str | None:
        """What the model at work says of a context, outside of the conversation; None without a model."""
        service = self.at_work
        if not isinstance(service, LLMService):
            return None
        return await cast("LLMService[Any]", service).run_inference(context, **options)

    async def _take(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame):
            await self._answer(frame)
        elif self._working is None:
            await self.push_frame(frame, direction)
        else:
            await self._working.put(frame, direction)

    async def _come_out(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        attempt = self._attempt
        if attempt is None or attempt.running is not running:
            await self._late(running, frame, direction)
        elif isinstance(frame, LLMFullResponseStartFrame):
            pass
        elif isinstance(frame, LLMFullResponseEndFrame):
            attempt.ended = True
            running.moved.set()
        else:
            await self._note(attempt, frame)
            await self.push_frame(frame, direction)

    async def _late(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        """Of an answer that nobody waits for any more, only what tools have done counts."""
        of_an_answer = isinstance(
            frame, (LLMFullResponseStartFrame, LLMFullResponseEndFrame, LLMTextFrame)
        )
        at_work = running is self._working and not of_an_answer
        if at_work or isinstance(frame, _OF_A_CALL):
            await self.push_frame(frame, direction)

    async def _note(self, attempt: _Attempt, frame: Frame) -> None:
        if isinstance(frame, LLMTextFrame):
            attempt.said_something = attempt.said_something or bool(frame.text.strip())
            attempt.move()
            async for _ in self._cutter.aggregate(frame.text):
                self._released = True
        elif isinstance(frame, FunctionCallsStartedFrame):
            attempt.said_something = True
            attempt.move()
        elif isinstance(frame, MetricsFrame) and _is_first_byte(frame):
            attempt.move()

    async def _answer(self, frame: LLMContextFrame) -> None:
        self._released = self._line_said = False
        await self.push_frame(LLMFullResponseStartFrame())
        try:
            await self._ask_each(frame)
        finally:
            self._attempt = None
            await self.push_frame(LLMFullResponseEndFrame())

    async def _ask_each(self, frame: LLMContextFrame) -> None:
        order = self._in_order()
        for place, choice in enumerate(order):
            then = order[place + 1] if place + 1 < len(order) else None
            failure = await self._ask(choice, frame, last=then is None)
            self._attempt = None
            if failure is None:
                choice.cool_down.worked()
                return
            self._give_up(choice, failure, then)
            await self.push_frame(AnswerBrokenOffFrame())
            if self._released:
                return
        await self._say_line()

    async def _ask(self, choice: Choice, frame: LLMContextFrame, *, last: bool) -> Failure | None:
        running = await self._put_to_work(choice)
        if isinstance(running, Failure):
            return running
        await self._cutter.reset()
        attempt = self._attempt = _Attempt(running)
        await running.put(LLMContextFrame(frame.context), FrameDirection.DOWNSTREAM)
        failure = await self._until_answered(attempt, patient=last)
        if failure is None and not attempt.said_something:
            return SAID_NOTHING
        return failure

    async def _until_answered(self, attempt: _Attempt, *, patient: bool) -> Failure | None:
        running = attempt.running
        limit_s = self._failover.first_token_s
        while not attempt.ended and running.failure is None:
            running.moved.clear()
            try:
                async with asyncio.timeout(limit_s):
                    await running.moved.wait()
            except TimeoutError:
                if not patient or attempt.begun or self._line_said:
                    return stalled(limit_s, begun=attempt.begun)
                await self._say_line()
                limit_s = PATIENCE_S
            if attempt.begun:
                limit_s = STALL_S
        return running.failure

    async def _say_line(self) -> None:
        """Say that it takes a moment, once in a turn."""
        if self._failover.line and not self._line_said:
            self._line_said = True
            await self.push_frame(TTSSpeakFrame(self._failover.line))


def _is_first_byte(frame: MetricsFrame) -> bool:
    return any(isinstance(each, TTFBMetricsData) and each.value > 0 for each in frame.data)
