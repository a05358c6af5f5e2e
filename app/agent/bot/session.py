"""Which bot the code that runs now belongs to."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.agent.program import ProgramHost
from app.domain.bot_files import BotFile
from app.domain.facts import TroubleFound
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

    def tell_trouble(self, what: str, remedy: str = "") -> None:
        """Say that something is not as it should be; the call goes on."""
        self.sink.post(TroubleFound(at=self.clock.now(), what=what, remedy=remedy))


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
