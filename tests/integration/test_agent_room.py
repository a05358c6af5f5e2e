# pyright: reportUnknownMemberType=false
"""An unmodified bot behind our transport client: whom it hears, and what it takes for a hang-up."""

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import api, rtc
from livekit.rtc import SimulateScenarioKind
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.workers.runner import WorkerRunner

from app.agent import room_client
from app.agent.room_client import COMES_BACK_S, RoomClient
from app.agent.room_session import RoomSession, current_session
from app.domain import facts as f
from app.domain.access import RoomAccess, ServerAccess
from app.domain.facts import Edge, Lane, Tap
from app.media import tokens
from tests.support.agents import CLOCK, IDENTITY, Speaker, caller_for
from tests.support.livekit import on, strength, tone
from tests.support.posted import Posted, until

EVENTS = (
    "on_client_connected",
    "on_client_disconnected",
    "on_first_participant_joined",
    "on_participant_connected",
    "on_participant_disconnected",
)
CALLER_HZ = 500.0
OPERATOR_HZ = 1500.0
RATE_HZ = 16_000


class Hearing(FrameProcessor):
    """Keeps what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[InputAudioRawFrame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.frames.append(frame)
        await self.push_frame(frame, direction)

    def heard(self, hz: float) -> float:
        """The share of a tone in what came in, 0 to 1."""
        pcm = np.frombuffer(b"".join(frame.audio for frame in self.frames), np.int16)
        return strength(np.repeat(pcm, 48_000 // RATE_HZ), hz)


class Bot:
    """A bot as anybody would write it, and what happened to it."""

    def __init__(self, access: RoomAccess, *, user_tracks: bool) -> None:
        self.events: list[tuple[str, str]] = []
        self.hearing = Hearing()
        self.sink = Posted()
        self.session = RoomSession(access.identity, self.sink, CLOCK)
        current_session.set(self.session)
        self.transport = LiveKitTransport(
            access.url,
            access.token,
            access.room,
            LiveKitParams(
                audio_in_enabled=True, audio_out_enabled=True, audio_in_user_tracks=user_tracks
            ),
        )
        for name in EVENTS:
            self.transport.add_event_handler(name, self._keep(name))
        pipeline = Pipeline([self.transport.input(), self.hearing, self.transport.output()])
        self.worker = PipelineWorker(pipeline, enable_rtvi=False, idle_timeout_secs=None)
        self._running: asyncio.Task[None] | None = None

    @property
    def client(self) -> RoomClient:
        assert isinstance(self.session.voice, RoomClient)
        return self.session.voice

    async def start(self) -> None:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        started = asyncio.Event()

        async def on_started(*_: object) -> None:
            started.set()

        self.worker.add_event_handler("on_pipeline_started", on_started)
        self._running = asyncio.get_running_loop().create_task(runner.run())
        await asyncio.wait_for(started.wait(), 15)

    async def stop(self) -> None:
        assert self._running is not None
        await self.worker.cancel()
        await asyncio.wait_for(self._running, 10)

    def about(self, identity: str) -> list[str]:
        """The events about a participant, by name."""
        return [name for name, who in self.events if who == identity]

    def _keep(self, name: str):
        async def keep(_: object, who: object, *rest: object) -> None:
            identity = str(who["id"]) if isinstance(who, dict) else str(who)  # pyright: ignore[reportUnknownArgumentType]
            self.events.append((name, identity))

        return keep


@pytest.fixture(params=[True, False], ids=["user tracks", "mixed"])
async def bot(
    request: pytest.FixtureRequest, livekit_server: ServerAccess, room: str
) -> AsyncIterator[Bot]:
    room_client.install()
    access = tokens.agent_access(livekit_server, room, IDENTITY)
    bot = Bot(access, user_tracks=bool(request.param))  # pyright: ignore[reportAny]
    await bot.start()
    yield bot
    await bot.stop()


@pytest.fixture
async def caller(livekit_server: ServerAccess, room: str) -> AsyncIterator[Speaker]:
    caller = caller_for(livekit_server, room)
    await caller.join()
    yield caller
    await caller.leave()


def speaking_only(server: ServerAccess, room: str, identity: str, role: f.Role) -> Speaker:
    """Somebody who hears nobody, and so has no stream that their own reconnect could leave behind."""
    token = api.AccessToken(server.api_key, server.api_secret).with_identity(identity)
    token.with_attributes({room_client.ROLE_ATTRIBUTE: role})
    token.with_grants(api.VideoGrants(room_join=True, room=room, can_subscribe=False))
    return Speaker(RoomAccess(server.url, room, identity, token.to_jwt()))


async def reconnect(room: rtc.Room) -> None:
    """Have a connection rebuilt from the ground up, and wait until it stands again."""
    again = asyncio.Event()
    on(room, "reconnected", again.set)
    await asyncio.wait_for(room.simulate_scenario(SimulateScenarioKind.SIMULATE_FULL_RECONNECT), 15)
    await asyncio.wait_for(again.wait(), 15)


def test_media_and_agent_mean_the_same_attribute():
    assert room_client.ROLE_ATTRIBUTE == tokens.ROLE_ATTRIBUTE


async def test_an_operator_is_neither_heard_nor_announced(
    livekit_server: ServerAccess, room: str, bot: Bot, caller: Speaker
):
    someone = speaking_only(livekit_server, room, "operator", f.Role.OPERATOR)
    await someone.join()
    for _ in range(2):
        caller.ask(tone(1.0, CALLER_HZ))
        someone.ask(tone(1.0, OPERATOR_HZ))
        await until(lambda: bot.hearing.heard(CALLER_HZ) > 0.1, 10, "the caller's tone")
        await reconnect(someone.room)
    someone.ask(tone(1.0, OPERATOR_HZ))
    await asyncio.sleep(1.0)
    await someone.leave()
    await asyncio.sleep(COMES_BACK_S + 0.5)

    assert bot.hearing.heard(OPERATOR_HZ) < 0.001
    assert bot.about("operator") == []
    assert bot.about("caller").count("on_client_connected") == 1


async def test_nobodys_reconnect_is_a_hang_up_and_a_hang_up_is_one(
    livekit_server: ServerAccess, room: str, bot: Bot
):
    caller = speaking_only(livekit_server, room, "caller", f.Role.CALLER)
    await caller.join()
    await until(lambda: "on_client_connected" in bot.about("caller"), 5, "the caller's arrival")
    arrived = list(bot.events)

    await reconnect(bot.client.room)
    await reconnect(caller.room)
    await asyncio.sleep(COMES_BACK_S + 1.5)
    bot.hearing.frames.clear()
    caller.ask(tone(1.0, CALLER_HZ))
    await until(lambda: bot.hearing.heard(CALLER_HZ) > 0.1, 10, "the caller's tone afterwards")
    assert bot.events == arrived
    states = [fact.state for fact in bot.sink.of(f.ConnectionChanged)]
    assert states == ["connected", "reconnecting", "connected"]

    await caller.leave()
    left_at = time.monotonic()
    await until(lambda: "on_client_disconnected" in bot.about("caller"), 10, "the hang-up")

    assert time.monotonic() - left_at > COMES_BACK_S - 0.2
    assert bot.about("caller").count("on_client_disconnected") == 1


@pytest.mark.parametrize("bot", [False], indirect=True, ids=["mixed"])
async def test_the_caller_is_read_at_the_pipelines_rate_in_blocks_of_10_ms(
    bot: Bot, caller: Speaker
):
    caller.ask(tone(1.0, CALLER_HZ))
    await until(lambda: len(bot.hearing.frames) > 150, 10, "frames")

    frames = bot.hearing.frames
    assert {(frame.sample_rate, frame.num_channels) for frame in frames} == {(RATE_HZ, 1)}
    assert {len(frame.audio) for frame in frames} == {RATE_HZ // 100 * 2}
    await until(lambda: bot.sink.of(f.SpeechEdge), 5, "an edge")
    onset = bot.sink.of(f.SpeechEdge)[0]
    assert (onset.tap, onset.lane, onset.edge) == (Tap.AGENT, Lane.CALLER, Edge.ONSET)


@pytest.mark.parametrize("bot", [False], indirect=True, ids=["mixed"])
async def test_deaf_ears_hear_silence_and_a_closed_mouth_says_nothing(bot: Bot, caller: Speaker):
    bot.client.set_deaf(deaf=True)
    bot.hearing.frames.clear()
    caller.ask(tone(0.5, CALLER_HZ))
    await asyncio.sleep(1.2)
    assert len(bot.hearing.frames) > 50
    assert bot.hearing.heard(CALLER_HZ) == 0.0
    bot.client.set_deaf(deaf=False)
    caller.ask(tone(0.5, CALLER_HZ))
    await until(lambda: bot.hearing.heard(CALLER_HZ) > 0.1, 5, "the tone")

    bot.client.close_mouth()
    began = time.monotonic()
    assert await bot.client.publish_audio(_quarter_second())
    assert time.monotonic() - began >= 0.24
    bot.client.open_mouth()
    caller.heard.clear()
    await bot.worker.queue_frame(OutputAudioRawFrame(bytes(_quarter_second().data), 24_000, 1))

    await until(lambda: strength(caller.all_heard(), 900.0) > 0.02, 5, "the open mouth")


def _quarter_second() -> rtc.AudioFrame:
    samples = np.round(8000 * np.sin(2 * np.pi * 900 * np.arange(6000) / 24_000)).astype(np.int16)
    return rtc.AudioFrame(samples.tobytes(), 24_000, 1, 6000)
