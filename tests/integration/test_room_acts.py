"""Every act on rooms and people, on a server of somebody else's, checked through the server's own API."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api, rtc
from livekit.protocol import models
from livekit.protocol import room as wire

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.rooms import PERMISSIONS_SHOWN, NewRoom, PersonKind, PersonView
from app.media import tokens
from app.media.room_views import room_view
from app.media.rooms import CHAT_TOPIC, Rooms
from tests.support.livekit import Participant, on, self_hosted_server
from tests.support.posted import until


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


@pytest.mark.parametrize("name", ["", "  ", "x" * 257])
async def test_a_room_needs_a_name(self_hosted: ServerAccess, name: str) -> None:
    with pytest.raises(UserError, match="A room needs a name"):
        await Rooms(self_hosted).open(NewRoom(name))


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


async def until_async(condition: Any, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # What a test waits for sets no event.
