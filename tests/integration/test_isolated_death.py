"""Bots in processes of their own that die, and panels that do."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from app.agent.stop_ladder import StopRung
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.media import tokens
from app.media.rooms import Rooms
from tests.support.agents import IDENTITY, caller_for
from tests.support.bots.corpus import Bots
from tests.support.isolated_rooms import (
    IsolatedTalk,
    is_alive,
    isolated_file,
    isolated_in,
    session_of,
)
from tests.support.livekit import until_only
from tests.support.posted import report, until

REASON_S = 2.0
GONE_S = 1.0
KEY = "key-of-the-isolated-bot-0123456789"
QUIET = """\
import ctypes, os, subprocess, sys, threading, time
from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

class Ear(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            open("heard", "w").close()
            hears()
        await self.push_frame(frame, direction)

def hears():
    pass

{more}

async def bot(runner_args):
    params = {{"webrtc": lambda: TransportParams(audio_in_enabled=True, audio_out_enabled=True)}}
    transport = await create_transport(runner_args, params)
    worker = PipelineWorker(Pipeline([transport.input(), Ear(), transport.output()]))
    runner = WorkerRunner(handle_sigint=runner_args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()
"""
"""A bot that needs no provider, joins and hears."""
CHILD_OF_BOT = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
HOLDS_THE_GIL = """
held = []
def hears():
    held.append(1)
    ctypes.PyDLL(None).sleep(6 if len(held) == 1 else 600)
"""
TALKS_A_LOT = """
def talk():
    while True:
        print("chatter " * 20)
        os.write(2, b"x" * 5000 + b"\\n")
threading.Thread(target=talk, daemon=True).start()
"""


def quiet(folder: Path, more: str = "") -> Path:
    program = folder / "bot.py"
    program.write_text(QUIET.format(more=more))
    return program


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def leftovers() -> list[str]:
    names = ("process of", "stop ", "agent")
    return [t.name for t in threading.enumerate() if t.name.startswith(names)]


async def gone_after(talk: IsolatedTalk) -> float:
    """Seconds until the agent is out of its room."""
    began = time.monotonic()
    while IDENTITY in await talk.present():
        assert time.monotonic() - began < 30
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def failed_after(talk: IsolatedTalk) -> float:
    began = time.monotonic()
    await until(lambda: AgentState.FAILED in talk.states(), 30, "the failure")
    return time.monotonic() - began


async def test_a_killed_bot_is_out_of_its_room_at_once_and_the_reason_is_told(
    livekit_server: ServerAccess, room: str, tmp_path: Path
):
    async with isolated_in(livekit_server, room, isolated_file(quiet(tmp_path))) as talk:
        assert IDENTITY in await talk.present()
        os.kill(talk.pid, signal.SIGKILL)
        gone_s, reason_s = await asyncio.gather(gone_after(talk), failed_after(talk))
        report(f"out of the room after {gone_s:.2f} s, reason after {reason_s:.2f} s: {talk.why()}")

        assert gone_s < GONE_S
        assert reason_s < REASON_S
        assert "killed (SIGKILL)" in talk.why()
        with pytest.raises(UserError, match="not running"):
            talk.agent.type_as_caller("Hello?").result(1)
        assert (await talk.stopped()).rung is StopRung.ENDED
        assert talk.states()[-1] is AgentState.FAILED


async def test_a_bot_that_exits_says_its_code_and_what_it_wrote_last(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    bot = isolated_file(bots.written("exits", tmp_path))
    async with isolated_in(livekit_server, room, bot) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        assert await failed_after(talk) < 10
        gone_s = await gone_after(talk)
        await caller.leave()
        report(talk.why())

        assert gone_s < GONE_S
        assert "ended with code 3" in talk.why()
        assert "no license" in talk.why()


@pytest.mark.parametrize(
    "name", ["blocks_loop", "swallows_end", "swallows_all", "raises_in_observer"]
)
async def test_a_stuck_bot_is_gone_within_twelve_seconds(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path, name: str
):
    bot = isolated_file(bots.written(name, tmp_path))
    async with isolated_in(livekit_server, room, bot) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        if name == "blocks_loop":
            await until(lambda: talk.sink.of(f.LoopBlocked), 15, "the block")
            assert "look_up_the_customer" in talk.sink.of(f.LoopBlocked)[0].stack
        pid = talk.pid
        stopped = await talk.stopped()
        report(f"{name}: {stopped}")
        await until_only(talk.server, talk.room, "caller")
        await caller.leave()

        assert stopped.took_s < 12
        assert stopped.thread_ended
        assert session_of(pid) == []
        assert talk.states()[-2:] == [AgentState.STOPPING, AgentState.STOPPED]


async def test_a_bot_that_lets_nothing_of_its_process_run_is_told_and_killed(
    livekit_server: ServerAccess, room: str, tmp_path: Path
):
    bot = isolated_file(quiet(tmp_path, f"{CHILD_OF_BOT}\n{HOLDS_THE_GIL}"))
    async with isolated_in(livekit_server, room, bot) as talk:
        pid = talk.pid
        assert len(session_of(pid)) == 2
        caller = caller_for(livekit_server, room)
        await caller.join()
        await until((tmp_path / "heard").exists, 10, "the caller's voice")
        began = time.monotonic()
        await until(lambda: talk.sink.of(f.LoopBlocked), 10, "the silence")
        told_s = time.monotonic() - began
        await until(lambda: len(talk.sink.of(f.LoopBlocked)) == 3, 15, "the next silence")
        stopped = await talk.stopped()
        report(f"told after {told_s:.1f} s, {stopped}")
        await caller.leave()

        silent, over, again = talk.sink.of(f.LoopBlocked)
        assert told_s < 7
        assert silent.whole
        assert silent.stack.endswith("in hears")
        assert over.over
        assert over.whole
        assert again.whole

        assert stopped.rung is StopRung.KILLED
        assert stopped.took_s < 5
        assert session_of(pid) == []


async def test_a_bot_that_raises_says_so(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    bot = isolated_file(bots.written("raises", tmp_path))
    async with isolated_in(livekit_server, room, bot, joins=False) as talk:
        await failed_after(talk)
        assert "bot.py, line" in talk.why()
        assert (await talk.stopped()).rung is StopRung.ENDED


async def test_a_start_that_is_stopped_leaves_nobody_behind(
    livekit_server: ServerAccess, room: str, tmp_path: Path
):
    bot = isolated_file(quiet(tmp_path, CHILD_OF_BOT))
    for delay_s in (0.0, 0.05, 0.3, 1.0, 2.0, 2.5):
        async with isolated_in(livekit_server, room, bot, joins=False) as talk:
            await asyncio.sleep(delay_s)
            pid = talk.agent.pid
            stopped = await talk.stopped()
            report(f"stopped {delay_s} s after its start: {stopped}")

            assert stopped.took_s < 12
            await until_only(talk.server, talk.room)
            assert pid is None or session_of(pid) == []


async def test_no_key_is_where_others_could_read_it(
    livekit_server: ServerAccess, room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen = tmp_path / "seen.json"
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-panel-0123456789")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret-of-the-panel-0123456789")
    more = f"import json; json.dump(dict(os.environ), open({str(seen)!r}, 'w'))"
    environment = {"DEEPGRAM_API_KEY": KEY}
    bot = isolated_file(quiet(tmp_path, more))
    async with isolated_in(livekit_server, room, bot, environment=environment) as talk:
        argv = " ".join(psutil.Process(talk.pid).cmdline())
        outside = str(psutil.Process(talk.pid).environ())
    inside = json.loads(seen.read_text())

    assert inside["DEEPGRAM_API_KEY"] == KEY
    assert {"PATH", "HOME"} <= inside.keys()
    assert not {"OPENAI_API_KEY", "LIVEKIT_API_SECRET"} & inside.keys()
    for text in (argv, outside):
        assert KEY not in text
        assert "of-the-panel" not in text
        assert "eyJ" not in text


@pytest.mark.timeout(400)
async def test_thirty_starts_and_stops_leave_nothing(
    livekit_server: ServerAccess, room: str, tmp_path: Path
):
    bot = isolated_file(quiet(tmp_path, CHILD_OF_BOT))
    before = 0
    for count in range(30):
        async with isolated_in(livekit_server, room, bot, joins=count % 3 != 2) as talk:
            if count % 3 == 1:
                os.kill(talk.pid, signal.SIGKILL)
            pid = talk.agent.pid
            await talk.stopped()
            assert pid is None or session_of(pid) == []
        if count == 2:
            before = descriptors()
    assert descriptors() <= before
    assert leftovers() == []
    assert not [
        child for child in psutil.Process().children() if "child.py" in str(child.cmdline())
    ]
    assert IDENTITY not in [who.identity for who in await Rooms(livekit_server).people(room)]


async def test_a_chatty_bot_neither_blocks_nor_fills_anything(
    livekit_server: ServerAccess,
    room: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    bot = isolated_file(quiet(tmp_path, TALKS_A_LOT))
    async with isolated_in(livekit_server, room, bot) as talk:
        await until(lambda: _told_drops(caplog), 10, "lines that are not logged")
        stopped = await talk.stopped()
    assert stopped.rung is StopRung.ENDED
    lines = [record for record in caplog.records if record.name == "bot"]
    assert len(lines) < 4000
    assert max(len(record.getMessage()) for record in lines) < 1100


def _told_drops(caplog: pytest.LogCaptureFixture) -> bool:
    return any("lines more than are logged" in r.getMessage() for r in [*caplog.records])


PANEL = """\
import sys, json, time
from concurrent.futures import Future
from pathlib import Path
from app.agent.isolated.agent import IsolatedAgent
from app.domain.access import RoomAccess
from app.runtime.clock import AnchoredClock
from tests.support.isolated_rooms import isolated_file
from tests.support.posted import Posted

def nobody():
    done = Future()
    done.set_result(None)
    return done

program, *access = json.loads(sys.stdin.readline())
agent = IsolatedAgent(
    isolated_file(Path(program)), RoomAccess(*access), sink=Posted(), clock=AnchoredClock(), evict=nobody
)
agent.start().result(60)
print(agent.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("more", ["", CHILD_OF_BOT, "def hears():\n    time.sleep(30)"])
async def test_a_bot_ends_with_a_panel_that_is_killed(
    livekit_server: ServerAccess, room: str, tmp_path: Path, more: str
):
    access = tokens.agent_access(livekit_server, room, IDENTITY)
    told = [str(quiet(tmp_path, more)), access.url, access.room, access.identity, access.token]
    panel = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PANEL, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert panel.stdin is not None
    assert panel.stdout is not None
    panel.stdin.write(json.dumps(told).encode() + b"\n")
    pid = int(await panel.stdout.readline())
    caller = caller_for(livekit_server, room)
    await caller.join()
    await until((tmp_path / "heard").exists, 10, "the caller's voice")
    assert is_alive(pid)
    panel.kill()
    began = time.monotonic()
    await panel.wait()
    await until(lambda: not session_of(pid), 15, "the end of the bot's session")
    report(f"ended {time.monotonic() - began:.1f} s after its panel")
    await caller.leave()
    if "sleep(30)" not in more:
        assert IDENTITY not in [who.identity for who in await Rooms(livekit_server).people(room)]
