# pyright: reportUnknownMemberType=false
"""Stops agents whose pipelines are stuck in every way that pipelines get stuck."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import CancelFrame, EndFrame, Frame, InterruptionFrame, StartFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from app.agent.host import Agent
from app.agent.local_models import LoadedModels
from app.agent.stop_ladder import StopReport, StopRung
from app.domain import facts as f
from app.domain.access import RoomAccess, ServerAccess
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.media import tokens
from app.media.rooms import Rooms
from tests.support.agents import CLOCK, IDENTITY, Talk, agent_in, silent_preset
from tests.support.livekit import until_only
from tests.support.posted import Posted, until

ALLOWED_S = 12.0


class Stuck(FrameProcessor):
    """Swallows frames of these kinds."""

    def __init__(self, *kinds: type[Frame]) -> None:
        super().__init__()
        self._kinds = kinds

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, self._kinds):
            await self.push_frame(frame, direction)


class Stubborn(Stuck):
    """Swallows ends, cancels, and the cancellation of a task of its own."""

    def __init__(self) -> None:
        super().__init__(EndFrame, CancelFrame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, StartFrame):
            self.create_task(self._never_end())
        await super().process_frame(frame, direction)

    async def _never_end(self) -> None:
        deadline = time.monotonic() + 25.0
        while time.monotonic() < deadline:
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                continue


class Blocking(Stuck):
    """Blocks its loop when it is interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked = threading.Event()
        self.release = threading.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InterruptionFrame):
            self.blocked.set()
            self.release.wait(20.0)
        await super().process_frame(frame, direction)


async def stopped(talk: Talk) -> StopReport:
    stopping = talk.agent.stop()
    assert talk.agent.stop() is stopping
    await until(stopping.done, ALLOWED_S + 1.0, "the stop")
    return stopping.result()


@pytest.mark.parametrize(
    ("stuck", "rung"),
    [
        ((), StopRung.ENDED),
        ((Stuck(EndFrame),), StopRung.FORCED),
        ((Stuck(EndFrame, CancelFrame),), StopRung.LEFT),
        ((Stubborn(),), StopRung.LEFT),
    ],
    ids=["healthy", "swallows the end", "swallows end and cancel", "swallows everything"],
)
async def test_an_agent_is_gone_however_stuck_it_is(
    livekit_server: ServerAccess,
    room: str,
    local_models: LoadedModels,
    stuck: tuple[FrameProcessor, ...],
    rung: StopRung,
):
    async with agent_in(livekit_server, room, local_models, silent_preset(), stuck) as talk:
        assert IDENTITY in await talk.present()
        report = await stopped(talk)

        assert report.rung is rung
        assert report.took_s < ALLOWED_S
        assert report.thread_ended
        await until_only(talk.server, talk.room)
        assert talk.states()[-2:] == [AgentState.STOPPING, AgentState.STOPPED]
        assert not [t for t in threading.enumerate() if t.name.startswith(("agent", "stop"))]


async def test_an_agent_that_blocks_its_loop_is_removed_from_the_room_at_once(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    blocking = Blocking()
    async with agent_in(livekit_server, room, local_models, silent_preset(), (blocking,)) as talk:
        talk.agent.type_as_caller("Hello?")
        await until(blocking.blocked.is_set, 5, "the block")
        stopping = talk.agent.stop()
        began = time.monotonic()
        await until(stopping.done, ALLOWED_S, "the stop")

        assert stopping.result().rung is StopRung.EVICTED
        assert not stopping.result().thread_ended
        assert time.monotonic() - began < ALLOWED_S
        await until_only(talk.server, talk.room)
        blocking.release.set()
        await until(lambda: not _agent_threads(), 10, "the end of the thread")


def _agent_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("agent")]


async def test_an_agent_stopped_while_it_starts_leaves_nobody_behind(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    for delay_s in (0.0, 0.1, 0.25):
        async with _starting(livekit_server, room, local_models) as (talk, joined):
            await asyncio.sleep(delay_s)
            report = await stopped(talk)

            assert report.took_s < ALLOWED_S
            assert report.thread_ended
            await until_only(talk.server, talk.room)
            await until(joined.done, 1.0, "the start's end")


async def test_an_agent_that_is_thrown_out_says_why(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    async with agent_in(livekit_server, room, local_models, silent_preset()) as talk:
        await Rooms(livekit_server).remove_participant(room, IDENTITY)
        await until(lambda: AgentState.FAILED in talk.states(), 10, "the failure")

        (failed,) = [s for s in talk.sink.of(f.AgentStateChanged) if s.state is AgentState.FAILED]
        assert failed.why == "The agent has gone. It was removed from the room."
        with pytest.raises(UserError, match="not running"):
            talk.agent.type_as_caller("Hello?").result(5)
        assert (await stopped(talk)).rung is StopRung.ENDED


async def test_a_room_that_cannot_be_joined_is_a_failure_with_a_reason(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    sink = Posted()
    wrong = RoomAccess(livekit_server.url, room, IDENTITY, "not a token")
    agent = Agent(
        silent_preset(), wrong, sink=sink, clock=CLOCK, models=local_models, evict=_nobody
    )
    joined = agent.start()

    with pytest.raises(UserError, match="could not join") as refused:
        await asyncio.wait_for(asyncio.wrap_future(joined), 15)
    report = await asyncio.wait_for(asyncio.wrap_future(agent.stop()), 15)

    assert refused.value.hint
    assert report.thread_ended
    assert [s.state for s in sink.of(f.AgentStateChanged)] == [
        AgentState.STARTING,
        AgentState.FAILED,
    ]


async def test_an_agent_that_never_started_stops_at_once(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    access = tokens.agent_access(livekit_server, room, IDENTITY)
    agent = Agent(
        silent_preset(), access, sink=Posted(), clock=CLOCK, models=local_models, evict=_nobody
    )
    with pytest.raises(UserError, match="not running"):
        agent.type_as_caller("Hello?").result(1)

    report = await asyncio.wait_for(asyncio.wrap_future(agent.stop()), 5)

    assert report.rung is StopRung.ENDED
    assert report.thread_ended


def _nobody() -> "Future[None]":
    done: Future[None] = Future()
    done.set_result(None)
    return done


@asynccontextmanager
async def _starting(
    server: ServerAccess, room: str, models: LoadedModels
) -> AsyncGenerator[tuple[Talk, "Future[None]"]]:
    sink = Posted()
    agent = Agent(
        silent_preset(),
        tokens.agent_access(server, room, IDENTITY),
        sink=sink,
        clock=CLOCK,
        models=models,
        evict=_nobody,
    )
    joined = agent.start()
    try:
        yield Talk(server, room, agent, sink), joined
    finally:
        await asyncio.wait_for(asyncio.wrap_future(agent.stop()), 20)
