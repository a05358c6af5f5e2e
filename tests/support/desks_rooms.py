"""Rooms and servers in memory, which a test fills, fails and slows down."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.rooms import (
    InviteView,
    NewRoom,
    Permissions,
    PersonKind,
    PersonView,
    RoomsSnapshot,
    RoomView,
    TrackView,
    Trouble,
)
from app.domain.servers import (
    THIS_COMPUTER,
    FoundServer,
    ServerColour,
    ServerKind,
    ServerProfile,
    ServerView,
    TestStep,
    TokenReport,
)
from app.domain.step_outcome import DeviceTest

NOW = 1_800_000_000.0
HERE = ServerProfile(THIS_COMPUTER, "", ServerKind.THIS_COMPUTER, ServerColour.GREEN)
PRODUCTION = ServerProfile(
    "Production EU", "wss://voice.example.com", ServerKind.SELF_HOSTED, ServerColour.RED
)
CLOUD = ServerProfile(
    "Cloud staging", "wss://staging.livekit.cloud", ServerKind.CLOUD, ServerColour.BLUE
)
TICKET = "q7Zc1xJ0nB5rTfWm2Lk9Vd4sHg8YpQa3uEo6iRt0Xy1"


class MovedClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at


def permissions(**changes: bool) -> Permissions:
    """What a guest may do, with changes."""
    guest = Permissions(
        can_subscribe=True,
        can_publish=True,
        can_publish_data=False,
        can_update_metadata=False,
        hidden=False,
        recorder=False,
        agent=False,
        can_subscribe_metrics=False,
        can_manage_agent_session=False,
        can_publish_sources=("microphone",),
    )
    return replace(guest, **changes)  # pyright: ignore[reportArgumentType]


def microphone(*, muted: bool = False, sid: str = "TR_mic") -> TrackView:
    return TrackView(sid, "microphone", muted, "opus")


def person(
    identity: str,
    kind: PersonKind = PersonKind.PERSON,
    name: str = "",
    *,
    tracks: tuple[TrackView, ...] | None = None,
    quality: str = "excellent",
    ours: bool = False,
) -> PersonView:
    """Somebody who came a minute before."""
    return PersonView(
        identity=identity,
        name=name or identity,
        kind=kind,
        joined_at=NOW - 60,
        tracks=(microphone(),) if tracks is None else tracks,
        permissions=permissions(),
        quality=quality,
        ours=ours,
    )


def three_people() -> tuple[PersonView, ...]:
    """A caller by phone, an agent, and this Greenroom listening."""
    agent = person("clinic-agent", PersonKind.AGENT)
    return (
        person("sip_31612345682", PersonKind.PHONE, "Caller +31 6 ··· 82"),
        replace(agent, attributes={"lk.agent.state": "thinking"}),
        person("greenroom-ear", PersonKind.EAR, tracks=(), quality="", ours=True),
    )


def crowd(number: int) -> tuple[PersonView, ...]:
    """Many people, each with a microphone; every third is muted."""
    return tuple(
        person(f"guest-{i:03}", tracks=(microphone(muted=i % 3 == 0, sid=f"TR_{i}"),))
        for i in range(number)
    )


def room(name: str, **changes: object) -> RoomView:
    """An open room with two people and an agent."""
    made = RoomView(
        name=name,
        sid=f"RM_{abs(hash(name)) % 10**8:08}",
        opened_at=NOW - 125,
        people=2,
        people_at_most=0,
        empty_timeout_s=300,
        departure_timeout_s=20,
        metadata="",
        agent="desk",
        now="Talking",
        trouble=Trouble.NONE,
    )
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def eight_rooms() -> tuple[RoomView, ...]:
    """Rooms of every degree of trouble."""
    return (
        room(
            "clinic-reminders",
            sid="RM_4Kd2x9Qq",
            people=3,
            people_at_most=10,
            metadata='{"patient_ref":"A-113"}',
            agent="clinic-agent",
            now="Caller waiting 2.4 s on the LLM",
            trouble=Trouble.BAD,
            who=("Caller +31 6 ··· 82", "clinic-agent"),
        ),
        room("booking-eu-7", opened_at=NOW - 51, now="Agent heard itself", trouble=Trouble.WATCH),
        room("front-desk-2", opened_at=NOW - 252),
        room("library-demo", opened_at=NOW - 46, agent="Local agent", ours=True),
        room("returns-11", opened_at=NOW - 453, agent="returns-v3"),
        room(
            "support-nl-3",
            opened_at=NOW - 188,
            people=3,
            agent="support",
            now="Tool “lookup_order” 3.1 s",
            trouble=Trouble.WATCH,
        ),
        room(
            "lobby",
            opened_at=NOW - 3737,
            people=0,
            agent="",
            now="Empty, closes in 3 min",
            trouble=Trouble.IDLE,
        ),
        room(
            "qa-manual-4",
            opened_at=NOW - 12,
            people=1,
            agent="",
            now="Waiting for an agent",
            trouble=Trouble.IDLE,
        ),
    )


def many_rooms(number: int) -> tuple[RoomView, ...]:
    """Rooms of which every ninth is in trouble."""
    return tuple(
        room(
            f"front-desk-{i:03}",
            opened_at=NOW - 17 * i,
            people=i % 5,
            now="Caller waiting 2.1 s on the LLM" if i % 9 == 0 else "Talking",
            trouble=Trouble.BAD if i % 9 == 0 else Trouble.NONE,
        )
        for i in range(number)
    )


class MemoryServers:
    """A `ServerDesk` with this computer, a self-hosted server and one at LiveKit Cloud."""

    def __init__(self, *profiles: ServerProfile) -> None:
        self.profiles = profiles or (HERE, CLOUD, PRODUCTION)
        self.error: UserError | None = None

    async def look(self) -> tuple[ServerView, ...]:
        if self.error is not None:
            raise self.error
        return tuple(ServerView(p, "APIx…f3", "livekit-server 1.13.5", True) for p in self.profiles)

    async def put(self, profile: ServerProfile, key: str, secret: str, replacing: str = "") -> None:
        raise NotImplementedError

    async def remove(self, name: str) -> None:
        raise NotImplementedError

    async def test(
        self, name: str, on_step: Callable[[TestStep], None], devices: DeviceTest | None = None
    ) -> tuple[TestStep, ...]:
        raise NotImplementedError

    async def found(self) -> tuple[FoundServer, ...]:
        raise NotImplementedError

    async def take(self, names: Sequence[str]) -> None:
        raise NotImplementedError

    async def inspect(self, token: str) -> TokenReport:
        raise NotImplementedError

    async def join_plan(
        self, token: str, url: str, *, unencrypted_confirmed: bool = False
    ) -> CallPlan:
        raise NotImplementedError


class MemoryRooms:
    """A `RoomsDesk` whose rooms are what a test says. Everything asked is in `asked`.

    `error` is raised by every act; `gate` holds acts up while it is closed.
    """

    def __init__(self, clock: MovedClock, rooms: Sequence[RoomView] = ()) -> None:
        self.clock = clock
        self.rooms = list(rooms)
        self.in_rooms: dict[str, tuple[PersonView, ...]] = {}
        self.asked: list[str] = []
        self.people_asked: list[str] = []
        self.watched = ""
        self.resting = False
        self.answering = True
        """Whether the first snapshot comes by itself."""
        self.trouble = self.unheard = ""
        self.error: UserError | None = None
        self.people_error: UserError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.links = self.opened = 0
        self.meet_url = ""
        self._as_of: float | None = None
        self._on_snapshot: Callable[[RoomsSnapshot], None] | None = None

    # What a test does

    def tell(self) -> None:
        """Send a snapshot, as a look at the server does."""
        if not self.trouble:
            self._as_of = self.clock.at
        if self._on_snapshot is not None:
            self._on_snapshot(
                RoomsSnapshot(
                    self.watched,
                    tuple(self.rooms),
                    self._as_of,
                    self.trouble,
                    unheard=self.unheard,
                )
            )

    def change(self, name: str, **changes: object) -> None:
        """Change a room without telling of it."""
        self.rooms = [
            replace(r, **changes) if r.name == name else r  # pyright: ignore[reportArgumentType]
            for r in self.rooms
        ]

    def close_by_itself(self, name: str) -> None:
        self.rooms = [r for r in self.rooms if r.name != name]

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        await self.gate.wait()
        if self.error is not None:
            raise self.error

    # RoomsDesk

    def watch(self, server: str, on_snapshot: Callable[[RoomsSnapshot], None]) -> None:
        self.watched, self._on_snapshot, self.resting = server, on_snapshot, False
        if self.answering:
            self.tell()

    def rest(self) -> None:
        self.resting = True

    async def refresh(self) -> None:
        self.tell()

    async def people(self, room: str) -> tuple[PersonView, ...]:
        self.people_asked.append(room)
        await asyncio.sleep(0)
        if self.people_error is not None:
            raise self.people_error
        return self.in_rooms.get(room, ())

    async def create(self, room: NewRoom) -> None:
        await self._ask(f"create {room}")
        self.rooms.append(_opened(room, self.clock.at))

    async def close_room(self, room: str) -> None:
        await self._ask(f"close {room}")
        self.close_by_itself(room)

    async def set_metadata(self, room: str, metadata: str) -> None:
        await self._ask(f"metadata {room} {metadata}")
        self.change(room, metadata=metadata)

    async def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> None:
        await self._ask(f"{'mute' if muted else 'unmute'} {room} {identity} {track_sid}")
        self._change_person(room, identity, tracks=(microphone(muted=muted, sid=track_sid),))

    async def remove(self, room: str, identity: str) -> None:
        await self._ask(f"remove {room} {identity}")
        people = self.in_rooms[room]
        self.in_rooms[room] = tuple(p for p in people if p.identity != identity)

    async def permit(self, room: str, identity: str, permission: str, *, allowed: bool) -> None:
        await self._ask(f"permit {room} {identity} {permission} {allowed}")
        person = next(p for p in self.in_rooms[room] if p.identity == identity)
        changed = replace(person.permissions, **{permission: allowed})  # pyright: ignore[reportArgumentType]
        self._change_person(room, identity, permissions=changed)

    async def send(self, room: str, identity: str, text: str) -> None:
        await self._ask(f"send {room} {identity or 'all'}: {text}")

    async def move(self, room: str, identity: str, to_room: str) -> None:
        await self._ask(f"move {room} {identity} {to_room}")

    async def invite(self, room: str, *, on_network: bool) -> InviteView:
        await self._ask(f"invite {room} {on_network}")
        self.links += 1
        origin = "https://192.168.1.20:18205" if on_network else "http://127.0.0.1:18204"
        return InviteView(
            room=room,
            url=f"{origin}/j/k3P9{self.links}#t={TICKET}",
            expires_at=self.clock.at + 600,
            reach="this network" if on_network else "this computer only",
            meet_url=self.meet_url,
        )

    async def open_url(self, invite: InviteView) -> str:
        await self._ask(f"open {invite.url.partition('#')[0]}")
        self.opened += 1
        return f"http://127.0.0.1:18204/o/once{self.opened}"

    async def revoke(self, invite: InviteView) -> None:
        await self._ask(f"revoke {invite.url.partition('#')[0]}")

    async def start_agent(self, room: str, preset: str) -> None:
        await self._ask(f"agent {preset} {room}")

    async def open_on_stage(self, room: str, *, speaking: bool) -> None:
        await self._ask(f"stage {room} {'speaking' if speaking else 'listening'}")

    def _change_person(self, room: str, identity: str, **changes: object) -> None:
        self.in_rooms[room] = tuple(
            replace(p, **changes) if p.identity == identity else p  # pyright: ignore[reportArgumentType]
            for p in self.in_rooms[room]
        )


def _opened(new: NewRoom, at: float) -> RoomView:
    return room(
        new.name,
        opened_at=at,
        people=0,
        people_at_most=new.people_at_most,
        metadata=new.metadata,
        agent="",
        now="Empty",
        trouble=Trouble.IDLE,
    )
