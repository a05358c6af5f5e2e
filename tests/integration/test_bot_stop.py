# pyright: reportPrivateUsage=false
"""Bots are stopped in every state, healthy and stuck, and nothing of them stays."""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from app.agent.stop_ladder import StopReport, StopRung
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.facts import AgentState
from tests.support.agents import IDENTITY, Talk, caller_for
from tests.support.bot_rooms import bot_file, bot_in, hosted
from tests.support.bots.corpus import Bots
from tests.support.livekit import silence, until_only
from tests.support.posted import report, until

ALLOWED_S = 12.0


async def stopped(talk: Talk) -> StopReport:
    stopping = talk.agent.stop()
    await until(stopping.done, ALLOWED_S + 1.0, "the stop")
    return stopping.result()


async def _gone(talk: Talk) -> None:
    while IDENTITY in await talk.present():  # noqa: ASYNC110  the server does not say it by itself
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "rung"),
    [
        ("raises_in_observer", StopRung.ENDED),
        ("swallows_end", StopRung.FORCED),
        ("swallows_all", StopRung.LEFT),
    ],
)
async def test_a_bot_is_gone_however_stuck_it_is(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path, name: str, rung: StopRung
):
    async with bot_in(livekit_server, room, bot_file(bots.written(name, tmp_path))) as talk:
        assert IDENTITY in await talk.present()
        ended = await stopped(talk)

        assert ended.rung is rung
        assert ended.took_s < ALLOWED_S
        assert ended.thread_ended
        await until_only(talk.server, talk.room)
        assert talk.states()[-2:] == [AgentState.STOPPING, AgentState.STOPPED]
        await until(lambda: not _agent_threads(), 3, "the end of its threads")


async def test_a_bot_that_blocks_its_loop_is_seen_and_out_of_the_room_within_a_second(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    bot = bot_file(bots.written("blocks_loop", tmp_path))
    async with bot_in(livekit_server, room, bot, {"BLOCK_S": "6"}) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        caller.ask(silence(0.5))
        await until(lambda: talk.sink.of(f.LoopBlocked), 10, "the block")
        (blocked,) = talk.sink.of(f.LoopBlocked)
        stopping = talk.agent.stop()
        asked = time.monotonic()
        await _gone(talk)
        gone_s = time.monotonic() - asked
        await until(stopping.done, ALLOWED_S, "the stop")
        await caller.leave()
        report(f"a blocked bot was out of the room after {gone_s:.2f} s")

        assert gone_s < 1.0
        assert "look_up_the_customer: time.sleep" in blocked.stack.splitlines()[-1]
        assert not blocked.over
        assert stopping.result().rung is StopRung.EVICTED
        await until(lambda: not _agent_threads(), 8, "the end of the thread")


async def test_a_bot_that_is_blocked_for_a_while_runs_on(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    bot = bot_file(bots.written("blocks_loop", tmp_path))
    async with bot_in(livekit_server, room, bot, {"BLOCK_S": "2"}) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        caller.ask(silence(0.5))
        await until(lambda: len(talk.sink.of(f.LoopBlocked)) == 2, 10, "the end of the block")
        await caller.leave()

        assert talk.sink.of(f.LoopBlocked)[1].over
        assert talk.states()[-1] is AgentState.LISTENING


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.3, 1.0])
async def test_a_bot_stopped_while_it_loads_never_comes_into_the_room(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path, delay_s: float
):
    program = bots.written("slow_loading", tmp_path)
    async with hosted(livekit_server, room, bot_file(program), {"LOAD_S": "2"}) as talk:
        joined = talk.agent.start()
        await asyncio.sleep(delay_s)
        ended = await stopped(talk)
        report(f"stopped {delay_s} s after its start: {ended.rung} after {ended.took_s:.2f} s")

        assert ended.rung is StopRung.CANCELLED
        assert ended.thread_ended
        await until_only(talk.server, talk.room)
        assert joined.done()
        assert not talk.sink.of(f.ConnectionChanged)


async def test_a_bot_that_raises_says_where(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    async with hosted(livekit_server, room, bot_file(bots.written("raises", tmp_path))) as talk:
        with pytest.raises(UserError) as failed:
            await asyncio.wait_for(asyncio.wrap_future(talk.agent.start()), 30)
        (state,) = [s for s in talk.sink.of(f.AgentStateChanged) if s.state is AgentState.FAILED]

    expected = "The bot failed in bot.py, line 17: ConfigError: CRM_URL is not set."
    assert failed.value.title == expected
    assert state.why.startswith(expected)


async def test_a_bot_that_was_changed_after_the_consent_does_not_run(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    program = bots.written("siblings_one", tmp_path)
    agreed = bot_file(program)
    helpers = program.with_name("helpers.py")
    helpers.write_text(helpers.read_text() + "\nimport os\n")
    async with hosted(livekit_server, room, agreed) as talk:
        with pytest.raises(UserError, match="changed since"):
            await asyncio.wait_for(asyncio.wrap_future(talk.agent.start()), 30)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One start and stop of a bot of the corpus."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_after_s: float | None = None
    """Stopped so long after its start was asked for; None waits until it is in the room."""


HEALTHY = Cycle("raises_in_observer")
CYCLES = (
    *[HEALTHY] * 12,
    *[Cycle("swallows_end")] * 4,
    *[Cycle("swallows_all")] * 2,
    *[Cycle("slow_loading", {"LOAD_S": "1.5"}, delay_s) for delay_s in (0.0, 0.1, 0.4, 1.0)],
    *[Cycle("raises_in_observer", {}, delay_s) for delay_s in (0.0, 0.02, 0.1, 0.2)],
    *[Cycle("blocks_loop", {"BLOCK_S": "3"})] * 2,
    *[HEALTHY] * 2,
)


@dataclass(slots=True)
class Figures:
    took_s: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def add(self, cycle: Cycle, ended: StopReport) -> None:
        self.took_s.setdefault(f"{cycle.name}: {ended.rung}", []).append(ended.took_s)

    def __str__(self) -> str:
        return "\n".join(
            f"{what}: n={len(times)}, {min(times):.2f} to {max(times):.2f} s"
            for what, times in self.took_s.items()
        )


@pytest.mark.timeout(400)
async def test_thirty_starts_and_stops_leave_nothing_behind(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    assert len(CYCLES) == 30
    programs = {name: bots.written(name, tmp_path) for name in {c.name for c in CYCLES}}
    figures = Figures()
    for cycle in (HEALTHY, CYCLES[-3]):
        # They make what is made once in a process, LiveKit's machinery for a caller's microphone too.
        await _once(livekit_server, f"{room}-{cycle.name}", programs[cycle.name], cycle)
    modules_before, files_before = _modules(), _files()
    for number, cycle in enumerate(CYCLES):
        ended = await _once(livekit_server, f"{room}-{number}", programs[cycle.name], cycle)
        figures.add(cycle, ended)
    await until(lambda: not _agent_threads(), 5, "the end of all threads")
    report(str(figures))

    assert _files() <= files_before + 1
    assert _modules() <= modules_before


async def _once(server: ServerAccess, room: str, program: Path, cycle: Cycle) -> StopReport:
    async with hosted(server, room, bot_file(program), cycle.variables) as talk:
        joined = talk.agent.start()
        if cycle.stop_after_s is None:
            await asyncio.wait_for(asyncio.wrap_future(joined), 30)
        else:
            await asyncio.sleep(cycle.stop_after_s)
        if cycle.name == "blocks_loop":
            await _block(talk, server, room)
        loop = talk.agent._run._thread.loop
        ended = await stopped(talk)
        assert ended.took_s < ALLOWED_S
        assert ended.thread_ended
        assert loop.is_closed()
        await until_only(talk.server, talk.room)
        return ended


async def _block(talk: Talk, server: ServerAccess, room: str) -> None:
    caller = caller_for(server, room)
    await caller.join()
    caller.ask(silence(0.5))
    await until(lambda: talk.sink.of(f.LoopBlocked), 10, "the block")
    await caller.leave()


def _files() -> int:
    gc.collect()
    return psutil.Process().num_fds()


def _modules() -> set[str]:
    return {name for name in sys.modules if name.startswith("greenroom_bot_")}


def _agent_threads() -> list[threading.Thread]:
    ours = ("agent", "stop", "load")
    return [thread for thread in threading.enumerate() if thread.name.startswith(ours)]
