"""Makes links by which one person joins one room in a browser, and takes them back."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.rooms import InviteView
from app.media import tokens
from app.media.invitation import Invitation
from app.media.join_server import JoinServer
from app.media.network import network_address
from app.media.rooms import Rooms
from app.media.server_config import LOOPBACK
from app.media.signal_proxy import dismiss

log = logging.getLogger(__name__)

THIS_COMPUTER_ONLY = "this computer only"
THIS_NETWORK = "this network"
KEEP_OUT_S = 660.0
"""No token that a server handed out before lives longer: ten minutes, and a minute by which clocks may differ."""
KEEP_OUT_EVERY_S = 2.0
TELL_S = 5.0
"""How long a port stays open after its last link was revoked: for the pages that ask why they were put out."""
CHECK_S = 15.0
MEET = "https://meet.livekit.io/custom"


@dataclass(slots=True)
class _Given:
    """An invitation, where it is served, and until when its revocation has to be watched over."""

    invitation: Invitation
    server: JoinServer
    keep_out_until: float = field(default=0.0)


class Invites:
    """Owns all links, the web servers that serve them, and who is kept out. Build it once; media loop only.

    A link holds a ticket that only Greenroom can change for a way into the room, and no LiveKit token reaches the
    browser: so a link that is revoked or has expired is useless, however much of the page's traffic somebody has
    seen. The exception is a link to Meet, whose token LiveKit's servers take until it expires: after a revocation
    whoever comes by it is removed again within `KEEP_OUT_EVERY_S`.
    """

    def __init__(self, clock: Clock, keep_secret: Callable[[str], None]) -> None:
        """`keep_secret` is told each ticket and pass before it could reach a log."""
        self._clock = clock
        self._keep_secret = keep_secret
        self._given: dict[str, _Given] = {}
        self._servers: dict[str, JoinServer] = {}
        self._starting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def invite(self, server: ServerAccess, room: str, *, on_network: bool) -> InviteView:
        """A link into `room` for one person: ten minutes, microphone only.

        With `on_network` a port is opened on this computer's address, encrypted; otherwise only this computer can
        use the link. Raises UserError without such an address, or when the port cannot be opened.
        """
        address = network_address() if on_network else LOOPBACK
        join_server = await self._server_at(address)
        invitation = Invitation(server, room, self._clock)
        url = join_server.serve(invitation)
        self._given[url] = _Given(invitation, join_server)
        log.info("invited somebody to %s, %s", room, _reach(on_network=on_network))
        return InviteView(
            room=room,
            url=url,
            expires_at=invitation.expires_at,
            reach=_reach(on_network=on_network),
            meet_url=_meet_url(invitation),
        )

    async def open_url(self, invite: InviteView) -> str:
        """A new address for this computer's browser: leads to the link once, within a minute, and holds no ticket.

        What a browser is started with stands in its arguments, for every user of the computer to read.
        Raises UserError for a link that is revoked, or that is not one of these.
        """
        given = self._given.get(invite.url)
        if given is None or given.invitation.revoked:
            raise UserError("This link no longer works.", "Make a new one.")
        return given.server.open_once(invite.url)

    async def revoke(self, invite: InviteView) -> None:
        """Make a link useless and put out who came by it; a link that is revoked already is left as it is.

        The link is dead and its guest's page closed whatever happens. Raises UserError when the server does not
        confirm that the guest is out of the room; that is tried again until it does.
        """
        given = self._given.get(invite.url)
        if given is None or given.invitation.revoked:
            return
        given.invitation.revoked = True
        log.info("the invitation of %s to %s is revoked", given.invitation.identity, invite.room)
        given.keep_out_until = self._clock.now() + KEEP_OUT_S
        await dismiss(given.invitation)
        self._spawn(self._keep_out(given), f"keep out {given.invitation.identity}")
        self._spawn(self._close_when_idle(given.server, TELL_S), "close the join page")
        await _put_out(given.invitation)

    async def close(self) -> None:
        """Revoke every link, put out who is inside, and stop listening; within 12 s."""
        inside = [given.invitation for given in self._given.values() if given.invitation.guests]
        for given in self._given.values():
            given.invitation.revoked = True
        await asyncio.gather(*(dismiss(invitation) for invitation in inside))
        for result in await asyncio.gather(*map(_put_out, inside), return_exceptions=True):
            if isinstance(result, UserError):
                log.warning("%s", result)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        self._servers.clear()

    async def _server_at(self, address: str) -> JoinServer:
        async with self._starting:
            if address not in self._servers:
                server = JoinServer(address, self._keep_secret, self._clock)
                await server.start()
                self._servers[address] = server
                self._spawn(self._close_when_idle(server, CHECK_S), "watch the join page")
            return self._servers[address]

    async def _close_when_idle(self, server: JoinServer, every_s: float) -> None:
        """Stop listening on the network as soon as no link needs it; loopback stays, to say what became of a link."""
        while server.address != LOOPBACK and self._servers.get(server.address) is server:
            await asyncio.sleep(every_s)
            async with self._starting:
                if server.idle and self._servers.get(server.address) is server:
                    del self._servers[server.address]
                    await server.stop()

    async def _keep_out(self, given: _Given) -> None:
        """Remove whoever comes back under this name while a token of theirs could still be good."""
        invitation = given.invitation
        while self._clock.now() < given.keep_out_until:
            await asyncio.sleep(KEEP_OUT_EVERY_S)
            try:
                if await _is_inside(invitation):
                    log.warning("%s came back after the revocation: removed", invitation.identity)
                    await _put_out(invitation)
                    given.keep_out_until = self._clock.now() + KEEP_OUT_S
            except UserError as error:
                log.debug("cannot see whether %s is out: %s", invitation.identity, error)

    def _spawn(self, coro: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def meet_link(url: str, token: str) -> str:
    """The address of LiveKit Meet that joins with `token` at a server's `wss://` URL. Any thread.

    Raises UserError for a server without TLS: Meet's page may not connect to it. Show `MEET_WARNING` with the link.
    """
    if urlsplit(url).scheme != "wss":
        raise UserError(
            "LiveKit Meet cannot reach this server.", "It needs a server with a wss:// address."
        )
    return f"{MEET}?liveKitUrl={quote(url, safe='')}&token={quote(token, safe='')}"


def _meet_url(invitation: Invitation) -> str:
    """Meet's link for the same person, who can be inside once; empty for a server that Meet cannot reach."""
    server = invitation.server
    if urlsplit(server.url).scheme != "wss":
        return ""
    access = tokens.guest_access(server, invitation.room, invitation.identity, "Guest")
    return meet_link(server.url, access.token)


def _reach(*, on_network: bool) -> str:
    return THIS_NETWORK if on_network else THIS_COMPUTER_ONLY


async def _is_inside(invitation: Invitation) -> bool:
    inside = await Rooms(invitation.server).people(invitation.room)
    return invitation.identity in {who.identity for who in inside}


async def _put_out(invitation: Invitation) -> None:
    try:
        await Rooms(invitation.server).remove_participant(invitation.room, invitation.identity)
    except UserError as error:
        raise UserError(
            "The link no longer works, but the server does not confirm that the guest is out.",
            f"Greenroom keeps trying. {error}",
        ) from error
