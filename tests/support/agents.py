# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A local agent in a real room, and a caller who speaks to it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import soxr
from pipecat.processors.frame_processor import FrameProcessor

from app.agent.host import NO_VARIABLES, Agent
from app.agent.local_models import LoadedModels, LocalModels
from app.agent.preset_file import find_preset, load_preset
from app.domain import facts as f
from app.domain.access import RoomAccess, ServerAccess
from app.domain.call import Call
from app.domain.presets import Preset
from app.domain.prices import Price
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.runtime.loop_thread import LoopThread
from app.runtime.resources import resource
from app.session.agent_start import AgentStart
from tests.support.livekit import RATE_HZ, Participant, Pcm, silence
from tests.support.posted import Posted, until

IDENTITY = "agent"
CLOCK = AnchoredClock()
QUEUE_MS = 400
"""A question with a hole in it would be two."""


@pytest.fixture(scope="session")
def local_models() -> Iterator[LoadedModels]:
    """The weights of the local preset, loaded once for all tests of the run."""
    models = LocalModels()
    try:
        yield models.load(load_preset(find_preset("local")), lambda _: None, CLOCK).result(90)
    finally:
        models.close()


def silent_preset() -> Preset:
    """The local preset without its greeting."""
    return replace(load_preset(find_preset("local")), greeting="")


def preset_start(name: str) -> AgentStart:
    """What the agent of a preset is started with, without keys."""
    return AgentStart(load_preset(find_preset(name)))


async def start_of(name: str) -> AgentStart:
    """As a desk asks for it."""
    return preset_start(name)


def question(name: str) -> Pcm:
    """One of the spoken questions that ship, at the test participants' rate."""
    samples, rate_hz = soundfile.read(resource(f"audio/{name}.wav"), dtype="float32")
    return (soxr.resample(samples, rate_hz, RATE_HZ) * 32767).astype(np.int16)


class Speaker(Participant):
    """A caller whose microphone is always open: it sends silence where nothing is said."""

    def __init__(self, access: RoomAccess) -> None:
        super().__init__(access, QUEUE_MS)
        self._words: asyncio.Queue[Pcm] = asyncio.Queue()
        self._microphone: asyncio.Task[None] | None = None

    async def join(self) -> None:
        await super().join()
        self._microphone = asyncio.get_running_loop().create_task(self._run())

    async def leave(self) -> None:
        if self._microphone is not None:
            self._microphone.cancel()
            await asyncio.gather(self._microphone, return_exceptions=True)
        await super().leave()

    def ask(self, words: Pcm) -> None:
        self._words.put_nowait(words)

    async def _run(self) -> None:
        while True:
            await self.say(silence(0.02) if self._words.empty() else self._words.get_nowait())


def caller_for(server: ServerAccess, room: str) -> Speaker:
    """A caller who may join this room."""
    return Speaker(tokens.caller_access(server, room, "caller"))


class Talk:
    """One agent, the room it is in, and what it told."""

    def __init__(self, server: ServerAccess, room: str, agent: Agent, sink: Posted) -> None:
        self.server = server
        self.room = room
        self.agent = agent
        self.sink = sink

    def call(self) -> Call:
        call = Call()
        call.apply(list(self.sink.facts))
        return call

    def states(self) -> list[f.AgentState]:
        return [fact.state for fact in self.sink.of(f.AgentStateChanged)]

    async def answers(self, count: int, within_s: float = 20.0) -> None:
        """Wait until the agent has finished speaking this many times."""
        await until(
            lambda: len(self.sink.of(f.AgentSpeechStopped)) >= count, within_s, f"{count} answers"
        )

    async def present(self) -> list[str]:
        return [who.identity for who in await Rooms(self.server).people(self.room)]


@asynccontextmanager
async def agent_in(
    server: ServerAccess,
    room: str,
    models: LoadedModels,
    preset: Preset,
    extra: tuple[FrameProcessor, ...] = (),
    environment: Mapping[str, str] = NO_VARIABLES,
    prices: tuple[Price, ...] = (),
) -> AsyncGenerator[Talk]:
    """An agent that is in the room, and is stopped at the end if it still runs."""
    sink = Posted()
    admin = LoopThread("admin of the tests")
    admin.start()

    def evict() -> "Future[None]":
        return admin.submit(Rooms(server).remove_participant(room, IDENTITY))

    agent = Agent(
        preset,
        tokens.agent_access(server, room, IDENTITY),
        sink=sink,
        clock=CLOCK,
        models=models,
        evict=evict,
        environment=environment,
        extra=extra,
        prices=prices,
    )
    try:
        await asyncio.wait_for(asyncio.wrap_future(agent.start()), 30)
        yield Talk(server, room, agent, sink)
    finally:
        await asyncio.wait_for(asyncio.wrap_future(agent.stop()), 20)
        assert admin.stop()
