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
"""A server that answers at once and then freezes is known to by the end of the next look: within 5 s."""
LONGEST_ANSWER_S = 5.0
"""How long a server that is slow or silent already is waited for."""
SLOWEST_S = 10.0
SLOWER_BY = 1.6
JITTER = 0.2
RESTING_S = 15.0
"""Between two looks that only count the rooms which need somebody, whatever is heard meanwhile."""
SOONEST_S = 0.3
"""Between two looks, however much is heard of the rooms."""
INSIDE_PER_LOOK = 12
"""A look sees at most this many rooms from the inside; 200 rooms take turns within 35 s."""
INSIDE_AT_ONCE = 4

WAYS = ("live", "webhook")
"""How a watch may hear of its rooms; where both tell, our own eyes are named."""

OnSnapshot = Callable[[RoomsSnapshot], None]
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class _Inside:
    """Who was in a room, when that was, and what the server counted then."""

    people: tuple[PersonView, ...] | None
    """None where the server does not tell."""
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
        self._patience_s = ANSWER_S
        self._clock = clock
        self._on_snapshot = on_snapshot
        self._listed: list[models.Room] = []
        self._insides: dict[str, _Inside] = {}
        self._as_of: float | None = None
        self._failures = 0
        self._resting = False
        self._heard_by: set[str] = set()
        self._stirred = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._run(), name="watch rooms")

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        self._settle(self._waiting)

    def rest(self) -> None:
        """Look every `RESTING_S` only, until it is stopped."""
        self._resting = True

    async def look(self) -> None:
        """Look now, and return when that is done; at once when nobody is watching any more."""
        if self._looking is None or self._looking.done():
            return
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
        self._heard_by.add(how)
        self.forget(room)
        self.look_soon()

    def heard_last(self, room: str, how: str) -> None:
        """Something has happened in a room, and this way nothing more will be heard."""
        self.heard(room, how)
        self._heard_by.discard(how)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            waiting, self._waiting = self._waiting, []
            self._stirred.clear()
            began_at = loop.time()
            try:
                await self._look()
            finally:
                self._settle(waiting)
            await asyncio.sleep(began_at + SOONEST_S - loop.time())
            await self._until_stirred(began_at + pause_s(self._failures) - loop.time())
            if self._resting:
                await asyncio.sleep(began_at + RESTING_S - loop.time())

    @staticmethod
    def _settle(waiting: Sequence[asyncio.Future[None]]) -> None:
        for done in waiting:
            if not done.done():
                done.set_result(None)

    async def _until_stirred(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _look(self) -> None:
        try:
            rooms = Rooms(self._access, self._patience_s)
            await self._list(rooms)
            self._tell()
            await self._look_inside(rooms)
        except UserError as error:
            self._failed(error)
        except Exception as error:  # The edge of the tier: the next look may fare better.
            log.exception("a look at the rooms of %s failed", self._server)
            self._failed(UserError("Could not read the server's answer.", str(error)))
        else:
            self._failures = 0
            self._tell()

    def _failed(self, error: UserError) -> None:
        self._failures += 1
        self._patience_s = LONGEST_ANSWER_S
        log.info("the rooms of %s are not known: %s", self._server, error)
        self._tell(str(error))

    async def _list(self, rooms: Rooms) -> None:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            self._listed = await rooms.listed()
        except RefusedError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise UserError(error.title, await refusal(self._access)) from error
            raise
        took_s = loop.time() - asked_at
        self._patience_s = min(LONGEST_ANSWER_S, max(ANSWER_S, 3 * took_s))
        self._as_of = self._clock.now()
        open_now = {listed.sid for listed in self._listed}
        self._insides = {sid: seen for sid, seen in self._insides.items() if sid in open_now}

    async def _look_inside(self, rooms: Rooms) -> None:
        """See some rooms from the inside. Raises UserError when the server answers for none of them in time."""
        in_need = sorted(self._listed, key=self._last_seen)[:INSIDE_PER_LOOK]
        if not in_need:
            return
        at_once = asyncio.Semaphore(INSIDE_AT_ONCE)
        loop = asyncio.get_running_loop()
        asking = {
            loop.create_task(self._look_into(rooms, listed, at_once), name="look into a room")
            for listed in in_need
        }
        try:
            await asyncio.wait(asking, timeout=self._patience_s)
        finally:
            for task in asking:
                task.cancel()
            results = await asyncio.gather(*asking, return_exceptions=True)
        if True not in results:
            hint = f"The server did not answer within {self._patience_s:g} s."
            raise UserError("Could not see who is in the rooms.", hint)

    async def _look_into(
        self, rooms: Rooms, listed: models.Room, at_once: asyncio.Semaphore
    ) -> bool:
        """Whether the server has answered. What goes wrong with one room alone leaves what was known of it."""
        people = before.people if (before := self._insides.get(listed.sid)) else None
        async with at_once:
            try:
                people = await rooms.people(listed.name)
            except RefusedError as error:
                log.info("who is in a room is not known: %s", error)
            except UserError:
                return False
        self._insides[listed.sid] = _Inside(people, self._clock.now(), _counted(listed))
        return True

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
                how=next((how for how in WAYS if how in self._heard_by), "polled"),
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
