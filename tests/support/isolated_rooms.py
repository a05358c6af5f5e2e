"""A bot in a process of its own, in a real room."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.agent.isolated.agent import IsolatedAgent
from app.agent.stop_ladder import StopReport
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.bot_files import BotFile, Isolation
from app.domain.call import Call
from app.domain.facts import AgentState
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.loop_thread import LoopThread
from tests.support.agents import CLOCK, IDENTITY
from tests.support.bot_rooms import bot_file
from tests.support.posted import Posted, until

ALLOWED_S = 12.0


def isolated_file(program: Path, greets_after_s: float | None = 1.0) -> BotFile:
    """The bot at `program`, agreed to as it is now."""
    return replace(bot_file(program, greets_after_s), isolation=Isolation.ISOLATED)


@dataclass(slots=True)
class IsolatedTalk:
    """One isolated bot, the room it is in, and what it told."""

    server: ServerAccess
    room: str
    agent: IsolatedAgent
    sink: Posted
    evictions: list[float]

    @property
    def pid(self) -> int:
        assert self.agent.pid is not None
        return self.agent.pid

    def call(self) -> Call:
        call = Call()
        call.apply(list(self.sink.facts))
        return call

    def states(self) -> list[AgentState]:
        return [fact.state for fact in self.sink.of(f.AgentStateChanged)]

    def why(self) -> str:
        return self.sink.of(f.AgentStateChanged)[-1].why

    async def answers(self, count: int, within_s: float = 20.0) -> None:
        """Wait until the agent has finished speaking this many times."""
        await until(
            lambda: len(self.sink.of(f.AgentSpeechStopped)) >= count, within_s, f"{count} answers"
        )

    async def present(self) -> list[str]:
        return [who.identity for who in await Rooms(self.server).people(self.room)]

    async def stopped(self) -> StopReport:
        stopping = self.agent.stop()
        assert self.agent.stop() is stopping
        await until(stopping.done, ALLOWED_S + 1.0, "the stop")
        return stopping.result()


def is_alive(pid: int) -> bool:
    """Whether this process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def session_of(leader: int) -> list[int]:
    """The processes of a session that run; who adopts a zombie may leave it."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == leader and is_alive(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@asynccontextmanager
async def isolated_in(
    server: ServerAccess,
    room: str,
    bot: BotFile,
    *,
    environment: Mapping[str, str] | None = None,
    python: Path | None = None,
    joins: bool = True,
) -> AsyncGenerator[IsolatedTalk]:
    """A bot that is in the room (where it `joins`), and is stopped at the end if it still runs."""
    sink = Posted()
    evictions: list[float] = []
    admin = LoopThread("admin of the tests")
    admin.start()

    def evict() -> "Future[None]":
        evictions.append(CLOCK.now())
        return admin.submit(Rooms(server).remove_participant(room, IDENTITY))

    agent = IsolatedAgent(
        bot,
        tokens.agent_access(server, room, IDENTITY),
        sink=sink,
        clock=CLOCK,
        evict=evict,
        environment=environment or {},
        python=python,
    )
    try:
        joined = agent.start()
        if joins:
            await asyncio.wait_for(asyncio.wrap_future(joined), 60)
        yield IsolatedTalk(server, room, agent, sink, evictions)
    finally:
        await asyncio.wait_for(asyncio.wrap_future(agent.stop()), 20)
        assert admin.stop()
