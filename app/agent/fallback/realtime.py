# pyright: reportUnknownMemberType=false
"""Has another speech-to-speech service answer the turn that one has failed to answer."""

import asyncio
import time

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    LLMContextFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.errors import ErrorCategory

from app.agent.fallback.failure import Failure, stalled
from app.agent.fallback.realtime_turn import STALL_S, Turn, is_answer
from app.agent.fallback.realtime_turns import RealtimeTurns
from app.agent.fallback.relay import ITS_TIME, START_S, Choice, Running
from app.agent.fallback.session_ready import hears, is_introduced, waits_for_context

LOOKS_EVERY_S = 0.01
NOT_THERE = Failure(f"its session was not there after {START_S:g} s", ErrorCategory.CONNECTIVITY)
PATIENCE_S = 12.0
"""How long the last one that can be asked is waited for, after the line was said."""


class RealtimeRelay(RealtimeTurns):
    """Has the first of its services that can hear, think and speak; keeps the turn in hand for the next.

    A turn that was spoken is given to the next as its sound, from the beginning and faster than it was spoken, with
    the conversation so far in its instructions; one that was typed, as text. Of an answer that broke off the next is
    told the words, and asked to go on from there: what was heard stays heard, and a model that does not follow says
    it again from the beginning. What the caller said before is known to the next in so far as it was told as text.

    A service that is silent is not given up on its silence alone, which a noise would cost it: another one is asked
    beside it, or the same one over a new connection, and whoever answers first has the turn. When nobody does, the
    recorded line is played, once in a turn.

    Everything but their answers passes by the services, so that none of them can hold up the pipeline.
    """

    # The life of the pipeline

    async def _begin(self, frame: StartFrame, direction: FrameDirection) -> None:
        await super()._begin(frame, direction)
        self._caring = self.create_task(self._care(), "care")

    async def _finish(self, frame: EndFrame | CancelFrame, within_s: float) -> None:
        await self._stop_caring()
        await super()._finish(frame, within_s)

    async def cleanup(self) -> None:
        await self._stop_caring()
        await super().cleanup()

    async def _stop_caring(self) -> None:
        caring, self._caring = self._caring, None
        if caring is not None:
            await self.cancel_task(caring)

    async def _has_failed(self, running: Running) -> None:
        self._news.set()

    # Who answers

    async def _care(self) -> None:
        """Watches over the service at work, and finds another one. The only task that changes who works."""
        while True:
            self._news.clear()
            working, due_s = self._working, self._due_s
            if working is None:
                await self._find_somebody()
            elif working.failure is not None:
                await self._replace(working, working.failure)
            elif due_s is not None and time.monotonic() >= due_s:
                self._due_s = None
                await self._doubt(working)
            elif self._return_wanted:
                self._return_wanted = False
                await self._return(working)
            else:
                await self._hear_news(due_s)

    async def _hear_news(self, until_s: float | None) -> None:
        """Wait for something to happen, for so long."""
        left_s = None if until_s is None else max(0.0, until_s - time.monotonic())
        try:
            async with asyncio.timeout(left_s):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _replace(self, working: Running, failure: Failure) -> None:
        self._lose(working.choice, failure)
        if (turn := self._turn) is not None:
            await self._break_off(turn)

    def _lose(self, choice: Choice, failure: Failure) -> None:
        """Give up on this one; the next of those whose time has come takes over."""
        ready = self._ready_but(choice)
        self._give_up(choice, failure, ready[0] if ready else None)
        if self._turn is not None:
            self._turn.tried = True

    def _ready_but(self, choice: Choice) -> list[Choice]:
        order = self._in_order()
        return [each for each in order if each is not choice and each.cool_down.wait_s == 0.0]

    def _tell(self, to: str, why: str) -> None:
        nobody_still = self._nobody and not to
        self._nobody = not to
        if not nobody_still:
            super()._tell(to, why)

    async def _wake(self, choice: Choice) -> Running | Failure:
        """Make and connect a service, and wait until it hears."""
        running = await super()._wake(choice)
        if isinstance(running, Failure):
            return running
        ready = False
        running.knows_context = is_introduced(running.service)
        running.messages_known = len(self._recall.answered().messages)
        try:
            if waits_for_context(running.service):
                running.knows_context = True
                first = LLMContextFrame(self._recall.answered())
                self._passed.append(first.id)
                await running.put(first, FrameDirection.DOWNSTREAM)
            ready = await self._until_it_hears(running)
        finally:
            if not ready:
                self._dismiss(running)
        return running if ready else running.failure or NOT_THERE

    async def _until_it_hears(self, running: Running) -> bool:
        until_s = time.monotonic() + START_S
        while not hears(running.service) and running.failure is None:
            if time.monotonic() > until_s:
                return False
            await asyncio.sleep(LOOKS_EVERY_S)
        return running.failure is None

    async def _find_somebody(self) -> None:
        """Nobody works: have the next take over, or say so and wait until its time has come."""
        best, turn = self._in_order()[0], self._turn
        hurry = turn is not None and not turn.tried
        if best.cool_down.wait_s > 0.0 and not hurry:
            if turn is not None and turn.waits and turn.is_speech:
                await self._say_line(turn)
            await self._hear_news(time.monotonic() + best.cool_down.wait_s)
            return
        if turn is not None:
            turn.tried = True
        asked = await self._wake(best)
        if isinstance(asked, Failure):
            self._lose(best, asked)
            return
        if turn is not None and turn.waits and time.monotonic() - turn.ended_s > PATIENCE_S:
            self._forget(turn)
        await self._take_turn(asked, ITS_TIME)

    async def _return(self, working: Running) -> None:
        """Have the best one back, where its time has come; a turn that it is in time for is its own."""
        best, turn = self._in_order()[0], self._turn
        asked: Running | Failure | None = None
        if best is not working.choice and best.cool_down.wait_s == 0.0:
            asked = await self._wake(best)
        if isinstance(asked, Failure):
            best.cool_down.failed(asked)
        elif asked is not None and (turn is not self._turn or (turn and turn.answering)):
            self._dismiss(asked)
        elif asked is not None:
            await self._take_turn(asked, ITS_TIME)
            return
        if turn is not None and turn is self._turn and turn.asked and not turn.delivered:
            await self._ask(working, turn)

    async def _take_turn(self, running: Running, why: str) -> None:
        """Let it have the turn in hand, from its beginning, and work from now on."""
        self._taking_over = True
        try:
            if (turn := self._turn) is not None:
                turn.hand_over()
                await self._give_turn(running, turn)
            await self._put_to_front(running, why)
        finally:
            self._taking_over = False
            if running is not self._working:
                self._dismiss(running)
        if self._turn is not None and self._turn.waits:
            self._expect_by(time.monotonic() + self._first_sound_s)

    async def _put_to_front(self, running: Running, why: str) -> None:
        """Have it work, after what it has put out so far; meanwhile it hears on."""
        self._beside, self._beside_live = running, True
        try:
            while running.held:
                await self._put_out(*running.held.popleft())
            self._change_to(running, why)
            self._nobody = False
        finally:
            self._beside, self._beside_live = None, False

    async def _give_turn(self, running: Running, turn: Turn) -> None:
        if turn.asked is not None:
            await self._ask(running, turn)
            return
        self._tape_in_use = True
        try:
            index = 0
            while index < len(self._tape):
                frame = self._tape[index]
                self._passed.append(frame.id)
                await running.put(frame, FrameDirection.DOWNSTREAM)
                index += 1
        finally:
            self._tape_in_use = False

    def _forget(self, turn: Turn) -> None:
        if self._turn is turn:
            self._turn = None
            self._expect_by(None)

    # When nothing comes

    async def _doubt(self, working: Running) -> None:
        turn = self._turn
        if turn is None:
            return
        if turn.answered:
            working.fail(stalled(STALL_S, begun=True))
        elif not turn.is_speech:
            self._forget(turn)
        else:
            await self._ask_others(working, turn)

    async def _ask_others(self, working: Running, turn: Turn) -> None:
        """Ask one after the other beside the one that is silent, until anybody answers."""
        others = self._ready_but(working.choice)
        if not others:
            await self._say_line(turn)
        for choice in others or [working.choice]:
            last = choice is (others or [choice])[-1]
            if await self._ask_beside(choice, working, turn, patient=last):
                return
        await self._say_line(turn)
        self._forget(turn)
        working.fail(stalled(self._first_sound_s, begun=False))

    async def _ask_beside(
        self, choice: Choice, working: Running, turn: Turn, *, patient: bool
    ) -> bool:
        """Whether the turn needs nobody else: it is answered, or the one at work has failed for good."""
        asked = await self._wake(choice)
        if isinstance(asked, Failure):
            if choice is not working.choice:
                choice.cool_down.failed(asked)
            return False
        self._beside = asked
        try:
            await self._give_turn(asked, turn)
            self._beside_live = True
            return await self._first_of(asked, working, turn, patient=patient)
        finally:
            self._beside, self._beside_live = None, False
            if asked is not self._working:
                self._dismiss(asked)

    async def _first_of(
        self, asked: Running, working: Running, turn: Turn, *, patient: bool
    ) -> bool:
        until_s = time.monotonic() + self._first_sound_s
        while asked.failure is None:
            self._news.clear()
            if turn is not self._turn or turn.answered:
                return True
            if working.failure is not None or any(is_answer(frame) for frame, _ in asked.held):
                await self._prefer(asked, working, turn)
                return True
            if turn.speaking:
                until_s = time.monotonic() + self._first_sound_s
            elif time.monotonic() >= until_s:
                if not patient:
                    return False
                patient = False
                await self._say_line(turn)
                until_s = time.monotonic() + PATIENCE_S
            await self._hear_news(until_s)
        return False

    async def _prefer(self, asked: Running, working: Running, turn: Turn) -> None:
        """The one that was asked beside has answered first: it works from now on."""
        failure = working.failure or stalled(self._first_sound_s, begun=False)
        if asked.choice is not working.choice:
            working.choice.cool_down.failed(failure)
        self._worked_last = working.choice.label
        self._taking_over = True
        try:
            turn.hand_over()
            await self._put_to_front(asked, failure.cause)
        finally:
            self._taking_over = False
        if turn is self._turn and turn.waits:
            self._expect_by(time.monotonic() + self._first_sound_s)
