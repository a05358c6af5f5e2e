"""Which bot the code that runs now belongs to."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.agent.program import ProgramHost
from app.domain.bot_files import BotFile
from app.domain.facts import StepProgressed, TroubleFound
from app.domain.ports import Clock, FactSink


@dataclass(slots=True)
class BotSession:
    """One bot in one room, and what Pipecat has set up for it so far. Agent loop only."""

    bot: BotFile
    host: ProgramHost
    sink: FactSink
    clock: Clock
    runner: WorkerRunner | None = None
    worker: PipelineWorker | None = None
    """The one that talks to the room."""
    step: StepProgressed | None = None
    """What its start is at."""

    def tell_trouble(self, what: str, remedy: str = "") -> None:
        """Say that something is not as it should be; the call goes on."""
        self.sink.post(TroubleFound(at=self.clock.now(), what=what, remedy=remedy))

    def begin_step(self, step: str, label: str, detail: str) -> None:
        """Say what its start is at; one step at a time."""
        self.step = StepProgressed(at=self.clock.now(), step=step, label=label, detail=detail)
        self.sink.post(self.step)

    def end_step(self, detail: str) -> None:
        """Say that the step in hand is done."""
        if self.step is None:
            return
        at = self.clock.now()
        took_s = at - self.step.at
        done = replace(self.step, at=at, detail=f"{detail}, {took_s:.1f} s", took_s=took_s)
        self.sink.post(done)
        self.step = None


current_bot: ContextVar[BotSession | None] = ContextVar("current_bot", default=None)
"""Set in the context that a bot runs in, so that every task of it inherits it."""


@contextmanager
def running(session: BotSession) -> Generator[None]:
    """Everything begun here belongs to this bot."""
    token = current_bot.set(session)
    try:
        yield
    finally:
        current_bot.reset(token)
