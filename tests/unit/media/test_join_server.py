"""The web server behind an invitation: what it serves, to whom, and what it keeps to itself."""

import asyncio
import base64
import hashlib
import logging
import re
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
import psutil
import pytest

from app.domain.access import ServerAccess
from app.media import join_page
from app.media.invitation import LINK_LIFE_S, Invitation
from app.media.join_server import JoinServer
from app.runtime.resources import resource
from tests.support.hand_clock import HandClock

LIBRARY_SHA256 = "fb646f2260d84f91238d0a2dc10726c456631d6a26c7cafc43cfee5959b4d31d"
UNANSWERED = ServerAccess("ws://127.0.0.1:9", "KEY", "x" * 48)
NOWHERE = (
    "/",
    "/assets/",
    "/assets/index.html",
    "/assets/../index.html",
    "/assets/..%2f..%2fpyproject.toml",
    "/assets/%2e%2e/%2e%2e/pyproject.toml",
    "/assets/..%5c..%5cpyproject.toml",
    "/assets/join.css%00",
    "/assets//etc/passwd",
    "/j/",
    "/j/a/b",
)


class Door:
    """A join server with one invitation, and a client."""

    def __init__(self, server: JoinServer, clock: HandClock, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.clock = clock
        self.http = http
        self.invitation = Invitation(UNANSWERED, "library", clock)
        self.link = server.serve(self.invitation)
        self.path = self.link.partition("#")[0]

    async def post(self, what: str, ticket: str, path: str = "") -> tuple[int, dict[str, object]]:
        async with self.http.post(f"{path or self.path}/{what}", data=ticket) as answer:
            return answer.status, await answer.json()

    async def status(self, route: str, held: str) -> int:
        url = f"{self.path}/{route}"
        async with self.http.get(url, params={"access_token": held, "publish": "x"}) as answer:
            return answer.status


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    secrets: list[str] = []
    clock = HandClock()
    server = JoinServer("127.0.0.1", secrets.append, clock)
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield Door(server, clock, http)
    await server.stop()
    assert secrets


async def test_the_page_may_load_nothing_but_its_own(door: Door) -> None:
    async with door.http.get(door.path) as answer:
        headers = answer.headers
        page = await answer.text()

    assert answer.status == HTTPStatus.OK
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "connect-src": f"'self' ws://127.0.0.1:{door.server.port}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]
    assert not re.search(r"<script[^>]*>[^<]|<style|style=|\son\w+=|https?://", page)


async def test_everything_that_the_page_names_is_served_with_the_same_headers(door: Door) -> None:
    files = [resource("join") / name for name in ("index.html", "join.css", "join.js")]
    named = {
        name
        for file in files
        for name in re.findall(r'"(?:/assets/|\./)?([\w.-]+\.(?:css|js|ttf))"', file.read_text())
    }

    assert len(named) == 8
    for name in named:
        async with door.http.get(f"{door.server.origin}/assets/{name}") as answer:
            assert answer.status == HTTPStatus.OK, name
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            kind = {"css": "text/css", "js": "text/javascript", "ttf": "font/ttf"}
            assert answer.content_type == kind[name.rpartition(".")[2]]
            assert await answer.read()


def test_livekit_client_is_the_release_that_was_checked() -> None:
    library = resource("join/livekit-client.umd.js").read_bytes()
    page = join_page.page().read_text()

    assert len(library) == 610_302
    assert hashlib.sha256(library).hexdigest() == LIBRARY_SHA256
    digest = base64.b64encode(hashlib.sha384(library).digest()).decode()
    assert digest == join_page.LIBRARY_SHA384
    assert f'src="/assets/livekit-client.umd.js" integrity="sha384-{digest}"' in page
    assert "Apache License" in resource("join/LICENSE-livekit-client.txt").read_text()


def test_the_page_writes_text_only_as_text() -> None:
    for name in ("join.js", "states.js", "meters.js"):
        script = resource(f"join/{name}").read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script
        )
        assert "http" not in script.replace("with https.", "")


@pytest.mark.parametrize("path", NOWHERE)
async def test_no_other_file_comes_out(door: Door, path: str) -> None:
    # Asked by hand: a client library would tidy the path up.
    reply = await _raw(door, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{door.server.port}\r\n\r\n")

    assert reply.startswith(b"HTTP/1.1 404"), reply
    assert b"[project]" not in reply


async def test_the_link_holds_its_ticket_where_no_server_sees_it(door: Door) -> None:
    page, _, fragment = door.link.partition("#")

    assert fragment == f"t={door.invitation.ticket}"
    assert page == f"http://127.0.0.1:{door.server.port}/j/{door.invitation.path}"
    assert door.invitation.ticket not in page


async def test_says_where_a_link_leads_to_who_has_it(door: Door) -> None:
    status, found = await door.post("look", door.invitation.ticket)

    assert (status, found) == (HTTPStatus.OK, {"room": "library", "seconds_left": LINK_LIFE_S})


@pytest.mark.parametrize("what", ["look", "enter"])
async def test_says_why_a_link_does_not_let_in(door: Door, what: str) -> None:
    async def refused(ticket: str, path: str = "") -> tuple[int, object]:
        status, found = await door.post(what, ticket, path)
        assert set(found) == {"refusal"}
        return status, found["refusal"]

    ticket = door.invitation.ticket
    assert await refused("wrong") == (HTTPStatus.UNAUTHORIZED, "unknown")
    assert await refused("") == (HTTPStatus.UNAUTHORIZED, "unknown")
    other = f"{door.server.origin}/j/other"
    assert await refused(ticket, other) == (HTTPStatus.UNAUTHORIZED, "unknown")
    door.clock.pass_s(LINK_LIFE_S)
    assert await refused(ticket) == (HTTPStatus.GONE, "expired")
    door.invitation.revoked = True
    assert await refused(ticket) == (HTTPStatus.GONE, "revoked")
    assert await refused("wrong") == (HTTPStatus.UNAUTHORIZED, "unknown")


async def test_says_that_the_server_does_not_answer(door: Door) -> None:
    status, found = await door.post("enter", door.invitation.ticket)

    assert (status, found) == (HTTPStatus.SERVICE_UNAVAILABLE, {"refusal": "away"})


@pytest.mark.parametrize("route", ["rtc", "rtc/v1", "rtc/validate", "rtc/v1/validate"])
async def test_only_a_pass_opens_a_connection(door: Door, route: str) -> None:
    assert await door.status(route, "") == HTTPStatus.UNAUTHORIZED
    assert await door.status(route, door.invitation.ticket) == HTTPStatus.UNAUTHORIZED
    held = door.invitation.admit()
    assert await door.status(route, held) == HTTPStatus.SERVICE_UNAVAILABLE
    door.invitation.revoked = True
    assert await door.status(route, held) == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "header", [{"Host": "evil.example"}, {"Host": "localhost"}, {"Origin": "http://evil.example"}]
)
@pytest.mark.parametrize("route", ["", "/rtc", "/look"])
async def test_other_sites_are_turned_away(door: Door, header: dict[str, str], route: str) -> None:
    method = "POST" if route == "/look" else "GET"
    async with door.http.request(method, door.path + route, headers=header) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
        assert await answer.read() == b""


async def test_an_unknown_page_says_so_by_itself(door: Door) -> None:
    async with door.http.get(f"{door.server.origin}/j/unknown") as answer:
        assert answer.status == HTTPStatus.NOT_FOUND
        assert "<main" in await answer.text()


async def test_a_long_body_is_not_read(door: Door) -> None:
    async with door.http.post(f"{door.path}/look", data=b"x" * 5000) as answer:
        assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def test_nothing_secret_is_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ticket, held = door.invitation.ticket, door.invitation.admit()

    await door.post("look", ticket)
    await door.post("enter", ticket)
    await door.status("rtc/v1", held)
    await door.status("rtc/v1", f"{held}wrong")

    assert caplog.text
    for secret in (ticket, held, UNANSWERED.api_secret, "eyJ"):
        assert secret not in caplog.text


async def opened(door: Door, address: str) -> tuple[int, str, str]:
    """What a browser gets at an address: status, where it is led, and the words."""
    async with door.http.get(address, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_an_address_for_the_browser_leads_to_the_link_once(door: Door) -> None:
    for _ in range(2):
        address = door.server.open_once(door.link)
        assert door.invitation.ticket not in address
        assert door.invitation.path not in address

        async with door.http.head(address) as answer:
            assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
        assert await opened(door, address) == (HTTPStatus.SEE_OTHER, door.link, "")
        status, led_to, words = await opened(door, address)

        assert (status, led_to) == (HTTPStatus.GONE, "")
        assert "has been opened before" in words


async def test_an_address_for_the_browser_lasts_a_minute(door: Door) -> None:
    in_time, late = door.server.open_once(door.link), door.server.open_once(door.link)
    door.clock.pass_s(59.9)
    assert (await opened(door, in_time))[1] == door.link

    door.clock.pass_s(0.1)

    assert (await opened(door, late))[:2] == (HTTPStatus.GONE, "")
    assert (await opened(door, f"{door.server.origin}/o/unknown"))[0] == HTTPStatus.GONE


async def test_an_address_for_the_browser_of_this_computer_is_for_no_other(door: Door) -> None:
    address = door.server.open_once(door.link)
    elsewhere = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))

    async with (
        aiohttp.ClientSession(connector=elsewhere) as http,
        http.get(address, allow_redirects=False) as answer,
    ):
        assert answer.status == HTTPStatus.GONE

    assert (await opened(door, address))[1] == door.link


async def test_only_loopback_listens(door: Door) -> None:
    listening = {s.laddr for s in psutil.Process().net_connections() if s.status == "LISTEN"}

    assert ("127.0.0.1", door.server.port) in listening
    assert {address.ip for address in listening if address.port == door.server.port} == {
        "127.0.0.1"
    }


async def test_stopped_its_port_is_closed() -> None:
    server = JoinServer("127.0.0.1", lambda _: None, HandClock())
    await server.start()

    await server.stop()

    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        pass


async def _raw(door: Door, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.server.port)
    writer.write(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
    async with asyncio.timeout(5):
        reply = await reader.read()
    writer.close()
    await writer.wait_closed()
    return reply


def test_all_texts_are_for_people() -> None:
    """Short sentences with a full stop, no exclamation marks, and a hint for every title."""
    states = Path(resource("join/states.js")).read_text()
    sentences = re.findall(r'\["([^"]+)", "([^"]+)"', states)

    assert len(sentences) >= 15
    for title, hint in sentences:
        assert title.endswith(".")
        assert hint.endswith(".")
    assert "!" not in re.sub(r"[!=]==", "", states)
