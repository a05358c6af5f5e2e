"""What the embedded server tells of its rooms, and what is not believed."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit import api

from app.domain.access import ServerAccess
from app.media.rooms import Rooms
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.media.webhooks import Webhooks
from app.runtime.clock import AnchoredClock
from tests.support.posted import until

SERVER = ServerAccess("ws://127.0.0.1:1", "somebody", "s" * 40)


async def test_the_embedded_server_tells_of_its_rooms() -> None:
    server = EmbeddedServer(find_livekit_server(), AnchoredClock())
    access = await server.start()
    told: list[str] = []
    stop_hearing = server.add_room_listener(told.append)

    await Rooms(access).create("attic")
    await until(lambda: "attic" in told, 2, "the news of a room")
    stop_hearing()
    told.clear()
    await Rooms(access).delete("attic")
    await server.stop()

    assert not told


class Post:
    """Sends what a server sends."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, body: str, signed: str, secret: str = SERVER.api_secret) -> int:
        """Post `body` beside a token that signs `signed`; returns the status."""
        digest = base64.b64encode(hashlib.sha256(signed.encode()).digest()).decode()
        token = api.AccessToken(SERVER.api_key, secret).with_sha256(digest).to_jwt()
        async with (
            aiohttp.ClientSession() as http,
            http.post(self._url, data=body, headers={"Authorization": token}) as answer,
        ):
            return answer.status


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def post(told: list[tuple[str, str]]) -> AsyncIterator[Post]:
    webhooks = Webhooks(lambda kind, room: told.append((kind, room)))
    url = await webhooks.listen("127.0.0.1")
    webhooks.believe(SERVER)
    yield Post(url)
    await webhooks.close()


EVENT = '{"event": "room_started", "id": "EV_1", "room": {"name": "attic"}}'


async def test_an_event_that_comes_twice_is_told_once(
    post: Post, told: list[tuple[str, str]]
) -> None:
    statuses = await asyncio.gather(post.send(EVENT, EVENT), post.send(EVENT, EVENT))

    assert statuses == [200, 200]
    assert told == [("room_started", "attic")]


async def test_what_the_key_has_not_signed_is_not_believed(
    post: Post, told: list[tuple[str, str]]
) -> None:
    changed = EVENT.replace("attic", "cellar")

    assert await post.send(changed, EVENT) == 401
    assert await post.send(EVENT, EVENT, secret="t" * 40) == 401
    assert await post.send("no event", "no event") == 401
    assert not told
