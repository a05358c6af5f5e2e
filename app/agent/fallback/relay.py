# pyright: reportUnknownMemberType=false
"""What the fallbacks of all parts share: one service at work, the others made only when they are needed."""

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from pipecat.frames.frames import CancelFrame, EndFrame, ErrorFrame, Frame, StartFrame
from pipecat.pipeline.base_pipeline import BasePipeline
from pipecat.pipeline.pipeline import Pipeline, PipelineSink, PipelineSource
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup
from pipecat.utils.errors import ErrorCategory

from app.agent.fallback.failure import CoolDown, Failure, failure_of
from app.domain.errors import UserError

log = logging.getLogger(__name__)

START_S = 2.5
"""How long a service may take to connect."""
END_S = 10.0
"""How long the service at work may take to finish what it says."""
CANCEL_S = 1.0
CLEANUP_S = 2.0
ITS_TIME = "its time has come again"

Output = Callable[["Running", Frame, FrameDirection], Coroutine[Any, Any, None]]
Told = Callable[[str, str, str], None]
"""Called with who worked so far, who takes over (empty: nobody), and why."""


@dataclass(slots=True)
class Choice:
    """One service of a part, which `make` makes anew each time: what has failed is thrown away."""

    label: str
    make: Callable[[], FrameProcessor]
    """Agent loop only. May raise UserError."""
    cool_down: CoolDown = field(default_factory=CoolDown)


class Running:
    """A service that was made, in a pipeline of its own. Agent loop only."""

    def __init__(self, choice: Choice, output: Output) -> None:
        """Raises UserError when the service cannot be made."""
        self.choice = choice
        self.service = choice.make()
        out = partial(output, self)
        self.pipeline = Pipeline([self.service], source=PipelineSource(out), sink=PipelineSink(out))
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.moved = asyncio.Event()
        """Set when it is up, when it is down and when it fails."""
        self.failure: Failure | None = None
        self.setting_up: asyncio.Task[None] | None = None
        self.held: deque[tuple[Frame, FrameDirection]] = deque()
        """What it has put out while it was not at work, where the relay keeps that."""
        self.knows_context = False
        """Whether it has been given the context, where the relay keeps account of that."""
        self.messages_known = 0
        """How many of its messages are no news to it."""

    def fail(self, failure: Failure) -> None:
        """It has failed; the first failure counts."""
        self.failure = self.failure or failure
        self.moved.set()

    async def put(self, frame: Frame, direction: FrameDirection) -> None:
        """Give it a frame."""
        await self.pipeline.queue_frame(frame, direction)


class Relay(BasePipeline):
    """Has one of several services do the work of a part, and another one when it fails.

    A service connects when it is needed, so those that stand by cost nothing. Agent loop only.
    """

    def __init__(self, choices: Sequence[Choice], told: Told) -> None:
        super().__init__()
        self._choices = tuple(choices)
        self._told = told
        self._working: Running | None = None
        self._worked_last = self._choices[0].label
        self._start_frame: StartFrame | None = None
        self._held_back: list[tuple[Frame, FrameDirection]] | None = []
        """What came out before the StartFrame may; None afterwards."""
        self._dismissals: set[asyncio.Task[None]] = set()

    @property
    def at_work(self) -> FrameProcessor | None:
        """The service that does the work now; None while there is none."""
        return None if self._working is None else self._working.service

    @property
    def first_at_work(self) -> bool:
        """Whether that is the first of them."""
        return self._working is not None and self._working.choice is self._choices[0]

    @property
    def processors(self) -> list[FrameProcessor]:
        return [] if self._working is None else [self._working.pipeline]

    @property
    def entry_processors(self) -> list[FrameProcessor]:
        return self.processors

    def processors_with_metrics(self) -> list[FrameProcessor]:
        if self._working is None:
            return []
        return cast("list[FrameProcessor]", self._working.pipeline.processors_with_metrics())

    async def setup(self, setup: FrameProcessorSetup) -> None:
        await super().setup(setup)
        self._setup_finished()

    async def cleanup(self) -> None:
        await super().cleanup()
        if self._working is not None:
            self._dismiss(self._working)
        while self._dismissals:
            await asyncio.wait(set(self._dismissals))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self._begin(frame, direction)
        elif isinstance(frame, EndFrame):
            await self._finish(frame, END_S)
            await self.push_frame(frame, direction)
        elif isinstance(frame, CancelFrame):
            await self._finish(frame, CANCEL_S)
            await self.push_frame(frame, direction)
        else:
            await self._take(frame, direction)

    @abstractmethod
    async def _take(self, frame: Frame, direction: FrameDirection) -> None:
        """A frame has come that is not about the life of the pipeline."""

    @abstractmethod
    async def _come_out(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        """A service has put out a frame."""

    async def _has_failed(self, running: Running) -> None:
        """A service has reported an error; called within one of its own tasks."""

    # Who works

    def _in_order(self) -> list[Choice]:
        """Whom to ask, one after the other: those whose time has come, or whoever's comes first."""
        ready = [choice for choice in self._choices if choice.cool_down.wait_s == 0.0]
        return ready or [min(self._choices, key=lambda choice: choice.cool_down.wait_s)]

    async def _put_to_work(self, choice: Choice) -> "Running | Failure":
        """Have this service do the work from now on, made and connected if it is not there."""
        if self._working is not None and self._working.choice is choice:
            if self._working.failure is None:
                return self._working
            self._dismiss(self._working)
        running = await self._wake(choice)
        if isinstance(running, Running):
            self._change_to(running, ITS_TIME)
        return running

    def _change_to(self, running: Running, why: str) -> None:
        before, self._working = self._working, running
        if before is not None and before is not running:
            self._dismiss(before)
        if self._worked_last != running.choice.label:
            self._tell(running.choice.label, why)

    def _give_up(self, choice: Choice, failure: Failure, then: Choice | None) -> None:
        """This service is not asked again before its time."""
        log.warning("%s failed: %s", choice.label, failure.cause)
        choice.cool_down.failed(failure)
        if self._working is not None and self._working.choice is choice:
            self._dismiss(self._working)
            self._working = None
        self._worked_last = choice.label
        self._tell("" if then is None else then.label, failure.cause)

    def _tell(self, to: str, why: str) -> None:
        self._told(self._worked_last, to, why)
        self._worked_last = to or self._worked_last

    async def _wake(self, choice: Choice) -> "Running | Failure":
        """Make and connect a service. The failure when that does not work out."""
        assert self._start_frame is not None
        try:
            running = Running(choice, self._output)
        except UserError as error:
            return Failure(str(error), ErrorCategory.INVALID_REQUEST)
        setup = self._setup_processors([running.pipeline], self.processor_setup)
        running.setting_up = self.create_task(setup, f"setup of {choice.label}")
        running.setting_up.add_done_callback(lambda _: running.moved.set())
        try:
            async with asyncio.timeout(START_S):
                await self._until_up(running, self._start_frame)
        except TimeoutError:
            running.fail(
                Failure(f"it was not there after {START_S:g} s", ErrorCategory.CONNECTIVITY)
            )
        except asyncio.CancelledError:
            self._dismiss(running)
            raise
        if running.failure is None:
            return running
        self._dismiss(running)
        return running.failure

    async def _until_up(self, running: Running, start: StartFrame) -> None:
        told = False
        while running.failure is None and not running.up.is_set():
            running.moved.clear()
            if not told and running.setting_up is not None and running.setting_up.done():
                told = True
                await running.put(start, FrameDirection.DOWNSTREAM)
            else:
                await running.moved.wait()

    def _dismiss(self, running: Running) -> None:
        if self._working is running:
            self._working = None
        dismissing = self._dismissed(running)
        task = cast(
            "asyncio.Task[None]",
            self.create_task(dismissing, f"dismissal of {running.choice.label}"),
        )
        self._dismissals.add(task)
        task.add_done_callback(self._dismissals.discard)

    async def _dismissed(self, running: Running) -> None:
        if running.setting_up is not None and not running.setting_up.done():
            await self.cancel_task(running.setting_up, CANCEL_S)
        try:
            async with asyncio.timeout(CANCEL_S):
                await running.put(CancelFrame(reason="dismissed"), FrameDirection.DOWNSTREAM)
                await running.down.wait()
        except TimeoutError:
            log.info("%s did not answer to its dismissal", running.choice.label)
        try:
            async with asyncio.timeout(CLEANUP_S):
                await running.pipeline.cleanup()
        except TimeoutError:
            log.warning("%s did not clean up in %.0f s", running.choice.label, CLEANUP_S)

    # The life of the pipeline

    async def _begin(self, frame: StartFrame, direction: FrameDirection) -> None:
        self._start_frame = frame
        for choice, then in _with_next(self._choices):
            running = await self._put_to_work(choice)
            if isinstance(running, Running):
                break
            self._give_up(choice, running, then)
        await self.push_frame(frame, direction)
        held, self._held_back = self._held_back or [], None
        for early, way in held:
            await self.push_frame(early, way)

    async def _finish(self, frame: EndFrame | CancelFrame, within_s: float) -> None:
        running = self._working
        if running is None or running.failure is not None:
            return
        await running.put(frame, FrameDirection.DOWNSTREAM)
        try:
            async with asyncio.timeout(within_s):
                while running.failure is None and not running.down.is_set():
                    running.moved.clear()
                    await running.moved.wait()
        except TimeoutError:
            log.warning("%s did not end in %.0f s", running.choice.label, within_s)

    async def _output(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, StartFrame):
            running.up.set()
            running.moved.set()
        elif isinstance(frame, (EndFrame, CancelFrame)):
            running.down.set()
            running.moved.set()
        elif isinstance(frame, ErrorFrame) and frame.category is not ErrorCategory.APPLICATION:
            running.fail(failure_of(frame))
            await self._has_failed(running)
        elif self._held_back is not None:
            self._held_back.append((frame, direction))
        else:
            await self._come_out(running, frame, direction)


def _with_next(choices: Sequence[Choice]) -> list[tuple[Choice, Choice | None]]:
    return list(zip(choices, [*choices[1:], None], strict=True))
