"""A bot in a real room, as the panel runs it in its own process."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path

from app.agent.bot.project import content_sha256
from app.agent.host import NO_VARIABLES, Agent
from app.domain.access import ServerAccess
from app.domain.bot_files import BotFile
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.loop_thread import LoopThread
from tests.support.agents import CLOCK, IDENTITY, Talk
from tests.support.posted import Posted

STARTS_S = 60.0
STOPS_S = 20.0


def bot_file(path: Path, greets_after_s: float | None = 1.0) -> BotFile:
    """This program, agreed to as it is now."""
    return BotFile(
        id=path.parent.name,
        name=path.parent.name,
        path=path,
        sha256=content_sha256(path.resolve()),
        greets_after_s=greets_after_s,
    )


@asynccontextmanager
async def hosted(
    server: ServerAccess, room: str, bot: BotFile, environment: Mapping[str, str] = NO_VARIABLES
) -> AsyncGenerator[Talk]:
    """An agent that has not been started, and is stopped at the end."""
    sink = Posted()
    admin = LoopThread("admin of the tests")
    admin.start()

    def evict() -> "Future[None]":
        return admin.submit(Rooms(server).remove_participant(room, IDENTITY))

    access = tokens.agent_access(server, room, IDENTITY)
    agent = Agent(bot, access, sink=sink, clock=CLOCK, evict=evict, environment=environment)
    try:
        yield Talk(server, room, agent, sink)
    finally:
        await asyncio.wait_for(asyncio.wrap_future(agent.stop()), STOPS_S)
        assert admin.stop()


@asynccontextmanager
async def bot_in(
    server: ServerAccess, room: str, bot: BotFile, environment: Mapping[str, str] = NO_VARIABLES
) -> AsyncGenerator[Talk]:
    """An agent that is in the room, and is stopped at the end if it still runs."""
    async with hosted(server, room, bot, environment) as talk:
        await asyncio.wait_for(asyncio.wrap_future(talk.agent.start()), STARTS_S)
        yield talk
