"""The rooms of a server, through its API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.rooms import PersonKind
from app.media import tokens
from app.media.rooms import Rooms
from tests.support.livekit import Participant
from tests.support.posted import until


async def test_shows_who_is_in_a_room_and_puts_them_out(
    livekit_server: ServerAccess, room: str
) -> None:
    rooms = Rooms(livekit_server)
    guest = Participant(tokens.caller_access(livekit_server, room, "guest", "Ann"))
    bot = Participant(tokens.agent_access(livekit_server, room, "agent"))
    await guest.join()
    await bot.join()

    inside = await rooms.people(room)
    await rooms.remove_participant(room, "guest")
    await until(lambda: not guest.room.isconnected(), 5, "the removal")

    assert {(who.identity, who.name, who.kind) for who in inside} == {
        ("agent", "agent", PersonKind.AGENT),
        ("guest", "Ann", PersonKind.PERSON),
    }
    assert [found.identity for found in await rooms.people(room)] == ["agent"]
    await bot.leave()
    await guest.leave()


async def test_opens_lists_and_closes(livekit_server: ServerAccess) -> None:
    rooms = Rooms(livekit_server)

    await rooms.create("attic")
    await rooms.create("attic")
    assert "attic" in {found.name for found in await rooms.listed()}
    await rooms.delete("attic")
    await rooms.delete("attic")

    assert "attic" not in {found.name for found in await rooms.listed()}


async def test_removing_somebody_who_has_left_is_no_error(
    livekit_server: ServerAccess, room: str
) -> None:
    await Rooms(livekit_server).remove_participant(room, "nobody")


async def test_says_that_the_key_is_wrong(livekit_server: ServerAccess) -> None:
    rooms = Rooms(ServerAccess(livekit_server.url, "somebody", "x" * 40))

    with pytest.raises(UserError, match=r"Could not open the room.*rejects the API key"):
        await rooms.create("attic")


async def test_says_that_there_is_no_server() -> None:
    rooms = Rooms(ServerAccess("ws://127.0.0.1:1", "somebody", "x" * 40))

    with pytest.raises(UserError, match=r"No LiveKit server answers at ws://127\.0\.0\.1:1"):
        await rooms.listed()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def keep_waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def answer_404(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
    await writer.drain()
    writer.close()


@pytest.fixture
async def other_server(request: pytest.FixtureRequest) -> AsyncIterator[ServerAccess]:
    """Something that is no LiveKit server."""
    handler: Handler = request.param
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield ServerAccess(f"ws://127.0.0.1:{port}", "somebody", "x" * 40)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("other_server", [keep_waiting], indirect=True)
async def test_does_not_wait_for_ever(other_server: ServerAccess) -> None:
    with pytest.raises(UserError, match=r"did not answer within 0\.3 s"):
        await Rooms(other_server, deadline_s=0.3).listed()


@pytest.mark.parametrize("other_server", [answer_404], indirect=True)
async def test_says_that_it_is_no_livekit_server(other_server: ServerAccess) -> None:
    with pytest.raises(UserError, match="not a LiveKit server"):
        await Rooms(other_server).listed()
