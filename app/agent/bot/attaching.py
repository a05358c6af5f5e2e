# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Attaches Greenroom to the runner and the worker of a bot while they set themselves up. Agent loop only.

A part that fails is told as a trouble and leaves the others alone: a bot runs even where it cannot be watched.
"""

import logging
from collections.abc import Callable, Iterator

from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_transport import BaseTransport
from pipecat.transports.livekit.transport import LiveKitInputTransport, LiveKitOutputTransport
from pipecat.workers.runner import WorkerRunner

from app.agent.bot.greeting import greet_without_client
from app.agent.bot.services import troubles_of
from app.agent.bot.session import BotSession, current_bot

log = logging.getLogger(__name__)


async def to_runner(runner: WorkerRunner) -> None:
    """The runner of a bot begins to run; one that is stopped already ends at once."""
    session = current_bot.get()
    if session is None or session.runner is not None:
        return
    session.runner = runner
    session.host.runner_made(runner)
    if session.host.stop_wanted:
        await runner.cancel("stopped while starting")


async def to_worker(worker: PipelineWorker) -> None:
    """A worker sets itself up. The first that talks to a room is watched; helpers and evals are left alone."""
    session = current_bot.get()
    if session is None or session.worker is not None or worker.bridged:
        return
    processors = [*processors_of(worker.pipeline)]
    transport = transport_of(processors)
    if transport is None:
        return
    session.worker = worker
    session.end_step("built")
    parts: dict[str, Callable[[], None]] = {
        "watch it": lambda: _watch(session, worker),
        "switch off its idle timeout": lambda: _never_idle(worker),
        "notice that it lost its room": lambda: _mind_the_room(session, transport),
        "set off its greeting": lambda: _greet(session, worker, transport),
        "look at its services": lambda: _look_at(session, processors),
    }
    for what, part in parts.items():
        _attempt(session, what, part)


def processors_of(processor: FrameProcessor) -> Iterator[FrameProcessor]:
    """The processors within this one, at any depth."""
    for inner in processor.processors:
        yield inner
        yield from processors_of(inner)


def transport_of(processors: list[FrameProcessor]) -> BaseTransport | None:
    """The transport whose LiveKit ends are among these processors."""
    for processor in processors:
        if isinstance(processor, LiveKitInputTransport | LiveKitOutputTransport):
            return processor._transport  # noqa: SLF001
    return None


def _attempt(session: BotSession, what: str, part: Callable[[], None]) -> None:
    try:
        part()
    except Exception as error:
        log.exception("could not %s", what)
        session.tell_trouble(
            f"Greenroom could not {what} ({type(error).__name__}: {error}).", "The bot runs on."
        )


def _watch(session: BotSession, worker: PipelineWorker) -> None:
    worker.params.enable_metrics = True
    worker.params.enable_usage_metrics = True
    worker.params.enable_heartbeats = True
    session.host.worker_made(worker)


def _never_idle(worker: PipelineWorker) -> None:
    """Whether a silent call ends is for the panel to say. Read after the set-up; there is no public name for it."""
    worker._idle_timeout_secs = None  # noqa: SLF001


def _mind_the_room(session: BotSession, transport: BaseTransport) -> None:
    async def on_disconnected(*_: object) -> None:
        await session.host.room_lost()

    transport.add_event_handler("on_disconnected", on_disconnected)


def _greet(session: BotSession, worker: PipelineWorker, transport: BaseTransport) -> None:
    if session.bot.greets_after_s is not None:
        greet_without_client(worker, transport, session.bot.greets_after_s)


def _look_at(session: BotSession, processors: list[FrameProcessor]) -> None:
    for trouble in troubles_of(processors):
        session.tell_trouble(trouble.what, trouble.remedy)
