"""Carries a guest's signalling to the LiveKit server with a token that the guest never gets."""

# The fields of aiohttp's attrs classes are unknown to the type checker.
# pyright: reportCallIssue=false

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from aiohttp import WSMsgType, web
from google.protobuf.message import DecodeError

from app.media import tokens
from app.media.invitation import Invitation
from app.media.signal_filter import Route, for_guest, put_out

log = logging.getLogger(__name__)

CONNECT_S = 8.0
CLOSE_S = 1.0
TOKEN_LIFE = timedelta(minutes=1)
"""It is used at once; the rest is for clocks that differ."""
LARGEST_MESSAGE = 1 << 20
PARAMETERS = frozenset(
    {
        *("join_request", "reconnect", "reconnect_reason", "sid", "auto_subscribe"),
        *("sdk", "version", "protocol", "client_protocol", "network"),
        *("device_model", "os", "os_version", "browser", "browser_version"),
        *("adaptive_stream", "disable_ice_lite", "subscriber_allow_pause"),
    }
)
"""What livekit-client asks with. Of the others `publish` would join under a second identity."""


class SignalProxy:
    """Owns the connections to LiveKit servers of all guests. Build it on the loop that uses it, and close it."""

    def __init__(self, route: Route | None = None) -> None:
        """`route` gives the addresses at which guests reach our loopback ports; None: as we do."""
        self._route = route
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        await self._http.close()

    async def validate(self, invitation: Invitation, route: str, query: Mapping[str, str]) -> int:
        """The HTTP status with which the server answers a connection; 503 when it does not answer."""
        url = _url(invitation, f"{route}/validate").replace("ws", "http", 1)
        timeout = aiohttp.ClientTimeout(total=CONNECT_S)
        try:
            async with self._http.get(
                url, params=_allowed(query), headers=_authority(invitation), timeout=timeout
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return HTTPStatus.SERVICE_UNAVAILABLE

    async def carry(
        self, invitation: Invitation, route: str, request: web.Request
    ) -> web.StreamResponse:
        """Connect a guest's WebSocket with the server's until either ends. The caller has checked the pass."""
        try:
            async with asyncio.timeout(CONNECT_S):
                server = await self._connect(invitation, route, request.query)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("a guest's connection to the LiveKit server failed: %s", type(error).__name__)
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        async with server:
            guest = web.WebSocketResponse(max_msg_size=LARGEST_MESSAGE, timeout=CLOSE_S)
            await guest.prepare(request)
            # A revocation meanwhile did not find this guest among those to dismiss.
            if not invitation.revoked:
                await self._between(invitation, guest, server)
            await guest.close()
            return guest

    async def _connect(
        self, invitation: Invitation, route: str, query: Mapping[str, str]
    ) -> aiohttp.ClientWebSocketResponse:
        return await self._http.ws_connect(
            _url(invitation, route),
            params=_allowed(query),
            headers=_authority(invitation),
            max_msg_size=LARGEST_MESSAGE,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
        )

    async def _between(
        self,
        invitation: Invitation,
        guest: web.WebSocketResponse,
        server: aiohttp.ClientWebSocketResponse,
    ) -> None:
        loop = asyncio.get_running_loop()
        both = {
            loop.create_task(_to_server(guest, server), name="guest to server"),
            loop.create_task(self._to_guest(server, guest), name="server to guest"),
        }
        invitation.came(guest)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            for result in await asyncio.gather(*both, return_exceptions=True):
                _tell(result)
            invitation.went(guest)

    async def _to_guest(
        self, server: aiohttp.ClientWebSocketResponse, guest: web.WebSocketResponse
    ) -> None:
        async for message in server:
            if message.type is WSMsgType.BINARY:
                allowed = await for_guest(message.data, self._route)
                if allowed is not None:
                    await guest.send_bytes(allowed)


async def _to_server(guest: web.WebSocketResponse, server: aiohttp.ClientWebSocketResponse) -> None:
    async for message in guest:
        # Asked in JSON the server would answer in JSON, which the filter does not read.
        if message.type is not WSMsgType.BINARY:
            return
        await server.send_bytes(message.data)


async def dismiss(invitation: Invitation) -> None:
    """Tell whoever is inside by this link that they are out, and close their connections."""
    for guest in tuple(invitation.guests):
        try:
            async with asyncio.timeout(CLOSE_S):
                await guest.send_bytes(put_out())
        except (ConnectionError, TimeoutError):
            log.info("a guest could not be told that they are out")
        await guest.close()


def _url(invitation: Invitation, route: str) -> str:
    return f"{invitation.server.url.rstrip('/')}/{route}"


def _authority(invitation: Invitation) -> dict[str, str]:
    access = tokens.guest_access(
        invitation.server, invitation.room, invitation.identity, "Guest", ttl=TOKEN_LIFE
    )
    return {"Authorization": f"Bearer {access.token}"}


def _allowed(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if name in PARAMETERS}


def _tell(result: object) -> None:
    """Log how one direction of a connection ended, unless it ended as connections do."""
    match result:
        case None | asyncio.CancelledError() | ConnectionError() | aiohttp.ClientError():
            pass
        case DecodeError() | ValueError() | KeyError() | OSError():
            log.warning("a guest's signalling was cut: %r", result)
        case _:
            log.error("a guest's signalling failed: %r", result)
