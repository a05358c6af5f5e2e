"""One link into a room: what opens it, and until when."""

import hmac
import secrets
from enum import StrEnum

from aiohttp import web

from app.domain.access import ServerAccess
from app.domain.ports import Clock

LINK_LIFE_S = 600.0
EXPLAIN_S = 600.0
"""How long it is told that a link has expired, where that needs a port kept open."""
RETURN_S = 60.0
"""How long somebody whose connection broke may come back. The browser gives up earlier."""


class Refusal(StrEnum):
    """Why a link does not let in. The page has a sentence for each."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    CLOSED = "closed"
    """The room is closed."""
    AWAY = "away"
    """The LiveKit server does not answer."""


class Invitation:
    """Lets one person at a time into one room, by the ticket in the link's fragment.

    The browser changes the ticket for a pass when its owner joins, and opens its connections with the pass; a pass
    lasts as long as its owner is inside. Whoever joins last holds the only pass. One loop.
    """

    def __init__(self, server: ServerAccess, room: str, clock: Clock) -> None:
        self.server = server
        self.room = room
        self.path = secrets.token_urlsafe(9)
        self.ticket = secrets.token_urlsafe(32)
        self.identity = f"guest-{secrets.token_hex(4)}"
        self.expires_at = clock.now() + LINK_LIFE_S
        self.revoked = False
        self.guests: set[web.WebSocketResponse] = set()
        """The connections that are open: one, and for a moment two while somebody reconnects."""
        self._clock = clock
        self._pass = ""
        self._last_inside = 0.0

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.expires_at - self._clock.now())

    @property
    def over(self) -> bool:
        """Nobody is inside by this link, nobody can come in by it, and nobody needs to hear why."""
        explained = self._clock.now() >= self.expires_at + EXPLAIN_S and not self._can_return
        return not self.guests and (self.revoked or explained)

    def refusal(self, ticket: str) -> Refusal | None:
        """Why a ticket does not let in now."""
        if not hmac.compare_digest(ticket.encode(), self.ticket.encode()):
            return Refusal.UNKNOWN
        if self.revoked:
            return Refusal.REVOKED
        return None if self.seconds_left else Refusal.EXPIRED

    def admit(self) -> str:
        """A new pass, in the place of the one before."""
        self._pass = secrets.token_urlsafe(32)
        self._last_inside = self._clock.now()
        return self._pass

    def refusal_of_pass(self, held: str) -> Refusal | None:
        """Why a pass does not open a connection now."""
        if self.revoked:
            return Refusal.REVOKED
        if not self._pass or not hmac.compare_digest(held.encode(), self._pass.encode()):
            return Refusal.REPLACED
        return None if self.guests or self._can_return else Refusal.EXPIRED

    def came(self, guest: web.WebSocketResponse) -> None:
        self.guests.add(guest)

    def went(self, guest: web.WebSocketResponse) -> None:
        self.guests.discard(guest)
        self._last_inside = self._clock.now()

    @property
    def _can_return(self) -> bool:
        return self._clock.now() < self._last_inside + RETURN_S
