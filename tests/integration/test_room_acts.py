"""Every act on rooms and people, on a server of somebody else's, checked through the server's own API."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from livekit import api, rtc
from livekit.protocol import models
from livekit.protocol import room as wire

from app.domain.access import RoomAccess, ServerAccess
from app.domain.errors import UserError
from app.domain.rooms import PERMISSIONS_SHOWN, NewRoom, PersonKind, PersonView
from app.media import tokens
from app.media.room_views import room_view
from app.media.rooms import CHAT_TOPIC, LONGEST_MESSAGE, Rooms
from tests.support.livekit import Participant, on, self_hosted_server
from tests.support.posted import report, until, until_async


class Witness:
    """Asks the server itself, with LiveKit's SDK alone."""

    def __init__(self, access: ServerAccess) -> None:
        self._access = access

    async def room(self, name: str) -> models.Room | None:
        async with self._api() as lk:
            answer = await lk.room.list_rooms(wire.ListRoomsRequest(names=[name]))
        return next(iter(answer.rooms), None)

    async def person(self, room: str, identity: str) -> models.ParticipantInfo:
        async with self._api() as lk:
            who = wire.RoomParticipantIdentity(room=room, identity=identity)
            return await lk.room.get_participant(who)

    async def permit(self, room: str, identity: str, given: models.ParticipantPermission) -> None:
        async with self._api() as lk:
            await lk.room.update_participant(
                wire.UpdateParticipantRequest(room=room, identity=identity, permission=given)
            )

    def _api(self) -> api.LiveKitAPI:
        access = self._access
        return api.LiveKitAPI(access.url, access.api_key, access.api_secret)


@pytest.fixture
async def their_room(self_hosted: ServerAccess) -> AsyncIterator[str]:
    name = f"theirs-{secrets.token_hex(4)}"
    await Rooms(self_hosted).create(name)
    yield name
    await Rooms(self_hosted).delete(name)


@pytest.fixture
async def guest(self_hosted: ServerAccess, their_room: str) -> AsyncIterator[Participant]:
    guest = Participant(tokens.caller_access(self_hosted, their_room, "guest", "Ann"))
    await guest.join()
    yield guest
    await guest.leave()


async def test_opens_a_room_with_limits_and_changes_its_metadata(self_hosted: ServerAccess) -> None:
    rooms, name = Rooms(self_hosted), f"limited-{secrets.token_hex(4)}"
    await rooms.open(
        NewRoom(name, 7, empty_timeout_s=60, departure_timeout_s=30, metadata='{"a": 1}')
    )
    made = await Witness(self_hosted).room(name)
    await rooms.set_metadata(name, "changed")
    changed = await Witness(self_hosted).room(name)
    await rooms.delete(name)

    assert made is not None
    assert (made.max_participants, made.empty_timeout, made.departure_timeout) == (7, 60, 30)
    assert made.metadata == '{"a": 1}'
    assert changed is not None
    assert changed.metadata == "changed"
    assert await Witness(self_hosted).room(name) is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 257, "\U00010348" * 65, "\ud800"])
async def test_a_room_needs_a_name_that_a_server_takes(
    self_hosted: ServerAccess, name: str
) -> None:
    with pytest.raises(UserError, match=r"A room needs a name|name is too long|name is no text"):
        await Rooms(self_hosted).open(NewRoom(name))


@pytest.mark.parametrize(
    "name", ["x" * 256, "\U00010348" * 64, "a\u202eb", "<b>&amp;", "\x1b[31m\n\x00", "../r", "שלום"]
)
async def test_takes_any_name_and_long_metadata(self_hosted: ServerAccess, name: str) -> None:
    rooms, metadata = Rooms(self_hosted), "\u202e" + "m" * 65_536
    await rooms.open(NewRoom(name, metadata=metadata))
    await rooms.set_metadata(name, metadata + "\ud800")

    made = await Witness(self_hosted).room(name)
    people = await rooms.people(name)
    await rooms.delete(name)

    assert made is not None
    assert made.metadata == metadata + "?"
    assert people == ()
    assert await Witness(self_hosted).room(name) is None


async def test_says_that_metadata_is_too_long(self_hosted: ServerAccess, their_room: str) -> None:
    with pytest.raises(UserError, match="metadata size exceeds limits"):
        await Rooms(self_hosted).set_metadata(their_room, "m" * 600_000)


async def test_shows_who_is_there_with_tracks_and_permissions(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    ear = rtc.Room()
    await ear.connect(self_hosted.url, tokens.ear_access(self_hosted, their_room, "ear").token)
    await _track(self_hosted, their_room, "guest")

    inside = {who.identity: who for who in await Rooms(self_hosted).people(their_room)}
    await ear.disconnect()

    assert inside["ear"].kind is PersonKind.EAR
    seen = inside["guest"]
    assert (seen.name, seen.kind) == ("Ann", PersonKind.PERSON)
    assert seen.permissions.can_publish_sources == ("microphone",)
    assert not seen.permissions.can_publish_data
    (track,) = seen.tracks
    assert (track.source, track.codec, track.muted) == ("microphone", "opus", False)
    assert seen.joined_at > 1_700_000_000


async def test_mutes_but_says_why_it_cannot_unmute(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    rooms = Rooms(self_hosted)
    sid = await _track(self_hosted, their_room, "guest")

    await rooms.mute(their_room, "guest", sid, muted=True)
    person = await Witness(self_hosted).person(their_room, "guest")
    with pytest.raises(UserError, match="they have to do it themselves"):
        await rooms.mute(their_room, "guest", sid, muted=False)

    assert [track.muted for track in person.tracks] == [True]


async def test_unmutes_on_this_computer(livekit_server: ServerAccess, room: str) -> None:
    rooms = Rooms(livekit_server)
    guest = Participant(tokens.caller_access(livekit_server, room, "guest"))
    await guest.join()
    sid = await _track(livekit_server, room, "guest")

    await rooms.mute(room, "guest", sid, muted=True)
    await rooms.mute(room, "guest", sid, muted=False)

    person = await Witness(livekit_server).person(room, "guest")
    assert [track.muted for track in person.tracks] == [False]
    await guest.leave()


async def test_a_permission_changed_alone_never_drops_another(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    rooms, witness = Rooms(self_hosted), Witness(self_hosted)
    everything = models.ParticipantPermission(
        can_subscribe=True,
        can_publish=True,
        can_publish_data=True,
        can_update_metadata=True,
        can_subscribe_metrics=True,
        can_publish_sources=[models.TrackSource.MICROPHONE, models.TrackSource.CAMERA],
    )
    await witness.permit(their_room, "guest", everything)
    before = (await witness.person(their_room, "guest")).permission

    for permission in PERMISSIONS_SHOWN:
        for allowed in (False, True):
            await rooms.permit(their_room, "guest", permission, allowed=allowed)
            expected = models.ParticipantPermission()
            expected.CopyFrom(before)
            setattr(expected, permission, allowed)
            assert (await witness.person(their_room, "guest")).permission == expected


FLAGS = [
    field.name
    for field in models.ParticipantPermission.DESCRIPTOR.fields
    if field.name not in ("can_publish_sources", "hidden")
]
"""Hidden is left alone: for the others in a room a participant cannot be hidden again."""


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize("permission", PERMISSIONS_SHOWN)
async def test_each_pair_of_permissions_stays_apart(
    self_hosted: ServerAccess, their_room: str, guest: Participant, permission: str, rest: bool
) -> None:
    rooms, witness = Rooms(self_hosted), Witness(self_hosted)
    for other in FLAGS:
        given = models.ParticipantPermission()
        for flag in FLAGS:
            setattr(given, flag, rest)
        setattr(given, other, not rest)
        given.can_publish_sources.extend([models.TrackSource.MICROPHONE])
        await witness.permit(their_room, "guest", given)

        for allowed in (not getattr(given, permission), getattr(given, permission)):
            await rooms.permit(their_room, "guest", permission, allowed=allowed)
            setattr(given, permission, allowed)
            assert (await witness.person(their_room, "guest")).permission == given, other


async def test_a_permission_that_is_not_known_here_stays(unused_tcp_port: int) -> None:
    unknown = b"\xf8\x06\x01"  # Field 111: yes.
    before = models.ParticipantPermission.FromString(b"\x08\x01" + unknown)
    written: list[wire.UpdateParticipantRequest] = []

    async def told(_: web.Request) -> web.Response:
        person = models.ParticipantInfo(identity="guest", permission=before)
        return web.Response(body=person.SerializeToString())

    async def takes(request: web.Request) -> web.Response:
        written.append(wire.UpdateParticipantRequest.FromString(await request.read()))
        return web.Response(body=b"")

    newer = web.Application()
    newer.router.add_post("/twirp/livekit.RoomService/GetParticipant", told)
    newer.router.add_post("/twirp/livekit.RoomService/UpdateParticipant", takes)
    runner = web.AppRunner(newer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    access = ServerAccess(f"ws://127.0.0.1:{unused_tcp_port}", "key", "s" * 40)

    await Rooms(access).permit("r", "guest", "can_publish", allowed=True)
    await runner.cleanup()

    (request,) = written
    assert request.permission.can_subscribe
    assert request.permission.can_publish
    assert unknown in request.permission.SerializeToString()


async def test_says_that_a_track_is_gone(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    with pytest.raises(UserError, match="They have stopped sending this track"):
        await Rooms(self_hosted).mute(their_room, "guest", "TR_gone", muted=True)


@pytest.mark.parametrize("identity", ["nobody", "nob\u202eody" * 20])
async def test_says_that_somebody_has_left(
    self_hosted: ServerAccess, their_room: str, guest: Participant, identity: str
) -> None:
    rooms = Rooms(self_hosted)
    with pytest.raises(UserError, match="not there any more"):
        await rooms.permit(their_room, identity, "can_publish", allowed=True)
    with pytest.raises(UserError, match="is not in the room any more"):
        await rooms.send(their_room, identity, "Hello")
    await rooms.remove_participant(their_room, identity)


async def test_says_that_nobody_gets_a_message(self_hosted: ServerAccess, their_room: str) -> None:
    with pytest.raises(UserError, match="Nobody is in the room"):
        await Rooms(self_hosted).send(their_room, "", "Hello")


async def test_the_longest_message_arrives(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    got: list[rtc.DataPacket] = []
    on(guest.room, "data_received", got.append)
    longest = "\U00010348" * LONGEST_MESSAGE

    await Rooms(self_hosted).send(their_room, "guest", longest)
    await until(lambda: got, 5, "the message")

    assert json.loads(got[0].data)["message"] == longest


async def test_three_hundred_people(self_hosted: ServerAccess, their_room: str) -> None:
    """They join by signalling alone: the server tells of them as of anybody."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        sockets = [
            await _signal(http, tokens.caller_access(self_hosted, their_room, f"guest-{number:03}"))
            for number in range(300)
        ]
        began_at = time.monotonic()
        people = await Rooms(self_hosted).people(their_room)
        took_s = time.monotonic() - began_at
        for socket in sockets:
            await socket.close()

    report(f"a room with 300 people: told in {took_s * 1000:.0f} ms")
    assert {person.identity for person in people} == {f"guest-{n:03}" for n in range(300)}


async def test_removes_and_a_token_opens_the_door_again(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    rooms = Rooms(self_hosted)

    await rooms.remove_participant(their_room, "guest")
    await until(lambda: not guest.room.isconnected(), 5, "the removal")

    assert await rooms.people(their_room) == ()
    again = Participant(tokens.caller_access(self_hosted, their_room, "guest", "Ann"))
    await again.join()
    assert [who.identity for who in await rooms.people(their_room)] == ["guest"]
    await again.leave()


@pytest.mark.parametrize("identity", ["guest", ""])
async def test_sends_a_message(
    self_hosted: ServerAccess, their_room: str, guest: Participant, identity: str
) -> None:
    got: list[rtc.DataPacket] = []
    on(guest.room, "data_received", got.append)

    await Rooms(self_hosted).send(their_room, identity, "We call you back.")
    await until(lambda: got, 5, "the message")

    assert got[0].topic == CHAT_TOPIC
    told: dict[str, Any] = json.loads(got[0].data)
    assert told["message"] == "We call you back."


async def test_says_that_only_cloud_moves_people(
    self_hosted: ServerAccess, their_room: str, guest: Participant
) -> None:
    with pytest.raises(UserError, match="Only LiveKit Cloud can move people"):
        await Rooms(self_hosted).move(their_room, "guest", "another")


async def test_says_what_goes_on(self_hosted: ServerAccess, their_room: str) -> None:
    rooms = Rooms(self_hosted)

    async def now() -> str:
        listed = {found.name: found for found in await rooms.listed()}
        people = await rooms.people(their_room)
        return room_view(listed[their_room], people, listed[their_room].creation_time + 1).now

    guest = Participant(tokens.caller_access(self_hosted, their_room, "guest"))
    bot = Participant(tokens.agent_access(self_hosted, their_room, "bot", "Desk"))
    words = [await now()]
    await guest.join()
    await _track(self_hosted, their_room, "guest")
    words.append(await now())
    await bot.join()
    await _track(self_hosted, their_room, "bot")
    words.append(await now())
    await guest.leave()
    await until_async(lambda: _is(now, "Waiting for a caller"), 5)
    await bot.leave()

    assert words == ["Empty", "Waiting for an agent", "Talking"]


async def test_two_hundred_rooms(self_hosted: ServerAccess) -> None:
    rooms = Rooms(self_hosted)
    names = [f"many-{number}" for number in range(200)]
    for start in range(0, 200, 20):
        await asyncio.gather(*(rooms.create(name) for name in names[start : start + 20]))

    listed = {found.name for found in await rooms.listed()}

    assert set(names) <= listed
    for start in range(0, 200, 20):
        await asyncio.gather(*(rooms.delete(name) for name in names[start : start + 20]))


async def test_a_killed_and_a_frozen_server_are_told_apart() -> None:
    with self_hosted_server() as server:
        rooms = Rooms(server.access, deadline_s=1.0)
        server.freeze()
        with pytest.raises(UserError, match="did not answer within 1 s"):
            await rooms.listed()
        server.thaw()
        await rooms.listed()
        server.kill()
        with pytest.raises(UserError, match="No LiveKit server answers"):
            await rooms.listed()


async def _signal(
    http: aiohttp.ClientSession, access: RoomAccess
) -> aiohttp.ClientWebSocketResponse:
    url = access.url.replace("ws", "http", 1)
    socket = await http.ws_connect(f"{url}/rtc?access_token={access.token}&protocol=16")
    await socket.receive(10)
    return socket


async def _track(server: ServerAccess, room: str, identity: str) -> str:
    """The id of somebody's track, once the server tells of it."""

    async def there() -> bool:
        return any(who.tracks for who in await people() if who.identity == identity)

    async def people() -> tuple[PersonView, ...]:
        return await Rooms(server).people(room)

    await until_async(there, 5)
    return next(who.tracks[0].sid for who in await people() if who.identity == identity)


async def _is(now: Any, words: str) -> bool:
    return await now() == words
