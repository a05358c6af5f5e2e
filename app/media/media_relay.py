"""Carries a guest's media between this network and a LiveKit server that listens on loopback only."""

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

MOST_FLOWS = 64
IDLE_S = 30.0
"""WebRTC sends consent checks every 5 s (RFC 7675); whoever sent nothing for that long is gone."""
_STUN_REQUEST = b"\x00\x01"
_STUN_COOKIE = b"\x21\x12\xa4\x42"

Address = tuple[str, int]


class MediaRelay:
    """Owns UDP ports on one address of this network, one for each loopback port that it is asked for.

    It carries datagrams as they are: they are encrypted between the guest and the LiveKit server, which takes only
    those of participants. One loop.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._doors: dict[Address, _Door] = {}
        self._opening = asyncio.Lock()

    async def route(self, address: str, port: int) -> Address:
        """Where guests reach this loopback address and port. Raises OSError when no port can be opened."""
        async with self._opening:
            if (door := self._doors.get((address, port))) is None:
                door = self._doors[address, port] = await _Door.open(self._address, (address, port))
            return door.address

    def close(self) -> None:
        for door in self._doors.values():
            door.close()
        self._doors.clear()


class _Door(asyncio.DatagramProtocol):
    """One port towards the network, and a port of its own towards the server for each guest's address."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._flows: dict[Address, _Flow] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._sweep: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, address: str, server: Address) -> "_Door":
        loop = asyncio.get_running_loop()
        _, door = await loop.create_datagram_endpoint(lambda: cls(server), local_addr=(address, 0))
        return door

    @property
    def address(self) -> Address:
        assert self._transport is not None
        name: Address = self._transport.get_extra_info("sockname")
        return name

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for flow in self._flows.values():
            flow.close()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self._sweep_later()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if (flow := self._flows.get(addr)) is None:
            if not _asks_to_connect(data) or len(self._flows) >= MOST_FLOWS:
                return
            flow = self._flows[addr] = _Flow(self._server, lambda back: self._send(back, addr))
        flow.carry(data)

    def error_received(self, exc: Exception) -> None:
        log.debug("a guest's port is closed: %s", exc)

    def _send(self, data: bytes, guest: Address) -> None:
        assert self._transport is not None
        self._transport.sendto(data, guest)

    def _sweep_later(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(IDLE_S, self._sweep_idle)

    def _sweep_idle(self) -> None:
        for guest, flow in tuple(self._flows.items()):
            if flow.idle():
                flow.close()
                del self._flows[guest]
        self._sweep_later()


class _Flow(asyncio.DatagramProtocol):
    """One guest's port towards the server."""

    def __init__(self, server: Address, send_back: Callable[[bytes], None]) -> None:
        self._send_back = send_back
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: list[bytes] = []
        self._carried = 0
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(
            loop.create_datagram_endpoint(
                lambda: self, local_addr=("127.0.0.1", 0), remote_addr=server
            ),
            name="open a guest's media",
        )

    def carry(self, data: bytes) -> None:
        self._carried += 1
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.sendto(data)

    def idle(self) -> bool:
        """Whether nothing came from the guest since this was asked last."""
        carried, self._carried = self._carried, 0
        return carried == 0

    def close(self) -> None:
        self._opening.cancel()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        for data in self._waiting:
            transport.sendto(data)
        self._waiting.clear()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._send_back(data)

    def error_received(self, exc: Exception) -> None:
        log.debug("the server's media port is closed: %s", exc)


def _asks_to_connect(data: bytes) -> bool:
    """Whether a datagram is a STUN binding request (RFC 8489, 5), which every WebRTC connection begins with."""
    return len(data) >= 20 and data[:2] == _STUN_REQUEST and data[4:8] == _STUN_COOKIE
