"""What the steps of one connection test share."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from livekit import rtc

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.servers import ServerKind
from app.domain.step_outcome import DeviceTest
from app.media import tokens
from app.media.connection import settle_abandoned
from app.media.connection_test.candidates import Offer
from app.media.connection_test.party import Party
from app.media.connection_test.server_url import ServerUrl, parse_server_url
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock

log = logging.getLogger(__name__)

HTTP_S = 20.0
"""Longer than the deadline of any step that only asks."""

_sweeping: set[asyncio.Task[None]] = set()

WebhookWait = Callable[[str], Awaitable[None]]
"""Returns once the server has told of the beginning of the room of this name."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The server that is tested, and what the test is given besides."""

    access: ServerAccess
    kind: ServerKind
    now: Callable[[], float]
    """Seconds since the epoch by the clock of this computer."""
    join_token: str | None = field(repr=False)
    webhook: WebhookWait | None
    devices: DeviceTest | None


class Trial:
    """Owns the temporary room of a test, who is in it, and what earlier steps found out for later ones. One loop."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.room = f"greenroom-test-{secrets.token_hex(4)}"
        self.clock = AnchoredClock()
        self.offer = Offer()
        """How the server says that media can reach it."""
        self.tell: Callable[[str], None] = _unheard
        """Says what the step that runs is about, in words without secrets."""
        self.way: rtc.RoomOptions | None = None
        """The options by which media got through; None as long as it has not."""
        self.direct: Party | None = None
        """Who joined without being held to any path."""
        self.room_opened = False
        """Or may be: the server has been asked."""
        self._parties: list[Party] = []
        self._one: Party | None = None
        self._other: Party | None = None
        self._given_up = False
        self._http: aiohttp.ClientSession | None = None

    @property
    def access(self) -> ServerAccess:
        return self.subject.access

    @property
    def on_this_computer(self) -> bool:
        return self.subject.kind is ServerKind.THIS_COMPUTER

    @property
    def url(self) -> ServerUrl:
        """Raises UserError."""
        return parse_server_url(self.access.url)

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=HTTP_S))
        return self._http

    def token(self, identity: str) -> str:
        """Lets a participant of the test into the temporary room."""
        return tokens.test_access(self.access, self.room, identity).token

    async def join(self, identity: str, options: rtc.RoomOptions) -> Party:
        """Let a participant join, who leaves when the test ends. Raises UserError."""
        access = tokens.test_access(self.access, self.room, identity)
        party = Party(access, self.clock, options)
        self._parties.append(party)
        try:
            await party.open()
        except asyncio.CancelledError:
            self._given_up = True
            raise
        return party

    async def pair(self, options: rtc.RoomOptions) -> tuple[Party, Party]:
        """Two participants who are in the room; who is not there any more joins anew. Raises UserError."""
        self._one = await self._inside(self._one or self.direct, "one", options)
        self._other = await self._inside(self._other, "other", options)
        return self._one, self._other

    async def _inside(self, party: Party | None, name: str, options: rtc.RoomOptions) -> Party:
        if party is not None and party.room.isconnected():
            return party
        return await self.join(f"{name}-{secrets.token_hex(2)}", options)

    async def close(self) -> None:
        """Let everybody leave and delete the room. Each part has a deadline; nothing is raised."""
        await asyncio.gather(*(party.close() for party in self._parties))
        if self._http is not None:
            await self._http.close()
        if self.room_opened:
            await _delete(self.access, self.room)
        if self._given_up:
            _sweep_later(self.access, self.room)


def _unheard(_doing: str) -> None:
    pass


async def _delete(access: ServerAccess, room: str) -> None:
    try:
        await Rooms(access).delete(room)
    except UserError as error:
        log.warning("the room %s of the connection test stays: %s", room, error)


def _sweep_later(access: ServerAccess, room: str) -> None:
    """Delete the room once more when the last connect has given up: its attempts open the room again."""

    async def sweep() -> None:
        await settle_abandoned()
        await _delete(access, room)

    task = asyncio.get_running_loop().create_task(sweep(), name=f"sweep {room}")
    _sweeping.add(task)
    task.add_done_callback(_sweeping.discard)
