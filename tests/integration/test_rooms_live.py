"""The list of rooms is refreshed by what our own connection sees, on a server that sends no webhooks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.rooms import RoomView
from app.media import room_watch, tokens
from app.media.rooms import Rooms
from app.session.live_call import LiveCall
from tests.integration.test_rooms_desk import Office
from tests.support.livekit import Participant
from tests.support.posted import Posted, report, until

T = TypeVar("T")
ROOM = "attic"
SOON_S = 3.0
NEVER_S = 600.0


@pytest.fixture
async def office(
    tmp_path: Path, self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """Its watch hardly ever looks by itself."""
    monkeypatch.setattr(room_watch, "LOOK_EVERY_S", NEVER_S)
    office = Office(tmp_path)
    await office.know(self_hosted, 0)
    await Rooms(self_hosted).create(ROOM)
    yield office
    await office.close()
    await Rooms(self_hosted).delete(ROOM)


async def on_media(office: Office, coro: Coroutine[Any, Any, T]) -> T:
    return await asyncio.wrap_future(office.studio.media.submit(coro))


async def listen_in(office: Office, access: ServerAccess) -> LiveCall:
    plan = CallPlan("", "Hosted", ROOM, speaking=False)
    call = LiveCall(office.studio, plan, None, access, Posted())
    office.calls.append(call)
    await on_media(office, call.start(with_operator=False))
    return call


def attic(office: Office) -> RoomView | None:
    rooms = office.snapshots[-1].rooms if office.snapshots else ()
    return next((room for room in rooms if room.name == ROOM), None)


async def seen(office: Office, sees: Callable[[RoomView], bool], what: str) -> float:
    """Seconds until the list shows it."""
    begun = time.monotonic()

    def shows() -> bool:
        room = attic(office)
        return room is not None and sees(room)

    await until(shows, SOON_S, what)
    return time.monotonic() - begun


async def test_what_happens_in_our_room_is_listed_at_once(
    office: Office, self_hosted: ServerAccess
) -> None:
    office.watch("Hosted")
    await until(lambda: attic(office), 10, "the first look")
    assert office.snapshots[-1].how == "polled"

    call = await listen_in(office, self_hosted)
    await until(lambda: office.snapshots[-1].how == "live", SOON_S, "our own coming")
    guest = Participant(tokens.caller_access(self_hosted, ROOM, "guest", "Ann"))
    await guest.join()
    came_s = await seen(office, lambda room: "Ann" in room.who, "a guest")
    await Rooms(self_hosted).set_metadata(ROOM, "new words")
    changed_s = await seen(office, lambda room: room.metadata == "new words", "the metadata")
    await guest.leave()
    went_s = await seen(office, lambda room: "Ann" not in room.who, "the guest's leave")
    live = office.snapshots[-1].how
    await on_media(office, call.end("Done."))
    await until(lambda: office.snapshots[-1].how == "polled", SOON_S, "our own leave")

    report(f"listed after {came_s:.2f} s, {changed_s:.2f} s and {went_s:.2f} s")
    assert live == "live"


async def test_nobody_looks_often_at_a_page_that_is_not_seen(
    office: Office, self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_watch, "RESTING_S", NEVER_S)
    office.watch("Hosted")
    await until(lambda: attic(office), 10, "the first look")
    call = await listen_in(office, self_hosted)
    await until(lambda: office.snapshots[-1].how == "live", SOON_S, "our own coming")
    office.rooms.rest()

    before = len(office.snapshots)
    for words in ("one", "two", "three"):
        await Rooms(self_hosted).set_metadata(ROOM, words)
    office.watch("Hosted")
    await seen(office, lambda room: room.metadata == "three", "the page's return")
    await on_media(office, call.end("Done."))

    assert all(
        room.metadata in ("", "three")
        for snapshot in office.snapshots[before:]
        for room in snapshot.rooms
        if room.name == ROOM
    ), "nobody looked in between"


async def test_who_begins_to_look_in_a_call_hears_of_it(
    office: Office, self_hosted: ServerAccess
) -> None:
    call = await listen_in(office, self_hosted)

    office.watch("Hosted")
    await until(
        lambda: office.snapshots and office.snapshots[-1].how == "live", 10, "the first look"
    )
    office.rooms.rest()

    await on_media(office, call.end("Done."))
