"""What a provider does instead of its work."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from tests.support.provider_host import drops, garbles


class Kind(StrEnum):
    UNAUTHORIZED = "401"
    NO_FUNDS = "402"
    RATE_LIMIT = "429"
    SERVER_ERROR = "500"
    STALL = "stall"
    """Nothing comes: no token, no sound, no word."""
    STALL_MIDWAY = "stall_midway"
    """The first part comes, and no more."""
    DROP = "drop"
    """The socket is cut off without a word."""
    DROP_MIDWAY = "drop_midway"
    """The first part comes, then the socket is cut off."""
    GARBAGE = "garbage"
    """Octets come that are not of the protocol."""


MIDWAY = frozenset({Kind.STALL_MIDWAY, Kind.DROP_MIDWAY})
REFUSALS = frozenset({Kind.UNAUTHORIZED, Kind.NO_FUNDS, Kind.RATE_LIMIT, Kind.SERVER_ERROR})
_WORDS = {
    Kind.UNAUTHORIZED: ("invalid_api_key", "Incorrect API key provided."),
    Kind.NO_FUNDS: ("insufficient_quota", "You have no credits left."),
    Kind.RATE_LIMIT: ("rate_limit_exceeded", "Rate limit reached."),
    Kind.SERVER_ERROR: ("server_error", "The server had an error."),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    It hits the service's turns from number `from_turn` on, counted from 1 since the host's last reset, `times` of
    them or, with None, until the service is healed. A turn is a request to a model, an utterance, a context of a
    voice. `handshakes` lets every new connection be hit as well: a refused handshake is what a wrong key is to
    most sockets.
    """

    kind: Kind
    from_turn: int = 1
    times: int | None = None
    handshakes: bool = False
    retry_after_s: float = 7.0

    @property
    def refuses(self) -> bool:
        return self.kind in REFUSALS

    @property
    def status(self) -> int:
        """The HTTP status of a refusal."""
        return int(self.kind)

    @property
    def code(self) -> str:
        return _WORDS[self.kind][0]

    @property
    def message(self) -> str:
        again = f" Please try again in {self.retry_after_s:g}s."
        return _WORDS[self.kind][1] + (again if self.kind is Kind.RATE_LIMIT else "")


def refusal(fault: Fault) -> web.Response:
    """The fault as an HTTP answer; a rate limit says when to come again."""
    limited = fault.kind is Kind.RATE_LIMIT
    return web.json_response(
        {"error": {"message": fault.message, "type": fault.code, "code": fault.code}},
        status=fault.status,
        headers={"Retry-After": f"{fault.retry_after_s:g}"} if limited else None,
    )


async def instead_of_an_answer(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Misbehave before anything was answered."""
    if fault.refuses:
        return refusal(fault)
    if fault.kind is Kind.DROP:
        return await drops(request)
    if fault.kind is Kind.GARBAGE:
        return await garbles(request)
    await asyncio.Event().wait()
    raise AssertionError
