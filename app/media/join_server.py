"""Serves the join page and lets guests in by their links, at one address of this computer."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from app.domain.errors import UserError
from app.domain.ports import Clock
from app.media import join_page
from app.media.invitation import Invitation, Refusal
from app.media.media_relay import MediaRelay
from app.media.one_time import OneTimeKeys
from app.media.rooms import Rooms
from app.media.self_signed import server_context
from app.media.server_config import LOOPBACK
from app.media.signal_proxy import SignalProxy

log = logging.getLogger(__name__)

LARGEST_BODY = 1024
LEAVE_S = 2.0
USED_UP = (
    "This address has been opened before, or is more than a minute old. "
    "Press “Open in the browser” in Greenroom again.\n"
)
_STATUS = {Refusal.AWAY: HTTPStatus.SERVICE_UNAVAILABLE, Refusal.UNKNOWN: HTTPStatus.UNAUTHORIZED}


class JoinServer:
    """A web server at one address, on loopback in the clear, elsewhere with TLS; and the links that it serves.

    A link of one server is unknown to another. Nothing of a request is logged. One loop.
    """

    def __init__(self, address: str, keep_secret: Callable[[str], None], clock: Clock) -> None:
        self.address = address
        self.port = 0
        self._keep_secret = keep_secret
        self._keys = OneTimeKeys(clock)
        self._invitations: dict[str, Invitation] = {}
        self._runner: web.AppRunner | None = None
        self._relay = None if address == LOOPBACK else MediaRelay(address)
        self._proxy: SignalProxy | None = None

    @property
    def origin(self) -> str:
        scheme = "http" if self._relay is None else "https"
        return f"{scheme}://{self.address}:{self.port}"

    async def start(self) -> None:
        """Listen on a free port. Raises UserError when that fails."""
        tls = None if self._relay is None else await asyncio.to_thread(server_context, self.address)
        self._proxy = SignalProxy(None if self._relay is None else self._relay.route)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=LEAVE_S)
        try:
            await self._listen(self._runner, tls)
        except OSError as error:
            await self.stop()
            raise UserError(
                f"The join page cannot be served at {self.address}.", str(error)
            ) from error

    async def stop(self) -> None:
        """Close the port and every connection; within 4 s."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._proxy is not None:
            await self._proxy.close()
        if self._relay is not None:
            self._relay.close()

    def serve(self, invitation: Invitation) -> str:
        """Let this invitation in from now on; returns its link."""
        self._keep_secret(invitation.ticket)
        self._invitations[invitation.path] = invitation
        return f"{self.origin}/j/{invitation.path}#t={invitation.ticket}"

    def open_once(self, url: str) -> str:
        """An address that leads this computer's browser to one of the links, once, within a minute."""
        key = self._keys.offer(url)
        self._keep_secret(key)
        return f"{self.origin}/o/{key}"

    @property
    def idle(self) -> bool:
        """No link of this server can be used any more, and nobody is inside by one."""
        return all(invitation.over for invitation in self._invitations.values())

    async def _listen(self, runner: web.AppRunner, tls: ssl.SSLContext | None) -> None:
        await runner.setup()
        # SO_REUSEPORT stays off: nobody else shall be able to listen on this port too.
        listener = socket.create_server((self.address, 0))
        self.port = listener.getsockname()[1]
        await web.SockSite(runner, listener, ssl_context=tls).start()

    def _application(self) -> web.Application:
        application = web.Application(
            middlewares=[self._only_from_here], client_max_size=LARGEST_BODY
        )
        application.add_routes(
            [
                web.get("/assets/{name}", self._asset),
                web.get("/j/{path}", self._page),
                web.get("/o/{key}", self._open, allow_head=False),
                web.post("/j/{path}/look", self._look),
                web.post("/j/{path}/enter", self._enter),
                web.get("/j/{path}/{route:rtc|rtc/v1}", self._signal),
                web.get("/j/{path}/{route:rtc|rtc/v1}/validate", self._validate),
            ]
        )
        application.on_response_prepare.append(self._harden)
        return application

    async def _harden(self, _: web.Request, response: web.StreamResponse) -> None:
        join_page.harden(response, self.origin)

    @web.middleware
    async def _only_from_here(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse other sites' pages and names that were made to point here (DNS rebinding)."""
        origin = request.headers.get("Origin", self.origin)
        if request.host != f"{self.address}:{self.port}" or origin != self.origin:
            return web.Response(status=HTTPStatus.FORBIDDEN)
        return await handler(request)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        if (found := join_page.asset(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        path, content_type = found
        response = web.FileResponse(path)
        response.content_type = content_type
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        known = request.match_info["path"] in self._invitations
        status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
        return web.FileResponse(join_page.page(), status=status)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Lead to a link whose ticket nobody but the browser gets to see."""
        from_here = request.remote == self.address
        url = self._keys.take(request.match_info["key"]) if from_here else None
        if url is None:
            return web.Response(status=HTTPStatus.GONE, text=USED_UP)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})

    async def _look(self, request: web.Request) -> web.StreamResponse:
        """What the link leads to, without joining."""
        invitation = await self._invitation(request)
        if isinstance(invitation, Refusal):
            return _refuse(invitation)
        left = round(invitation.seconds_left, 1)
        return web.json_response({"room": invitation.room, "seconds_left": left})

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """A pass for whoever has the link, as long as its room is open."""
        invitation = await self._invitation(request)
        if isinstance(invitation, Refusal):
            return _refuse(invitation)
        if (refusal := await _room_refusal(invitation)) is not None:
            return _refuse(refusal)
        held = invitation.admit()
        self._keep_secret(held)
        return web.json_response({"room": invitation.room, "pass": held})

    async def _signal(self, request: web.Request) -> web.StreamResponse:
        invitation = self._by_pass(request)
        if isinstance(invitation, Refusal):
            return _refuse(invitation, HTTPStatus.UNAUTHORIZED)
        assert self._proxy is not None
        return await self._proxy.carry(invitation, request.match_info["route"], request)

    async def _validate(self, request: web.Request) -> web.StreamResponse:
        """Why a connection failed, which a browser does not tell a page of its WebSocket."""
        invitation = self._by_pass(request)
        if isinstance(invitation, Refusal):
            return _refuse(invitation, HTTPStatus.UNAUTHORIZED)
        assert self._proxy is not None
        route = request.match_info["route"]
        return web.Response(status=await self._proxy.validate(invitation, route, request.query))

    async def _invitation(self, request: web.Request) -> Invitation | Refusal:
        """Whose ticket the body of a request holds."""
        invitation = self._invitations.get(request.match_info["path"])
        ticket = (await request.read()).decode(errors="replace")
        if invitation is None:
            return Refusal.UNKNOWN
        return invitation.refusal(ticket) or invitation

    def _by_pass(self, request: web.Request) -> Invitation | Refusal:
        invitation = self._invitations.get(request.match_info["path"])
        if invitation is None:
            return Refusal.UNKNOWN
        return invitation.refusal_of_pass(request.query.get("access_token", "")) or invitation


async def _room_refusal(invitation: Invitation) -> Refusal | None:
    """A server makes a closed room anew for whoever joins it: an invitation does not."""
    try:
        rooms = await Rooms(invitation.server).listed()
    except UserError as error:
        log.info("a guest cannot join: %s", error)
        return Refusal.AWAY
    return None if invitation.room in {room.name for room in rooms} else Refusal.CLOSED


def _refuse(refusal: Refusal, status: HTTPStatus | None = None) -> web.Response:
    status = status or _STATUS.get(refusal, HTTPStatus.GONE)
    return web.json_response({"refusal": refusal.value}, status=status)
