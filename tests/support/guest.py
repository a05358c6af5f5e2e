"""A guest who knows LiveKit's protocol, and what a room's server and a link say of guests."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit.protocol.rtc import LeaveRequest, SignalResponse

from app.domain.access import ServerAccess
from app.domain.rooms import InviteView
from app.media.invite import Invites
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock


class LateClock(AnchoredClock):
    """The clock of this computer, put forward at will."""

    late_s = 0.0

    def now(self) -> float:
        return super().now() + self.late_s


@pytest.fixture
def clock() -> LateClock:
    return LateClock()


@pytest.fixture
async def invites(clock: LateClock) -> AsyncIterator[Invites]:
    invites = Invites(clock, lambda _: None)
    yield invites
    await invites.close()


class Guest:
    """Somebody who knows LiveKit's protocol and has the link."""

    def __init__(self, invite: InviteView) -> None:
        self._page, _, fragment = invite.url.partition("#")
        self._ticket = fragment.removeprefix("t=")
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))
        self.held = ""
        self.said: list[SignalResponse] = []

    async def __aenter__(self) -> "Guest":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def enter(self) -> str:
        """Change the ticket for a pass; returns why that is refused."""
        async with self._http.post(f"{self._page}/enter", data=self._ticket) as answer:
            found = await answer.json()
        self.held = found.get("pass", "")
        return found.get("refusal", "")

    async def connect(self, **more: str) -> None:
        """Open a connection; raises aiohttp.WSServerHandshakeError when it is refused."""
        query = {"access_token": self.held, "protocol": "15", "auto_subscribe": "1", **more}
        url = f"{self._page}/rtc".replace("http", "ws", 1)
        self._socket = await self._http.ws_connect(url, params=query)

    async def join(self, **more: str) -> str:
        """Enter and connect; returns the identity that the server gave."""
        assert await self.enter() == ""
        await self.connect(**more)
        async with asyncio.timeout(5):
            self._keep(await self._socket.receive_bytes())
        return self.said[0].join.participant.identity

    async def put_out_with(self) -> int | None:
        """The reason of the last leave before the end of the connection; None without one."""
        reason = None
        async with asyncio.timeout(10):
            async for message in self._socket:
                self._keep(message.data)
                if self.said[-1].HasField("leave"):
                    assert self.said[-1].leave.action == LeaveRequest.Action.DISCONNECT
                    reason = self.said[-1].leave.reason
        return reason

    async def say_text(self, text: str) -> None:
        await self._socket.send_str(text)

    def _keep(self, message: bytes) -> None:
        assert b"eyJ" not in message
        self.said.append(SignalResponse())
        self.said[-1].ParseFromString(message)


async def guests_in(server: ServerAccess, room: str) -> list[str]:
    inside = await Rooms(server).people(room)
    return [who.identity for who in inside if who.identity.startswith("guest")]


def ticket_of(invite: InviteView) -> str:
    return invite.url.partition("#t=")[2]
