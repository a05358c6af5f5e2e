"""What the Rooms page asks: the rooms of one server at a time, and what is done with them."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.rooms import InviteView, NewRoom, PersonView, RoomsSnapshot
from app.domain.servers import THIS_COMPUTER, ServerKind, ServerProfile
from app.media.invite import Invites
from app.media.room_watch import OnSnapshot, RoomWatch
from app.media.rooms import Rooms
from app.media.server_config import LOOPBACK
from app.media.webhooks import Webhooks
from app.session.room_news import OnNews
from app.session.server_desk import StudioServerDesk
from app.session.studio import Studio
from app.session.venue import Venue

T = TypeVar("T")
log = logging.getLogger(__name__)
BY_WEBHOOK = "webhook"
LIVE = "live"
AGAIN_S = 4.0
"""How soon a server is looked for again whose key was not to be had, or which did not start."""


class OurCall(Protocol):
    """What of a live call matters here."""

    venue: Venue

    @property
    def identities(self) -> frozenset[str]:
        """The participants that the call has put into its room."""
        ...


class StudioRoomsDesk:
    """Implements `app.domain.back_office.RoomsDesk`. UI loop only."""

    def __init__(
        self,
        studio: Studio,
        servers: StudioServerDesk,
        invites: Invites,
        our_calls: Callable[[], Sequence[OurCall]],
        bring_to_stage: Callable[[CallPlan], None],
    ) -> None:
        """`bring_to_stage` starts a call beside the others, or raises UserError where that cannot be."""
        self._studio = studio
        self._servers = servers
        self._invites = invites
        self._our_calls = our_calls
        self._bring_to_stage = bring_to_stage
        self._loop = asyncio.get_running_loop()
        self._server = ""
        self._watch: RoomWatch | None = None
        self._unhear: list[Callable[[], None]] = []
        self._webhooks: Webhooks | None = None
        self._unheard = ""
        """Why the webhooks of the server that is watched do not arrive."""
        self._turning: asyncio.Task[None] | None = None
        self._on_snapshot: Callable[[RoomsSnapshot], None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._permitting = asyncio.Lock()

    # Looking

    def watch(self, server: str, on_snapshot: Callable[[RoomsSnapshot], None]) -> None:
        self._server, self._on_snapshot = server, on_snapshot
        self._turn_to(self._begin(server, on_snapshot))

    def rest(self) -> None:
        if self._on_snapshot is not None:
            self._turn_to(self._slow_down())

    async def refresh(self) -> None:
        if self._watch is not None:
            await self._studio.ask_media(self._watch.look())
        else:
            self._begin_again()

    def _begin_again(self) -> None:
        """Look for a server again whose key was not to be had, or which did not start."""
        if self._watch is None and self._on_snapshot is not None:
            self.watch(self._server, self._on_snapshot)

    async def close(self) -> None:
        """Stop looking, take all links back."""
        self._on_snapshot = None
        self._turn_to(self._stop_watching())
        if self._turning is not None:
            await asyncio.wait({self._turning})
        await self._studio.ask_media(self._invites.close())

    def _turn_to(self, what: Coroutine[Any, Any, None]) -> None:
        """Do this once what was begun before is over: of two watches only the last may live."""
        before = self._turning
        if self._again is not None:
            self._again.cancel()

        async def in_turn() -> None:
            if before is not None:
                await asyncio.wait({before})
            await what

        self._turning = self._loop.create_task(in_turn(), name="turn to a server")

    async def _begin(self, server: str, on_snapshot: Callable[[RoomsSnapshot], None]) -> None:
        await self._stop_watching()
        try:
            access = await self._servers.access(server)
            profile = await self._servers.profile(server)
        except UserError as error:
            on_snapshot(RoomsSnapshot(server, (), None, str(error)))
            self._again = self._loop.call_later(AGAIN_S, self._begin_again)
            return
        told = self._told_here(server, on_snapshot)
        watch = self._watch = RoomWatch(server, access, self._studio.clock, told)
        await self._studio.ask_media(self._start(watch, profile, access))

    async def _start(self, watch: RoomWatch, profile: ServerProfile, access: ServerAccess) -> None:
        """On the media loop: begin to look, and to hear of it where the server sends webhooks."""
        watch.start()
        self._unhear.append(self._studio.room_news.watch(profile.name, _seen_by(watch)))
        if profile.kind is ServerKind.THIS_COMPUTER:
            told = self._studio.embedded.add_room_listener(
                lambda room: watch.heard(room, BY_WEBHOOK)
            )
            self._unhear.append(told)
        elif profile.webhook_port:
            await self._hear(watch, profile.webhook_port, access)

    async def _hear(self, watch: RoomWatch, port: int, access: ServerAccess) -> None:
        """Take the webhooks of a server that is not ours; without them the rooms are polled alone."""
        webhooks = Webhooks(lambda _, room: watch.heard(room, BY_WEBHOOK))
        webhooks.believe(access)
        try:
            await webhooks.listen(LOOPBACK, port)
        except UserError as error:
            log.warning("%s", error)
            self._unheard = str(error)
        else:
            self._webhooks = webhooks

    async def _stop(self, watch: RoomWatch) -> None:
        while self._unhear:
            self._unhear.pop()()
        if self._webhooks is not None:
            webhooks, self._webhooks = self._webhooks, None
            await webhooks.close()
        await watch.stop()

    async def _stop_watching(self) -> None:
        if self._watch is not None:
            watch, self._watch = self._watch, None
            await self._studio.ask_media(self._stop(watch))
        self._unheard = ""

    async def _slow_down(self) -> None:
        if self._watch is not None:
            await self._studio.ask_media(_rest(self._watch))

    def _told_here(self, server: str, on_snapshot: Callable[[RoomsSnapshot], None]) -> OnSnapshot:
        """Passes snapshots from the media loop to this one, as long as the server is the one watched."""

        def pass_on(snapshot: RoomsSnapshot) -> None:
            if self._server == server and self._watch is not None:
                snapshot = replace(snapshot, unheard=self._unheard)
                on_snapshot(self._with_ours(snapshot))

        def tell(snapshot: RoomsSnapshot) -> None:
            self._loop.call_soon_threadsafe(pass_on, snapshot)

        return tell

    def _calls_at(self, server: str) -> dict[str, OurCall]:
        """Our calls on this server, by their rooms."""
        return {call.venue.room: call for call in self._our_calls() if call.venue.server == server}

    def _with_ours(self, snapshot: RoomsSnapshot) -> RoomsSnapshot:
        ours = self._calls_at(snapshot.server)
        if not ours:
            return snapshot
        rooms = tuple(
            replace(room, ours=True) if room.name in ours else room for room in snapshot.rooms
        )
        return replace(snapshot, rooms=rooms)

    # Acts

    async def people(self, room: str) -> tuple[PersonView, ...]:
        people = await self._ask(lambda rooms: rooms.people(room))
        call = self._calls_at(self._server).get(room)
        if call is None:
            return people
        ours = call.identities
        return tuple(replace(person, ours=person.identity in ours) for person in people)

    async def create(self, room: NewRoom) -> None:
        await self._act(lambda rooms: rooms.open(room))

    async def close_room(self, room: str) -> None:
        await self._act(lambda rooms: rooms.delete(room))

    async def set_metadata(self, room: str, metadata: str) -> None:
        await self._act(lambda rooms: rooms.set_metadata(room, metadata))

    async def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> None:
        await self._act(lambda rooms: rooms.mute(room, identity, track_sid, muted=muted), room)

    async def remove(self, room: str, identity: str) -> None:
        await self._act(lambda rooms: rooms.remove_participant(room, identity), room)

    async def permit(self, room: str, identity: str, permission: str, *, allowed: bool) -> None:
        # Each reads the whole set and writes it back: two at once would undo one another.
        async with self._permitting:
            await self._act(lambda rooms: rooms.permit(room, identity, permission, allowed=allowed))

    async def send(self, room: str, identity: str, text: str) -> None:
        await self._act(lambda rooms: rooms.send(room, identity, text))

    async def move(self, room: str, identity: str, to_room: str) -> None:
        await self._act(lambda rooms: rooms.move(room, identity, to_room), room)

    async def invite(self, room: str, *, on_network: bool) -> InviteView:
        access = await self._servers.access(self._server)
        return await self._studio.ask_media(
            self._invites.invite(access, room, on_network=on_network)
        )

    async def open_url(self, invite: InviteView) -> str:
        return await self._studio.ask_media(self._invites.open_url(invite))

    async def revoke(self, invite: InviteView) -> None:
        await self._studio.ask_media(self._invites.revoke(invite))

    async def start_agent(self, room: str, preset: str) -> None:
        self._bring_to_stage(CallPlan(preset, self._server, room, speaking=False))

    async def open_on_stage(self, room: str, *, speaking: bool) -> None:
        self._bring_to_stage(CallPlan("", self._server, room, speaking))

    async def _ask(self, question: Callable[[Rooms], Coroutine[Any, Any, T]]) -> T:
        server = self._server
        access = await self._servers.access(server)
        return await self._studio.ask_media(self._asked(server, access, question))

    async def _asked(
        self, server: str, access: ServerAccess, question: Callable[[Rooms], Coroutine[Any, Any, T]]
    ) -> T:
        """On the media loop. Rooms opened on this computer are made again if its server has to be restarted."""
        here = server == THIS_COMPUTER
        return await question(self._studio.embedded.rooms if here else Rooms(access))

    async def _act(self, act: Callable[[Rooms], Coroutine[Any, Any, None]], room: str = "") -> None:
        """Do something, then look at what it has changed."""
        await self._ask(act)
        if self._watch is not None:
            await self._studio.ask_media(_look_again(self._watch, room))


def _seen_by(watch: RoomWatch) -> OnNews:
    """Passes on to a watch what our own connection sees."""

    def pass_on(room: str, inside: bool) -> None:
        (watch.heard if inside else watch.heard_last)(room, LIVE)

    return pass_on


async def _rest(watch: RoomWatch) -> None:
    watch.rest()


async def _look_again(watch: RoomWatch, room: str) -> None:
    watch.forget(room)
    watch.look_soon()
