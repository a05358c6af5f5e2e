# pyright: reportUnknownMemberType=false
"""Asks after a silent caller, and ends a call that has lasted long enough or has cost enough."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import UserIdleTimeoutUpdateFrame
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator

from app.domain.cost import usd
from app.domain.presets import Idle, Preset

log = logging.getLogger(__name__)

NOBODY_ANSWERED = "Nobody answered any more."
GOODBYE = "I have to end our call here. Goodbye."
"""What a caller hears whose call has cost enough."""


class CallCourse:
    """Watches over how long a call lasts, what it costs, and how long the caller is silent. Agent loop only.

    `ended_because` is why it has ended the call, in words; empty while it has not.
    """

    def __init__(
        self,
        preset: Preset,
        worker: PipelineWorker,
        caller: LLMUserAggregator,
        say: Callable[[str], Awaitable[None]],
        told: Callable[[str], None],
    ) -> None:
        """`say` has the agent say a text, `told` hears which limit has ended the call."""
        self._idle = preset.idle
        self._minutes = preset.limits.minutes
        self._cost_usd = preset.limits.cost_usd
        self._told = told
        self._worker = worker
        self._caller = caller
        self._say = say
        self._asked = 0
        self._limit: asyncio.Task[None] | None = None
        self.ended_because = ""

    def watch(self) -> None:
        """Begin to listen for silence."""

        async def on_idle(*_: object) -> None:
            if self._idle is not None:
                await self._ask(self._idle)

        def on_turn(*_: object) -> None:
            self._asked = 0

        self._caller.add_event_handler("on_user_turn_idle", on_idle)
        self._caller.add_event_handler("on_user_turn_started", on_turn)

    def begin(self) -> None:
        """The call has begun: its time runs."""
        if self._minutes is not None and self._limit is None:
            loop = asyncio.get_running_loop()
            self._limit = loop.create_task(self._end_after(self._minutes), name="time limit")

    async def spent(self, total_usd: float) -> None:
        """So much of the cost of the call is known; at its limit the agent says goodbye and hangs up."""
        if self._cost_usd is None or total_usd < self._cost_usd or self.ended_because:
            return
        why = f"The call has cost {usd(total_usd)}; its limit is {usd(self._cost_usd)}."
        self.ended_because = why
        await self._say(GOODBYE)
        await self._end_at_limit(why)

    def over(self) -> None:
        """The call has ended."""
        if self._limit is not None:
            self._limit.cancel()

    async def _ask(self, idle: Idle) -> None:
        if idle.hang_up_after and self._asked >= idle.hang_up_after:
            await self._end(NOBODY_ANSWERED)
            return
        self._asked += 1
        if idle.say:
            await self._say(idle.say)
        else:
            # Pipecat waits anew after the agent has spoken, or when it is told how long to wait.
            await self._worker.queue_frame(UserIdleTimeoutUpdateFrame(timeout=idle.after_s))

    async def _end_after(self, minutes: float) -> None:
        await asyncio.sleep(minutes * 60.0)
        await self._end_at_limit(f"The call has lasted {minutes:g} minutes, its limit.")

    async def _end_at_limit(self, why: str) -> None:
        self._told(why)
        await self._end(why)

    async def _end(self, why: str) -> None:
        self.ended_because = self.ended_because or why
        log.info("the agent hangs up: %s", why)
        await self._worker.stop_when_done()
