"""What the Rooms page asks, carried to real servers."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.rooms import NewRoom, RoomsSnapshot
from app.domain.servers import THIS_COMPUTER, ServerColour, ServerKind, ServerProfile
from app.media import tokens
from app.media.invite import Invites
from app.media.rooms import Rooms
from app.media.webhooks import PATH
from app.runtime.clock import AnchoredClock
from app.runtime.redaction import Redactor
from app.session.live_call import LiveCall
from app.session.rooms_desk import StudioRoomsDesk
from app.session.server_book import ServerBook
from app.session.server_desk import StudioServerDesk
from app.session.server_keys import ServerKeys
from app.session.studio import Studio
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles
from tests.support.livekit import Participant, self_hosted_server
from tests.support.posted import Posted, until


def hosted(name: str, access: ServerAccess, webhook_port: int = 0) -> ServerProfile:
    kind, colour = ServerKind.SELF_HOSTED, ServerColour.RED
    return ServerProfile(name, access.url, kind, colour, webhook_port=webhook_port)


class Office:
    """The Rooms desk with real servers behind it, and what it told."""

    def __init__(self, folder: Path) -> None:
        redactor = Redactor()
        self.studio = Studio(AnchoredClock(), folder, redactor, lambda _: None)
        self.studio.start()
        store = SecretStore(redactor.register)
        keys = ServerKeys(store, redactor.register)
        book = ServerBook(ServerProfiles(folder), keys, environment={}, lk_file=folder / "none")
        self.servers = StudioServerDesk(book, self.studio)
        self.snapshots: list[RoomsSnapshot] = []
        self.wanted: list[CallPlan] = []
        self.calls: list[LiveCall] = []
        invites = Invites(self.studio.clock, redactor.register)
        self.rooms = StudioRoomsDesk(
            self.studio, self.servers, invites, lambda: self.calls, self.wanted.append
        )

    async def know(self, access: ServerAccess, webhook_port: int) -> None:
        """Have a profile named Hosted."""
        profile = hosted("Hosted", access, webhook_port)
        await self.servers.put(profile, access.api_key, access.api_secret)

    def watch(self, server: str) -> None:
        self.rooms.watch(server, self.snapshots.append)

    def names(self) -> set[str]:
        return {room.name for room in self.snapshots[-1].rooms} if self.snapshots else set()

    async def close(self) -> None:
        await self.rooms.close()
        await self.studio.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    yield office
    await office.close()


async def test_a_room_of_this_computer_is_seen_as_soon_as_it_opens(office: Office) -> None:
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots, 15, "the first look")
    access = office.studio.running_access
    assert access is not None

    await Rooms(access).create("attic")
    await until(lambda: "attic" in office.names(), 1.5, "the news of a room")
    await Rooms(access).delete("attic")
    await until(lambda: "attic" not in office.names(), 1.5, "the news of its end")

    assert office.snapshots[-1].how == "webhook"


async def test_acts_show_at_once(office: Office) -> None:
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots, 15, "the first look")
    access = office.studio.running_access
    assert access is not None

    await office.rooms.create(NewRoom("attic", people_at_most=3))
    await until(lambda: "attic" in office.names(), 2, "the new room")
    guest = Participant(tokens.caller_access(access, "attic", "guest", "Ann"))
    await guest.join()
    (person,) = await office.rooms.people("attic")
    await office.rooms.permit("attic", "guest", "can_publish_data", allowed=True)
    (changed,) = await office.rooms.people("attic")
    await office.rooms.remove("attic", "guest")
    await until(lambda: not guest.room.isconnected(), 5, "the removal")
    await guest.leave()
    await office.rooms.close_room("attic")
    await until(lambda: "attic" not in office.names(), 2, "its end")

    assert (person.name, person.ours) == ("Ann", False)
    assert not person.permissions.can_publish_data
    assert changed.permissions.can_publish_data


async def test_brings_a_room_to_the_stage(office: Office) -> None:
    office.watch(THIS_COMPUTER)

    await office.rooms.start_agent("attic", "local")
    await office.rooms.open_on_stage("attic", speaking=True)

    assert office.wanted == [
        CallPlan("local", THIS_COMPUTER, "attic", speaking=False),
        CallPlan("", THIS_COMPUTER, "attic", speaking=True),
    ]


async def test_marks_what_is_ours(office: Office) -> None:
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots, 15, "the first look")
    await office.rooms.create(NewRoom("attic"))
    plan = CallPlan("", THIS_COMPUTER, "attic", speaking=False)
    call = LiveCall(office.studio, plan, None, None, Posted())
    office.calls.append(call)
    media = office.studio.media
    await asyncio.wrap_future(media.submit(call.start(with_operator=False)))

    people = await office.rooms.people("attic")
    await until(lambda: any(room.ours for room in office.snapshots[-1].rooms), 5, "the mark")
    await asyncio.wrap_future(media.submit(call.end("Done.")))

    assert [person.ours for person in people] == [True]


async def test_only_the_last_of_two_servers_is_watched(office: Office) -> None:
    office.watch("nowhere")
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots and office.snapshots[-1].as_of, 15, "the first look")
    office.rooms.rest()
    seen = len(office.snapshots)

    with pytest.raises(UserError):
        await office.servers.access("nowhere")

    assert {snapshot.server for snapshot in office.snapshots[seen:]} <= {THIS_COMPUTER}


async def test_a_server_without_a_key_is_said(office: Office) -> None:
    office.watch("nowhere")

    await until(lambda: office.snapshots, 5, "the sentence")

    assert "nowhere" in office.snapshots[-1].trouble
    assert office.snapshots[-1].as_of is None


async def test_a_self_hosted_server_tells_of_its_rooms_by_webhook(office: Office) -> None:
    port = free_port()
    with self_hosted_server([f"http://127.0.0.1:{port}{PATH}"]) as server:
        await office.know(server.access, port)
        office.watch("Hosted")
        await until(lambda: office.snapshots and office.snapshots[-1].as_of, 10, "the first look")

        await Rooms(server.access).create("attic")
        await until(lambda: "attic" in office.names(), 1.5, "the news of a room")
        how = office.snapshots[-1].how
        office.rooms.rest()

    assert how == "webhook"


async def test_without_its_port_a_server_is_polled(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, self_hosted_server() as server:
        await office.know(server.access, taken.getsockname()[1])
        office.watch("Hosted")

        await Rooms(server.access).create("attic")
        await until(lambda: "attic" in office.names(), 8, "the next look")

        assert office.snapshots[-1].how == "polled"
        assert "cannot be opened for the server's webhooks" in office.snapshots[-1].unheard

    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots[-1].server == THIS_COMPUTER, 15, "another server")
    assert office.snapshots[-1].unheard == ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("loss", ["kill", "freeze"])
async def test_a_server_that_goes_away_is_said_within_five_seconds_and_comes_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    with self_hosted_server() as server:

        async def access(_name: str) -> ServerAccess:
            return server.access

        async def profile(name: str) -> ServerProfile:
            return hosted(name, server.access)

        monkeypatch.setattr(office.servers, "access", access)
        monkeypatch.setattr(office.servers, "profile", profile)
        await Rooms(server.access).create("theirs")
        office.watch("Production EU")
        await until(lambda: "theirs" in office.names(), 5, "the first look")

        server.kill() if loss == "kill" else server.freeze()
        await until(lambda: office.snapshots[-1].trouble, 7, "the sentence")
        said = office.snapshots[-1]
        server.start() if loss == "kill" else server.thaw()
        await until(lambda: not office.snapshots[-1].trouble, 15, "its return")

    assert {room.name for room in said.rooms} == {"theirs"}
    assert said.as_of is not None
    wanted = "No LiveKit server answers" if loss == "kill" else "did not answer"
    assert wanted in said.trouble


async def test_switches_pressed_at_once_do_not_undo_each_other(office: Office) -> None:
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots, 15, "the first look")
    access = office.studio.running_access
    assert access is not None
    await office.rooms.create(NewRoom("attic"))
    guest = Participant(tokens.caller_access(access, "attic", "guest"))
    await guest.join()

    switches = {
        "can_publish": False,
        "can_subscribe": False,
        "can_publish_data": True,
        "can_update_metadata": True,
    }
    acts = (
        office.rooms.permit("attic", "guest", permission, allowed=allowed)
        for permission, allowed in switches.items()
    )
    await asyncio.gather(*acts)
    (person,) = await office.rooms.people("attic")
    await guest.leave()

    assert {name: getattr(person.permissions, name) for name in switches} == switches


async def test_rooms_of_this_computer_come_back_with_its_server(office: Office) -> None:
    office.watch(THIS_COMPUTER)
    await until(lambda: office.snapshots, 15, "the first look")
    await office.rooms.create(NewRoom("attic", people_at_most=3, metadata="m"))
    await office.rooms.create(NewRoom("cellar"))
    await office.rooms.set_metadata("attic", "changed")
    await office.rooms.close_room("cellar")
    await until(lambda: office.names() == {"attic"}, 5, "the rooms")
    before = office.snapshots[-1].rooms[0]

    pid = office.studio.embedded.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    def is_back() -> bool:
        (last, *_) = (*office.snapshots[-1].rooms, before)
        return last.sid != before.sid

    await until(is_back, 15, "the room")
    (room,) = office.snapshots[-1].rooms
    assert (room.name, room.people_at_most, room.metadata) == ("attic", 3, "changed")


async def test_a_server_is_found_once_its_key_is_there(
    office: Office, self_hosted: ServerAccess
) -> None:
    office.watch("Production EU")
    await until(lambda: office.snapshots, 5, "the sentence")
    missing = office.snapshots[-1].trouble

    profile = ServerProfile(
        "Production EU", self_hosted.url, ServerKind.SELF_HOSTED, ServerColour.RED
    )
    await office.servers.put(profile, self_hosted.api_key, self_hosted.api_secret)
    await office.rooms.refresh()
    await until(lambda: not office.snapshots[-1].trouble, 3, "the rooms")

    assert "Production EU" in missing
    assert office.snapshots[-1].as_of is not None


async def test_a_server_is_looked_for_again_by_itself(
    office: Office, self_hosted: ServerAccess
) -> None:
    office.watch("Production EU")
    await until(lambda: office.snapshots, 5, "the sentence")

    profile = ServerProfile(
        "Production EU", self_hosted.url, ServerKind.SELF_HOSTED, ServerColour.RED
    )
    await office.servers.put(profile, self_hosted.api_key, self_hosted.api_secret)

    await until(lambda: not office.snapshots[-1].trouble, 6, "the rooms")
