# pyright: reportUnknownMemberType=false
import asyncio
import logging
from collections.abc import AsyncIterator, Hashable

import pytest
from pipecat.frames import frames as p
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.processors.frame_processor import FrameDirection
from pipecat.workers.runner import WorkerRunner

from app.agent.agent_states import AgentStates
from app.agent.observers import CallObserver
from app.agent.pipecat_time import PipecatTime
from app.agent.safe_sink import SafeSink
from app.domain import facts as f
from app.domain.facts import AgentState, Fact
from app.domain.ports import FactSink
from tests.support.posted import Posted, until
from tests.unit.agent.pushes import Ticking


class Raising:
    """A sink that raises, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def post(self, fact: Fact) -> None:
        self.asked += 1
        raise RuntimeError("full")

    def sample(self, key: Hashable, fact: Fact) -> None:
        raise RuntimeError("full")


class Failing(BaseObserver):
    """An observer that raises at every push, and counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.pushes = 0

    async def on_push_frame(self, data: FramePushed) -> None:
        self.pushes += 1
        raise ValueError("broken")


def watching(sink: FactSink, *further: BaseObserver) -> CallObserver:
    clock = Ticking()
    states = AgentStates(sink, clock)
    states.become(AgentState.LISTENING)
    return CallObserver(sink, states, PipecatTime(clock, clock), further)


class Run:
    """A pipeline of nothing, watched."""

    def __init__(self, observer: CallObserver) -> None:
        self.worker = PipelineWorker(
            Pipeline([IdentityFilter()]),
            params=PipelineParams(enable_metrics=True, enable_heartbeats=True),
            observers=[observer],
            enable_rtvi=False,
            idle_timeout_secs=None,
        )
        self.ended = asyncio.Event()

    async def until_end(self) -> None:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        await runner.run()
        self.ended.set()


@pytest.fixture
async def runs() -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    await asyncio.gather(*tasks)


async def test_a_watched_pipeline_tells_its_start_errors_and_lag(runs: list[asyncio.Task[None]]):
    sink = Posted()
    run = Run(watching(sink))
    runs.append(asyncio.get_running_loop().create_task(run.until_end()))

    await run.worker.queue_frame(p.UserStartedSpeakingFrame())
    await until(lambda: sink.sampled(f.PipelineLagged), 5, "a heartbeat")
    await run.worker.queue_frame(p.ErrorFrame(error="no route"), FrameDirection.UPSTREAM)
    await until(lambda: sink.of(f.ErrorRaised), 5, "an error")
    await run.worker.stop_when_done()
    await asyncio.wait_for(run.ended.wait(), 5)

    assert len(sink.of(f.CallerTurnStarted)) == 1
    assert len(sink.of(f.StartupTimed)) == 1
    assert sink.of(f.ErrorRaised)[0].message == "no route"


async def test_a_sink_that_raises_neither_ends_the_watching_nor_the_pipeline(
    runs: list[asyncio.Task[None]],
):
    raising = Raising()
    run = Run(watching(SafeSink(raising)))
    runs.append(asyncio.get_running_loop().create_task(run.until_end()))

    for _ in range(3):
        await run.worker.queue_frame(p.UserStartedSpeakingFrame())
    await until(lambda: raising.asked >= 4, 5, "three turns and a state")
    await run.worker.stop_when_done()

    await asyncio.wait_for(run.ended.wait(), 5)


async def test_a_part_that_raises_is_logged_once_and_the_others_go_on(
    runs: list[asyncio.Task[None]], caplog: pytest.LogCaptureFixture
):
    sink = Posted()
    broken = Failing()
    run = Run(watching(sink, broken))
    runs.append(asyncio.get_running_loop().create_task(run.until_end()))

    with caplog.at_level(logging.ERROR, logger="app.agent.observers"):
        for _ in range(5):
            await run.worker.queue_frame(p.UserStartedSpeakingFrame())
        await until(lambda: len(sink.of(f.CallerTurnStarted)) == 5, 5, "five turns")
        await run.worker.stop_when_done()
        await asyncio.wait_for(run.ended.wait(), 5)

    assert broken.pushes >= 5
    assert len(caplog.records) == 1
