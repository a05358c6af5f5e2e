"""Keeps what is known of a server's rooms fresh, and says what is wrong when it is not."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from livekit.protocol import models

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.rooms import PersonView, RoomsSnapshot, RoomView
from app.media.refusal import refusal
from app.media.room_views import room_view
from app.media.rooms import Rooms
from app.media.server_call import RefusedError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
ANSWER_S = 2.0
"""A frozen server is known by the end of the look after it: with `LOOK_EVERY_S` that is within 5 s."""
SLOWEST_S = 10.0
SLOWER_BY = 1.6
JITTER = 0.2
SOONEST_S = 0.3
"""Between two looks, however much is heard of the rooms."""
INSIDE_PER_LOOK = 12
"""A look sees at most this many rooms from the inside; 200 rooms take turns within 35 s."""
INSIDE_AT_ONCE = 4

OnSnapshot = Callable[[RoomsSnapshot], None]
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class _Inside:
    """Who was in a room, when that was, and what the server counted then."""

    people: tuple[PersonView, ...]
    at: float
    counted: tuple[int, int]


class RoomWatch:
    """Looks at the rooms of one server until it is stopped. One loop.

    Each look lists the rooms, and sees some of them from the inside: first those that nobody has looked into and
    those of which there is news, then those looked into longest ago. The list alone would be late: livekit-server
    counts who is in a room some 5 s after they came, and never counts agents. A server that does not answer is asked
    less and less often, up to every 10 s.
    """

    def __init__(
        self, server: str, access: ServerAccess, clock: Clock, on_snapshot: OnSnapshot
    ) -> None:
        """`server` is the name of the server's profile; `on_snapshot` is called on this loop."""
        self._server = server
        self._access = access
        self._rooms = Rooms(access, ANSWER_S)
        self._clock = clock
        self._on_snapshot = on_snapshot
        self._listed: list[models.Room] = []
        self._insides: dict[str, _Inside] = {}
        self._as_of: float | None = None
        self._failures = 0
        self._how = "polled"
        self._stirred = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._run(), name="watch rooms")

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for waiting in self._waiting:
            waiting.cancel()

    async def look(self) -> None:
        """Look now, and return when that is done."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._stirred.set()
        await done

    def look_soon(self) -> None:
        """Look within `SOONEST_S`."""
        self._stirred.set()

    def forget(self, room: str) -> None:
        """Who is in a room has changed: see it from the inside at the next look."""
        for listed in self._listed:
            if listed.name == room and (inside := self._insides.get(listed.sid)):
                self._insides[listed.sid] = replace(inside, at=0.0)

    def heard(self, room: str, how: str) -> None:
        """Something has happened in a room, of which a `webhook` or our own `live` connection tells."""
        self._how = how
        self.forget(room)
        self.look_soon()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            waiting, self._waiting = self._waiting, []
            self._stirred.clear()
            began_at = loop.time()
            await self._look()
            for done in waiting:
                if not done.done():
                    done.set_result(None)
            soonest_at, latest_at = began_at + SOONEST_S, began_at + pause_s(self._failures)
            await asyncio.sleep(soonest_at - loop.time())
            await self._until_stirred(latest_at - loop.time())

    async def _until_stirred(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _look(self) -> None:
        try:
            await self._list()
            self._tell()
            await self._look_inside()
        except UserError as error:
            self._failures += 1
            log.info("the rooms of %s are not known: %s", self._server, error)
            self._tell(str(error))
        else:
            self._failures = 0
            self._tell()

    async def _list(self) -> None:
        try:
            self._listed = await self._rooms.listed()
        except RefusedError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise UserError(error.title, await refusal(self._access)) from error
            raise
        self._as_of = self._clock.now()
        open_now = {listed.sid for listed in self._listed}
        self._insides = {sid: seen for sid, seen in self._insides.items() if sid in open_now}

    async def _look_inside(self) -> None:
        """Raises UserError when the server answers for none of them."""
        in_need = sorted(self._listed, key=self._last_seen)[:INSIDE_PER_LOOK]
        at_once = asyncio.Semaphore(INSIDE_AT_ONCE)
        try:
            async with asyncio.timeout(ANSWER_S):
                asked = [self._look_into(listed, at_once) for listed in in_need]
                results = await asyncio.gather(*asked)
        except TimeoutError as error:
            hint = f"The server did not answer within {ANSWER_S:g} s."
            raise UserError("Could not see who is in the rooms.", hint) from error
        if results and all(isinstance(result, UserError) for result in results):
            raise next(result for result in results if result is not None)

    async def _look_into(self, listed: models.Room, at_once: asyncio.Semaphore) -> UserError | None:
        """Raises nothing that is wrong with one room alone: what was known of it stays."""
        async with at_once:
            try:
                people = await self._rooms.people(listed.name)
            except RefusedError as error:
                log.info("who is in a room is not known: %s", error)
                return None
            except UserError as error:
                return error
        self._insides[listed.sid] = _Inside(people, self._clock.now(), _counted(listed))
        return None

    def _last_seen(self, listed: models.Room) -> float:
        inside = self._insides.get(listed.sid)
        if inside is None or inside.counted != _counted(listed):
            return 0.0
        return inside.at

    def _tell(self, trouble: str = "") -> None:
        now = self._clock.now()
        self._on_snapshot(
            RoomsSnapshot(
                server=self._server,
                rooms=tuple(self._view(listed, now) for listed in self._listed),
                as_of=self._as_of,
                trouble=trouble,
                how=self._how,
            )
        )

    def _view(self, listed: models.Room, now: float) -> RoomView:
        inside = self._insides.get(listed.sid)
        people: Sequence[PersonView] | None = inside.people if inside is not None else None
        return room_view(listed, people, now)


def pause_s(failures: int) -> float:
    """How long after the beginning of a look the next one begins, after so many failed ones in a row."""
    if failures == 0:
        return LOOK_EVERY_S
    slower_s = LOOK_EVERY_S * SLOWER_BY ** min(failures - 1, 10)
    return min(SLOWEST_S, slower_s * _random.uniform(1 - JITTER, 1 + JITTER))


def _counted(listed: models.Room) -> tuple[int, int]:
    return listed.num_participants, listed.num_publishers
