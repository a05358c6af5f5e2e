"""The second server that stands for a self-hosted one in tests: it dies, freezes and comes back as told."""

import pytest

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.media.rooms import Rooms
from tests.support.livekit import self_hosted_server


async def test_is_another_server_than_our_own(
    livekit_server: ServerAccess, self_hosted: ServerAccess
) -> None:
    await Rooms(self_hosted).create("elsewhere")

    assert "elsewhere" not in {room.name for room in await Rooms(livekit_server).listed()}
    await Rooms(self_hosted).delete("elsewhere")


async def test_goes_away_and_comes_back() -> None:
    with self_hosted_server() as server:
        rooms = Rooms(server.access, deadline_s=0.5)
        server.kill()
        with pytest.raises(UserError, match="No LiveKit server answers"):
            await rooms.listed()
        server.start()
        assert await rooms.listed() == []
        server.freeze()
        with pytest.raises(UserError, match="did not answer"):
            await rooms.listed()
        server.thaw()
        assert await rooms.listed() == []


async def test_changes_its_key() -> None:
    with self_hosted_server() as server:
        old = server.access
        server.change_key()

        assert await Rooms(server.access).listed() == []
        with pytest.raises(UserError, match="rejects the API key"):
            await Rooms(old).listed()
