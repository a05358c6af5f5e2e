"""What each token that Greenroom mints can do on a real server, and that it is no more than its purpose needs."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from livekit import api, rtc
from livekit.protocol import agent_dispatch, models
from livekit.protocol import room as room_proto

from app.domain.access import RoomAccess, ServerAccess
from app.media import tokens
from app.media.rooms import Rooms
from tests.support.livekit import Participant, on
from tests.support.posted import until

Act = Callable[[api.LiveKitAPI, str], Awaitable[object]]


def list_rooms(lk: api.LiveKitAPI, _: str) -> Awaitable[object]:
    return lk.room.list_rooms(room_proto.ListRoomsRequest())


def create_room(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.create_room(room_proto.CreateRoomRequest(name=room))


def delete_room(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.delete_room(room_proto.DeleteRoomRequest(room=room))


def set_metadata(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.update_room_metadata(
        room_proto.UpdateRoomMetadataRequest(room=room, metadata="x")
    )


def list_people(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.list_participants(room_proto.ListParticipantsRequest(room=room))


def remove_person(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.remove_participant(room_proto.RoomParticipantIdentity(room=room, identity="x"))


def permit_person(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    permission = models.ParticipantPermission(can_publish=True, can_publish_data=True)
    request = room_proto.UpdateParticipantRequest(room=room, identity="x", permission=permission)
    return lk.room.update_participant(request)


def mute_person(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.mute_published_track(
        room_proto.MuteRoomTrackRequest(room=room, identity="x", track_sid="TR_x", muted=True)
    )


def send_data(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.send_data(room_proto.SendDataRequest(room=room, data=b"x", nonce=b"0" * 16))


def move_person(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    return lk.room.move_participant(
        room_proto.MoveParticipantRequest(room=room, identity="x", destination_room="attic")
    )


def send_an_agent(lk: api.LiveKitAPI, room: str) -> Awaitable[object]:
    request = agent_dispatch.CreateAgentDispatchRequest(agent_name="x", room=room)
    return lk.agent_dispatch.create_dispatch(request)


def list_recordings(lk: api.LiveKitAPI, _: str) -> Awaitable[object]:
    return lk.egress.list_egress(api.ListEgressRequest())


def list_streams(lk: api.LiveKitAPI, _: str) -> Awaitable[object]:
    return lk.ingress.list_ingress(api.ListIngressRequest())


ADMINISTERING: tuple[Act, ...] = (
    set_metadata,
    list_people,
    remove_person,
    permit_person,
    mute_person,
    send_data,
    send_an_agent,
)
ACTS: tuple[Act, ...] = (
    list_rooms,
    create_room,
    *ADMINISTERING,
    move_person,
    list_recordings,
    list_streams,
    delete_room,
)
Mint = Callable[[ServerAccess, str], str]


def agent(server: ServerAccess, room: str) -> str:
    return tokens.agent_access(server, room, "who").token


def ear(server: ServerAccess, room: str) -> str:
    return tokens.ear_access(server, room, "who").token


def caller(server: ServerAccess, room: str) -> str:
    return tokens.caller_access(server, room, "who").token


def guest(server: ServerAccess, room: str) -> str:
    return tokens.guest_access(server, room, "who", "Who").token


def probing(server: ServerAccess, room: str) -> str:
    return tokens.test_access(server, room, "who").token


def creating(server: ServerAccess, _: str) -> str:
    return tokens.create_rooms_token(server)


def listing(server: ServerAccess, _: str) -> str:
    return tokens.list_rooms_token(server)


def administering(server: ServerAccess, room: str) -> str:
    return tokens.administer_room_token(server, room)


def administering_another(server: ServerAccess, _: str) -> str:
    return tokens.administer_room_token(server, "another")


def moving(server: ServerAccess, room: str) -> str:
    return tokens.move_token(server, room, "attic")


def moving_elsewhere(server: ServerAccess, room: str) -> str:
    return tokens.move_token(server, room, "cellar")


JOINING = (agent, ear, caller, guest, probing)
ALLOWED: list[tuple[Mint, tuple[Act, ...]]] = [
    *((mint, ()) for mint in JOINING),
    (creating, (create_room, delete_room)),
    (listing, (list_rooms,)),
    (administering, ADMINISTERING),
    (administering_another, ()),
    (moving, (*ADMINISTERING, move_person)),
    (moving_elsewhere, ADMINISTERING),
]
DENIED = {api.ServerErrorCode.PERMISSION_DENIED, api.ServerErrorCode.UNAUTHENTICATED}


@pytest.fixture
async def empty_room(self_hosted: ServerAccess) -> AsyncIterator[str]:
    rooms = Rooms(self_hosted)
    name = f"rights-{secrets.token_hex(4)}"
    await rooms.create(name)
    yield name
    await rooms.delete(name)


async def permitted(lk: api.LiveKitAPI, act: Act, room: str) -> bool:
    """Whether the server lets the holder of a token do this; it may then fail for lack of an object."""
    try:
        await act(lk, room)
    except api.ServerError as error:
        return error.code not in DENIED
    return True


@pytest.mark.parametrize(("mint", "allowed"), ALLOWED)
async def test_a_token_does_what_it_is_for_and_nothing_else(
    self_hosted: ServerAccess, empty_room: str, mint: Mint, allowed: tuple[Act, ...]
) -> None:
    async with api.LiveKitAPI.with_token(mint(self_hosted, empty_room), self_hosted.url) as lk:
        done = [act for act in ACTS if await permitted(lk, act, empty_room)]

    assert set(done) == set(allowed)


async def answer(server: ServerAccess, path: str, token: str) -> int:
    url = server.url.replace("ws://", "http://") + path
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = {**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    headers["Authorization"] = f"Bearer {token}"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as response:
        return response.status


@pytest.mark.parametrize("mint", [mint for mint, _ in ALLOWED])
async def test_no_token_makes_a_worker(
    self_hosted: ServerAccess, empty_room: str, mint: Mint
) -> None:
    assert await answer(self_hosted, "/agent", mint(self_hosted, empty_room)) == 401


@pytest.mark.parametrize("mint", [creating, listing, administering, moving])
async def test_no_token_for_administering_opens_a_room(
    self_hosted: ServerAccess, empty_room: str, mint: Mint
) -> None:
    path = f"/rtc/validate?room={empty_room}"

    assert await answer(self_hosted, path, mint(self_hosted, empty_room)) == 401


@pytest.mark.parametrize("mint", JOINING)
async def test_a_token_opens_its_own_room_only(
    self_hosted: ServerAccess, empty_room: str, mint: Mint
) -> None:
    """The server goes by the room in the token, whatever room is asked for."""
    access = RoomAccess(self_hosted.url, empty_room, "who", mint(self_hosted, empty_room))
    inside = rtc.Room()

    await inside.connect(f"{access.url}?room=another", access.token)

    assert inside.name == empty_room
    await inside.disconnect()


class Witness(Participant):
    """Counts what others say in data."""

    def __init__(self, access: RoomAccess) -> None:
        super().__init__(access)
        self.messages: list[str] = []

    def take(self, packet: rtc.DataPacket) -> None:
        self.messages.append(packet.data.decode())


SPEAKING = [(agent, True), (probing, True), (caller, False), (guest, False), (ear, False)]


@pytest.mark.parametrize(("mint", "may_send"), SPEAKING)
async def test_sends_data_only_where_it_needs_to(
    self_hosted: ServerAccess, empty_room: str, mint: Mint, *, may_send: bool
) -> None:
    witness = Witness(tokens.test_access(self_hosted, empty_room, "witness"))
    on(witness.room, "data_received", witness.take)
    await witness.join()
    inside = rtc.Room()
    await inside.connect(self_hosted.url, mint(self_hosted, empty_room))

    await inside.local_participant.publish_data("from inside")
    if may_send:
        await until(lambda: "from inside" in witness.messages, 5, "the message from inside")
    await inside.disconnect()
    await tell_all(self_hosted, empty_room, "from the server")
    await until(lambda: "from the server" in witness.messages, 5, "the server's message")

    assert ("from inside" in witness.messages) is may_send
    await witness.leave()


async def tell_all(server: ServerAccess, room: str, text: str) -> None:
    token = tokens.administer_room_token(server, room)
    request = room_proto.SendDataRequest(room=room, data=text.encode(), nonce=b"1" * 16)
    async with api.LiveKitAPI.with_token(token, server.url) as lk:
        await lk.room.send_data(request)


async def publish(room: rtc.Room, source: rtc.TrackSource.ValueType) -> None:
    track = rtc.LocalAudioTrack.create_audio_track("sound", rtc.AudioSource(48_000, 1))
    async with asyncio.timeout(15):
        await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=source))


MICROPHONE = rtc.TrackSource.SOURCE_MICROPHONE
SCREEN = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO


@pytest.mark.parametrize(
    ("mint", "source", "may"),
    [
        (agent, MICROPHONE, True),
        (caller, MICROPHONE, True),
        (guest, MICROPHONE, True),
        (probing, MICROPHONE, True),
        (ear, MICROPHONE, False),
        (guest, SCREEN, False),
    ],
)
async def test_publishes_only_what_it_needs_to(
    self_hosted: ServerAccess,
    empty_room: str,
    mint: Mint,
    source: rtc.TrackSource.ValueType,
    *,
    may: bool,
) -> None:
    inside = rtc.Room()
    await inside.connect(self_hosted.url, mint(self_hosted, empty_room))

    if may:
        await publish(inside, source)
    else:
        with pytest.raises(rtc.participant.PublishTrackError):
            await publish(inside, source)

    await inside.disconnect()


ROLES = [(agent, "agent"), (ear, "ear"), (caller, "caller"), (guest, "caller"), (probing, "caller")]


@pytest.mark.parametrize(("mint", "role"), ROLES)
async def test_nobody_changes_who_they_are(
    self_hosted: ServerAccess, empty_room: str, mint: Mint, role: str
) -> None:
    inside = rtc.Room()
    await inside.connect(self_hosted.url, mint(self_hosted, empty_room))

    async with asyncio.timeout(15):
        await inside.local_participant.set_attributes({tokens.ROLE_ATTRIBUTE: "operator"})
        await inside.local_participant.set_name("Somebody else")
    token = tokens.administer_room_token(self_hosted, empty_room)
    async with api.LiveKitAPI.with_token(token, self_hosted.url) as lk:
        who = room_proto.RoomParticipantIdentity(room=empty_room, identity="who")
        found = await lk.room.get_participant(who)

    assert dict(found.attributes) == {tokens.ROLE_ATTRIBUTE: role}
    assert found.name != "Somebody else"
    await inside.disconnect()
