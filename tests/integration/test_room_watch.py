"""How soon and in which words a server's rooms are known, whatever becomes of the server."""

import asyncio
import datetime
import time
import types
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from livekit import rtc
from livekit.api import access_token

from app.domain.access import ServerAccess
from app.domain.rooms import NewRoom, RoomsSnapshot, RoomView
from app.media import refusal, tokens
from app.media.room_watch import INSIDE_PER_LOOK, RoomWatch
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from tests.support.livekit import Participant, SelfHostedServer, self_hosted_server
from tests.support.posted import report, until

SAID_WITHIN_S = 5.0
BACK_WITHIN_S = 13.0
"""The slowest look is 10 s after the one before."""


@dataclass
class Seen:
    """The snapshots of a watch, with when each came."""

    watch: RoomWatch
    snapshots: list[tuple[float, RoomsSnapshot]] = field(
        default_factory=list[tuple[float, RoomsSnapshot]]
    )

    def take(self, snapshot: RoomsSnapshot) -> None:
        self.snapshots.append((time.monotonic(), snapshot))

    @property
    def last(self) -> RoomsSnapshot:
        return self.snapshots[-1][1]

    def room(self, name: str) -> RoomView | None:
        return next((room for room in self.last.rooms if room.name == name), None)

    async def trouble(self, words: str, within_s: float = SAID_WITHIN_S) -> float:
        """Seconds until a trouble with these words is said."""
        return await self._reached(lambda: words in self.last.trouble, within_s, words)

    async def well(self, within_s: float = BACK_WITHIN_S) -> float:
        """Seconds until there is no trouble."""
        return await self._reached(lambda: not self.last.trouble, within_s, "the recovery")

    async def _reached(self, condition: Callable[[], bool], within_s: float, what: str) -> float:
        began_at = time.monotonic()
        await until(condition, within_s + 5, f"{what} ({self.last.trouble!r})")
        took_s = time.monotonic() - began_at
        assert took_s < within_s, f"{what} after {took_s:.1f} s"
        return took_s


@asynccontextmanager
async def watching(access: ServerAccess) -> AsyncGenerator[Seen]:
    seen: list[Seen] = []
    watch = RoomWatch("theirs", access, AnchoredClock(), lambda snapshot: seen[0].take(snapshot))
    seen.append(Seen(watch))
    watch.start()
    try:
        await until(lambda: seen[0].snapshots, 5, "the first snapshot")
        yield seen[0]
    finally:
        await watch.stop()


@pytest.fixture
def server() -> Iterator[SelfHostedServer]:
    with self_hosted_server() as running:
        yield running


async def test_says_that_a_server_is_gone_and_comes_back_with_it(server: SelfHostedServer) -> None:
    await Rooms(server.access).open(NewRoom("attic"))
    async with watching(server.access) as seen:
        await until(lambda: seen.room("attic"), 5, "the room")
        known_at = seen.last.as_of

        server.kill()
        said_s = await seen.trouble("No LiveKit server answers at ws://127.0.0.1:")
        kept = seen.room("attic")
        await asyncio.to_thread(server.start)
        back_s = await seen.well()

        report(f"kill -9: said after {said_s:.1f} s, back {back_s:.1f} s after the restart")
        assert kept is not None
        assert known_at is not None
        assert seen.room("attic") is None
        assert seen.last.as_of is not None
        assert seen.last.as_of > known_at


async def test_says_that_a_server_is_frozen_and_goes_on_when_it_does(
    server: SelfHostedServer,
) -> None:
    async with watching(server.access) as seen:
        await seen.well()

        server.freeze()
        said_s = await seen.trouble("The server did not answer within 2 s.")
        server.thaw()
        back_s = await seen.well()

        report(f"frozen: said after {said_s:.1f} s, back {back_s:.1f} s after it went on")


async def test_says_that_a_frozen_server_with_rooms_does_not_answer(
    server: SelfHostedServer,
) -> None:
    rooms = Rooms(server.access)
    await asyncio.gather(*(rooms.open(NewRoom(f"room-{n}")) for n in range(20)))
    async with watching(server.access) as seen:
        # In the middle of a look: the list has come, who is in the rooms has not.
        await seen.watch.look()
        looking = asyncio.get_running_loop().create_task(seen.watch.look())
        count = len(seen.snapshots)
        await until(lambda: len(seen.snapshots) > count, 5, "the list")
        server.freeze()

        said_s = await seen.trouble("did not answer within")
        server.thaw()
        await seen.well()
        await looking

        report(f"frozen in the middle of a look: said after {said_s:.1f} s")


async def test_says_that_the_key_is_another_one(server: SelfHostedServer) -> None:
    async with watching(server.access) as seen:
        await seen.well()

        await asyncio.to_thread(server.change_key)
        began_at = time.monotonic()
        await seen.trouble("The server has another secret for this API key.", 12)

        report(f"another secret: said {time.monotonic() - began_at:.1f} s after the restart")


async def test_says_that_the_server_does_not_know_the_key(self_hosted: ServerAccess) -> None:
    unknown = ServerAccess(self_hosted.url, "APIelsewhere", self_hosted.api_secret)
    async with watching(unknown) as seen:
        await seen.trouble("The server does not know this API key.")

        assert seen.last.as_of is None


@pytest.mark.parametrize(("ahead_s", "words"), [(600, "10 min ahead of"), (-600, "10 min behind")])
async def test_says_that_a_clock_is_off_and_goes_on_when_it_is_set(
    self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch, ahead_s: float, words: str
) -> None:
    async with watching(self_hosted) as seen:
        await seen.well()

        with monkeypatch.context() as clock:
            _set_clock(clock, ahead_s)
            said_s = await seen.trouble(f"This computer's clock is {words} the server's")
        back_s = await seen.well()

        report(f"clock {words}: said after {said_s:.1f} s, back {back_s:.1f} s after it was set")


async def test_sees_who_comes_and_goes_before_the_server_counts_them(
    self_hosted: ServerAccess,
) -> None:
    rooms = Rooms(self_hosted)
    await rooms.open(NewRoom("parlour", people_at_most=1, metadata="m"))
    guest = Participant(tokens.caller_access(self_hosted, "parlour", "guest", "Ann"))
    bot = Participant(tokens.agent_access(self_hosted, "parlour", "bot", "Desk"))
    async with watching(self_hosted) as seen:
        await until(lambda: (r := seen.room("parlour")) and "Empty" in r.now, 5, "empty")
        await guest.join()
        await seen.watch.look()
        alone = seen.room("parlour")
        await bot.join()
        await seen.watch.look()
        both = seen.room("parlour")
        await rooms.delete("parlour")
        await seen.watch.look()

        assert alone is not None
        assert (alone.people, alone.agent, alone.now) == (1, "", "Waiting for an agent")
        assert both is not None
        assert (both.people, both.agent, both.people_at_most) == (1, "Desk", 1)
        assert set(both.who) == {"Ann", "Desk"}
        assert both.now == "Talking, and full"
        assert seen.room("parlour") is None
    await guest.leave()
    await bot.leave()


async def test_a_room_of_which_something_is_heard_is_seen_at_once(
    self_hosted: ServerAccess,
) -> None:
    await Rooms(self_hosted).open(NewRoom("hall"))
    async with watching(self_hosted) as seen:
        await until(lambda: seen.room("hall"), 5, "the room")
        ear = rtc.Room()
        await ear.connect(self_hosted.url, tokens.agent_access(self_hosted, "hall", "bot").token)
        began_at = time.monotonic()
        seen.watch.heard("hall", "webhook")
        await until(lambda: (r := seen.room("hall")) and r.agent == "bot", 5, "the agent")

        assert time.monotonic() - began_at < 1.0
        assert seen.last.how == "webhook"
        await ear.disconnect()
    await Rooms(self_hosted).delete("hall")


async def test_two_hundred_rooms_stay_cheap(server: SelfHostedServer) -> None:
    rooms = Rooms(server.access)
    for start in range(0, 200, 20):
        names = (f"many-{number:03}" for number in range(start, start + 20))
        await asyncio.gather(*(rooms.open(NewRoom(name)) for name in names))
    async with watching(server.access) as seen:
        await seen.watch.look()
        cpu_before, began_at = time.process_time(), time.monotonic()
        worst_s = 0.0
        for _ in range(4):
            asked_at = time.monotonic()
            await seen.watch.look()
            worst_s = max(worst_s, time.monotonic() - asked_at)
        cpu_s = (time.process_time() - cpu_before) / 4

        known = sum(room.now.startswith("Empty, closes") for room in seen.last.rooms)
        took_s = time.monotonic() - began_at
        report(
            f"200 rooms: a look takes {cpu_s * 1000:.0f} ms of a core and at most "
            f"{worst_s * 1000:.0f} ms; 4 looks in {took_s:.1f} s; {known} rooms seen from the inside"
        )
        assert len(seen.last.rooms) == 200
        assert not seen.last.trouble
        assert 4 * INSIDE_PER_LOOK <= known <= 10 * INSIDE_PER_LOOK


async def test_stops_while_a_server_is_frozen(server: SelfHostedServer) -> None:
    async with watching(server.access) as seen:
        server.freeze()
        looking = asyncio.get_running_loop().create_task(seen.watch.look())
        await asyncio.sleep(0.3)  # Until the question is on its way.

        began_at = time.monotonic()
        await seen.watch.stop()

        assert time.monotonic() - began_at < 1.0
        await asyncio.wait_for(looking, 1)
        await asyncio.wait_for(seen.watch.look(), 1)


def _set_clock(patch: pytest.MonkeyPatch, ahead_s: float) -> None:
    """Put this computer's clock forward: tokens are minted with its time, and the server judges them by its own."""

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Shifted":
            at = datetime.datetime.now(tz).timestamp() + ahead_s
            return cls.fromtimestamp(at, tz)

    shifted = types.SimpleNamespace(**{**vars(datetime), "datetime": Shifted})
    patch.setattr(access_token, "datetime", shifted)
    patch.setattr(refusal, "datetime", Shifted)
