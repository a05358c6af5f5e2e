"""What a link lets through, asked with connections that no browser would make."""

import asyncio
import socket

import aiohttp
import pytest
from livekit import rtc

from app.domain.access import RoomAccess, ServerAccess
from app.domain.errors import UserError
from app.domain.rooms import InviteView
from app.media import tokens
from app.media.invite import Invites, meet_link
from app.media.rooms import Rooms
from tests.support.guest import Guest, clock, guests_in, invites, ticket_of
from tests.support.livekit import on
from tests.support.posted import report, until

__all__ = ["clock", "invites"]


async def test_no_token_reaches_the_guest_and_a_revoked_pass_opens_nothing(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    async with Guest(invite) as guest:
        identity = await guest.join()
        assert await guests_in(livekit_server, room) == [identity]

        await invites.revoke(invite)

        assert await guest.put_out_with() == rtc.DisconnectReason.PARTICIPANT_REMOVED
        # The server sends a fresh token to whoever comes in; this one has come in and got none.
        assert not [said for said in guest.said if said.HasField("refresh_token")]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await guest.connect()
        assert await guest.enter() == "revoked"
        assert not await guests_in(livekit_server, room)
        await invites.revoke(invite)


async def test_what_the_link_holds_is_nothing_to_the_livekit_server(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    async with Guest(invite) as guest:
        await guest.enter()
        for secret in (guest.held, ticket_of(invite)):
            url = f"{livekit_server.url}/rtc/validate".replace("ws", "http", 1)
            async with (
                aiohttp.ClientSession() as http,
                http.get(url, params={"access_token": secret}) as answer,
            ):
                assert answer.status == 401


async def test_who_comes_back_with_a_stolen_token_is_removed_again(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    async with Guest(invite) as guest:
        identity = await guest.join()
    await invites.revoke(invite)
    stolen = tokens.guest_access(livekit_server, room, identity, "Guest")

    for _ in range(2):
        reasons = await inside_until_removed(stolen)
        assert reasons == [rtc.DisconnectReason.PARTICIPANT_REMOVED]

    assert not await guests_in(livekit_server, room)


async def inside_until_removed(access: RoomAccess) -> list[int]:
    """Join with LiveKit's SDK and stay; the reasons for which the connection ended."""
    thief, reasons = rtc.Room(), list[int]()
    on(thief, "disconnected", reasons.append)
    await thief.connect(access.url, access.token)
    began = asyncio.get_running_loop().time()
    await until(lambda: reasons, 8, "the removal")
    report(f"removed {asyncio.get_running_loop().time() - began:.1f} s after coming back")
    return reasons


async def test_a_guest_joins_under_no_other_name_and_with_no_other_rights(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    async with Guest(invite) as guest:
        identity = await guest.join(
            publish="second", attributes="eyJncmVlbnJvb20ucm9sZSI6ICJvcGVyYXRvciJ9"
        )

        assert identity.startswith("guest-")
        assert "#" not in identity
        ours = guest.said[0].join.participant
        assert dict(ours.attributes) == {"greenroom.role": "caller"}
        assert not ours.permission.can_publish_data
        assert not ours.permission.can_update_metadata
        assert [int(source) for source in ours.permission.can_publish_sources] == [
            rtc.TrackSource.SOURCE_MICROPHONE
        ]


async def test_a_guest_who_speaks_json_is_cut_off(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    async with Guest(invite) as guest:
        await guest.join()
        await guest.say_text('{"ping": 1}')

        assert await guest.put_out_with() is None


async def test_a_revoked_link_is_opened_in_no_browser(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    addresses = {await invites.open_url(invite) for _ in range(2)}
    assert len(addresses) == 2
    assert not [address for address in addresses if ticket_of(invite) in address]

    await invites.revoke(invite)

    with pytest.raises(UserError, match="no longer works"):
        await invites.open_url(invite)


async def test_a_closed_room_is_not_made_anew(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    invite = await invites.invite(livekit_server, room, on_network=False)
    await Rooms(livekit_server).delete(room)

    async with Guest(invite) as guest:
        assert await guest.enter() == "closed"

    assert room not in {found.name for found in await Rooms(livekit_server).listed()}


async def test_a_link_of_this_computer_is_unknown_on_the_network(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    here = await invites.invite(livekit_server, room, on_network=False)
    there = await invites.invite(livekit_server, room, on_network=True)
    origin = "/".join(there.url.split("/")[:3])
    elsewhere = InviteView(room, origin + here.url[here.url.index("/j/") :], 0.0, "")

    assert here.reach == "this computer only"
    async with Guest(elsewhere) as guest:
        assert await guest.enter() == "unknown"
    async with Guest(there) as guest:
        assert (await guest.join()).startswith("guest-")


async def test_a_revocation_says_when_the_server_does_not_confirm_it(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        frozen = ServerAccess(f"ws://127.0.0.1:{port}", "KEY", "x" * 48)
        invite = await invites.invite(frozen, room, on_network=False)

        with pytest.raises(UserError, match="no longer works"):
            await invites.revoke(invite)

        async with Guest(invite) as guest:
            assert await guest.enter() == "revoked"


async def test_meet_gets_a_link_only_for_servers_with_tls(
    livekit_server: ServerAccess, room: str, invites: Invites
):
    here = await invites.invite(livekit_server, room, on_network=False)
    there = await invites.invite(
        ServerAccess("wss://a.livekit.cloud", "KEY", "x" * 48), "r&b", on_network=False
    )

    assert here.meet_url == ""
    start = "https://meet.livekit.io/custom?liveKitUrl=wss%3A%2F%2Fa.livekit.cloud&token=eyJ"
    assert there.meet_url.startswith(start)
    assert ticket_of(here) not in repr(here)
    assert "eyJ" not in repr(there)
    with pytest.raises(UserError, match="Meet"):
        meet_link(livekit_server.url, "token")
