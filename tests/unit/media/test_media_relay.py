"""Media between the network and a server on loopback."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from app.media import media_relay
from app.media.media_relay import MediaRelay

BINDING_REQUEST = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"i" * 12
ADDRESS = "127.0.0.1"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind((ADDRESS, 0))
        ours.setblocking(False)
        yield ours


@pytest.fixture
def guest() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind((ADDRESS, 0))
        ours.setblocking(False)
        yield ours


async def received(from_socket: socket.socket) -> tuple[bytes, tuple[str, int]]:
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recvfrom(from_socket, 2000)


async def test_carries_both_ways_and_keeps_guests_apart(
    server: socket.socket, guest: socket.socket
) -> None:
    relay = MediaRelay(ADDRESS)
    door = await relay.route(*server.getsockname())
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            guest.sendto(BINDING_REQUEST, door)
            data, first = await received(server)
            other.sendto(BINDING_REQUEST, door)
            _, second = await received(server)
            server.sendto(b"to the first", first)
            server.sendto(b"to the second", second)

            assert data == BINDING_REQUEST
            assert first != second
            assert first[0] == ADDRESS
            assert await received(guest) == (b"to the first", door)
            assert await received(other) == (b"to the second", door)
    finally:
        relay.close()


async def test_nobody_gets_in_without_asking_as_webrtc_does(
    server: socket.socket, guest: socket.socket
) -> None:
    relay = MediaRelay(ADDRESS)
    door = await relay.route(*server.getsockname())
    try:
        for noise in (b"", b"GET / HTTP/1.1\r\n\r\n" * 2, b"\x00\x01" + b"\x00" * 18):
            guest.sendto(noise, door)
        guest.sendto(BINDING_REQUEST, door)
        guest.sendto(b"media", door)

        assert (await received(server))[0] == BINDING_REQUEST
        assert (await received(server))[0] == b"media"
    finally:
        relay.close()


async def test_one_port_for_one_port_of_the_server(server: socket.socket) -> None:
    relay = MediaRelay(ADDRESS)
    try:
        first, again = await asyncio.gather(
            relay.route(*server.getsockname()), relay.route(*server.getsockname())
        )
        other = await relay.route(ADDRESS, 9)

        assert first == again
        assert other != first
    finally:
        relay.close()


async def test_at_most_so_many_guests(
    server: socket.socket, guest: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_relay, "MOST_FLOWS", 1)
    relay = MediaRelay(ADDRESS)
    door = await relay.route(*server.getsockname())
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            guest.sendto(BINDING_REQUEST, door)
            await received(server)
            other.sendto(BINDING_REQUEST, door)
            guest.sendto(b"still here", door)

            assert (await received(server))[0] == b"still here"
    finally:
        relay.close()


async def test_who_falls_silent_is_forgotten(
    server: socket.socket, guest: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_relay, "IDLE_S", 0.05)
    relay = MediaRelay(ADDRESS)
    door = await relay.route(*server.getsockname())
    try:
        guest.sendto(BINDING_REQUEST, door)
        _, first = await received(server)
        again = first
        async with asyncio.timeout(5):
            while again == first:
                await asyncio.sleep(0.15)
                guest.sendto(BINDING_REQUEST, door)
                _, again = await received(server)
    finally:
        relay.close()


async def test_closed_its_port_is_free_again(server: socket.socket) -> None:
    relay = MediaRelay(ADDRESS)
    door = await relay.route(*server.getsockname())

    relay.close()
    await asyncio.sleep(0)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(door)
