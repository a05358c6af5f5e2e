# pyright: reportUnknownMemberType=false
"""What Greenroom does for a bot in a room without the bot's knowledge."""

import asyncio
import json
from pathlib import Path

import pytest
from livekit import api, rtc

from app.domain import facts as f
from app.domain.access import RoomAccess, ServerAccess
from app.domain.facts import AgentState
from app.media.rooms import Rooms
from tests.support.agents import IDENTITY, Speaker, Talk
from tests.support.bot_rooms import bot_file, bot_in
from tests.support.livekit import silence
from tests.support.posted import until

WAITS_FOR_CLIENT = """
from pipecat.frames.frames import LLMMessagesAppendFrame, StartFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.workers.runner import WorkerRunner


class Listener(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMMessagesAppendFrame):
            await self.worker.rtvi.send_server_message({"typed": frame.messages[0]["content"]})
        await self.push_frame(frame, direction)


async def bot(args):
    params = LiveKitParams(audio_in_enabled=True, audio_out_enabled=True)
    transport = LiveKitTransport(args.url, args.token, args.room_name, params=params)
    listener = Listener()
    worker = PipelineWorker(
        Pipeline([transport.input(), listener, transport.output()]), idle_timeout_secs=1
    )
    listener.worker = worker
    greetings = []

    @worker.rtvi.event_handler("on_client_ready")
    async def on_client_ready(rtvi):
        greetings.append(1)
        await rtvi.send_server_message({"greeting": len(greetings)})

    runner = WorkerRunner(handle_sigint=args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()
"""
CLIENT_READY = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "1",
    "data": {"version": "1.0.0", "about": {"library": "tests"}},
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "bot.py"
    path.write_text(WAITS_FOR_CLIENT)
    return path


class Client:
    """A caller that can speak RTVI."""

    def __init__(self, server: ServerAccess, room: str) -> None:
        token = api.AccessToken(server.api_key, server.api_secret).with_identity("caller")
        token.with_grants(api.VideoGrants(room_join=True, room=room, can_publish_data=True))
        self.caller = Speaker(RoomAccess(server.url, room, "caller", token.to_jwt()))
        self.kinds: list[str] = []
        self.caller.room.on("data_received", self._take)

    async def ready(self) -> None:
        await self.caller.room.local_participant.publish_data(json.dumps(CLIENT_READY))

    def _take(self, packet: rtc.DataPacket) -> None:
        self.kinds.append(str(json.loads(packet.data).get("type")))


def told(talk: Talk) -> list[str]:
    return [fact.text for fact in talk.sink.of(f.AppMessageSent)]


async def test_a_greeting_that_waits_for_a_client_is_set_off_once(
    livekit_server: ServerAccess, room: str, program: Path
):
    async with bot_in(livekit_server, room, bot_file(program, greets_after_s=0.3)) as talk:
        client = Client(livekit_server, room)
        await client.caller.join()
        await until(lambda: told(talk), 5, "the greeting")
        await until(lambda: client.kinds.count("bot-ready") == 1, 5, "the word that it is ready")
        await client.ready()
        await until(lambda: client.kinds.count("bot-ready") == 2, 5, "the answer to the client")
        talk.agent.type_as_caller("Anybody there?").result(5)
        await until(lambda: len(told(talk)) == 2, 5, "what was typed")
        await client.caller.leave()

    (greeting, _) = talk.sink.of(f.AppMessageSent)
    assert (greeting.kind, greeting.text) == ("server-message", '{"greeting": 1}')
    assert told(talk) == ['{"greeting": 1}', '{"typed": "Anybody there?"}']
    (typed,) = talk.sink.of(f.CallerSaid)
    assert (typed.text, typed.typed) == ("Anybody there?", True)


async def test_a_client_that_is_ready_in_time_sets_it_off_itself(
    livekit_server: ServerAccess, room: str, program: Path
):
    async with bot_in(livekit_server, room, bot_file(program, greets_after_s=2.0)) as talk:
        client = Client(livekit_server, room)
        await client.caller.join()
        await client.ready()
        await until(lambda: told(talk), 1.5, "the greeting")
        await asyncio.sleep(2.5)
        await client.caller.leave()

    assert told(talk) == ['{"greeting": 1}']


async def test_with_the_switch_off_it_waits_and_a_silent_call_does_not_end(
    livekit_server: ServerAccess, room: str, program: Path
):
    async with bot_in(livekit_server, room, bot_file(program, greets_after_s=None)) as talk:
        client = Client(livekit_server, room)
        await client.caller.join()
        client.caller.ask(silence(0.1))
        await asyncio.sleep(3.0)
        await client.caller.leave()

        assert told(talk) == []
        assert talk.states() == [AgentState.STARTING, AgentState.LISTENING]
        # Our own connection is used, though the bot has made the transport by itself.
        assert [fact.state for fact in talk.sink.of(f.ConnectionChanged)] == ["connected"]


async def test_a_bot_that_is_thrown_out_says_why_and_ends(
    livekit_server: ServerAccess, room: str, program: Path
):
    async with bot_in(livekit_server, room, bot_file(program)) as talk:
        await Rooms(livekit_server).remove_participant(room, IDENTITY)
        await until(lambda: AgentState.FAILED in talk.states(), 10, "the failure")
        (failed,) = [s for s in talk.sink.of(f.AgentStateChanged) if s.state is AgentState.FAILED]

    assert failed.why == "The agent has gone. It was removed from the room."


SETUP = """
import os
from pathlib import Path

async def setup_worker_runner(runner):
    Path(os.environ["SEEN"]).with_suffix(".runner").write_text(type(runner).__name__)

async def setup_pipeline_worker(worker):
    Path(os.environ["SEEN"]).write_text(type(worker).__name__)
"""


def _load_env_first(program: Path) -> None:
    head = "from dotenv import load_dotenv\nload_dotenv(override=True)\n"
    program.write_text(head + WAITS_FOR_CLIENT)


async def test_the_users_own_setup_files_still_run(
    livekit_server: ServerAccess, room: str, program: Path, tmp_path: Path
):
    (tmp_path / "mine.py").write_text(SETUP)
    env = f"PIPECAT_SETUP_FILES={tmp_path / 'mine.py'}\nSEEN={tmp_path / 'seen'}\n"
    (tmp_path / ".env").write_text(env)
    _load_env_first(program)
    async with bot_in(livekit_server, room, bot_file(program)) as talk:
        assert talk.sink.of(f.StartupTimed)

    assert (tmp_path / "seen").read_text() == "PipelineWorker"
    assert (tmp_path / "seen.runner").read_text() == "WorkerRunner"


async def test_what_cannot_be_attached_is_said_and_the_bot_runs_on(
    livekit_server: ServerAccess, room: str, program: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise AttributeError("no such thing in this Pipecat")

    monkeypatch.setattr("app.agent.bot.attaching.greet_without_client", fail)
    async with bot_in(livekit_server, room, bot_file(program)) as talk:
        (trouble,) = talk.sink.of(f.TroubleFound)

        assert trouble.what == (
            "Greenroom could not set off its greeting "
            "(AttributeError: no such thing in this Pipecat)."
        )
        assert talk.states()[-1] is AgentState.LISTENING
