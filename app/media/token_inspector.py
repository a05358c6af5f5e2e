"""Says in words what a join token is good for."""

# PyJWT leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import jwt

from app.domain.access import RoomAccess, ServerAccess
from app.domain.errors import UsageError
from app.domain.server_rules import normal_url, require_encryption
from app.domain.servers import TokenReport
from app.media.token_rights import may_hear, may_speak, rights

LONGEST_TOKEN = 128 * 1024
"""Bytes of UTF-8: a token with all that a server takes in metadata and attributes is shorter."""
ALGORITHM = "HS256"
"""The only one that livekit-server takes."""
_FORM = "A token has three parts with dots between them and begins with eyJ."
_LEEWAY_S = 60.0
"""How far livekit-server lets clocks differ."""

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Token:
    header: Claims
    claims: Claims


def inspect(token: str, keys: Mapping[str, ServerAccess], now: float) -> TokenReport:
    """What a token says at `now`, seconds since the epoch, and which of `keys`, by their profile's name, signed it.

    Raises UsageError for text that is no token.
    """
    written = _written(token)
    decoded = _decode(written)
    claims = decoded.claims
    can, cannot = rights(claims)
    signature, profile = _signature(written, decoded, keys)
    refusal = _refusal(claims, now)
    return TokenReport(
        identity=_text(claims, "sub"),
        name=_text(claims, "name"),
        room=_room(claims),
        issuer=_text(claims, "iss"),
        expires_at=_time(claims, "exp"),
        expired=_expired(claims, now),
        signature=signature,
        can=can,
        cannot=(*_not_yet(claims, now), *cannot),
        claims=json.dumps(claims, indent=2, ensure_ascii=False),
        profile=profile,
        may_speak=may_speak(claims),
        cannot_join="" if refusal is None else str(refusal),
    )


def access_by_token(
    token: str, url: str, now: float, *, unencrypted_confirmed: bool = False
) -> RoomAccess:
    """The access that a pasted token gives to the room it names, on the server at `url`.

    Raises UsageError for a token that lets nobody in, and for an address that is none.
    """
    written = _written(token)
    claims = _decode(written).claims
    if (refusal := _refusal(claims, now)) is not None:
        raise refusal
    normal = normal_url(url)
    require_encryption(normal, confirmed=unencrypted_confirmed)
    return RoomAccess(normal, _room(claims), _text(claims, "sub"), written)


def _refusal(claims: Claims, now: float) -> UsageError | None:
    """Why it is of no use to try to join with these claims."""
    if _group(claims, "video").get("roomJoin") is not True:
        return UsageError("This token lets nobody into a room.", "Ask for one that may join.")
    if not _room(claims) or not _text(claims, "sub"):
        lacking = "a room" if not _room(claims) else "an identity"
        return UsageError(f"This token does not name {lacking}.", "Ask for one that does.")
    if _expired(claims, now):
        return UsageError("This token has expired.", "Ask for a new one.")
    if not may_hear(claims):
        return UsageError(
            "This token may not hear the others.", "Greenroom shows what it hears: ask for another."
        )
    return None


def _room(claims: Claims) -> str:
    return _text(_group(claims, "video"), "room")


def _expired(claims: Claims, now: float) -> bool:
    expires_at = _time(claims, "exp")
    return expires_at is not None and expires_at < now


def _written(token: str) -> str:
    """`token` without what people copy along with it."""
    written = token.strip().strip("\"'").removeprefix("Bearer ").strip()
    if not written:
        raise UsageError("There is no token.", "Paste one.")
    if len(written.encode(errors="replace")) > LONGEST_TOKEN:
        raise UsageError("This is too long for a token.", _FORM)
    return written


def _decode(written: str) -> _Token:
    try:
        decoded: dict[str, Any] = jwt.decode_complete(
            written, options={"verify_signature": False, "verify_exp": False}
        )
        claims = cast("Claims", decoded["payload"])
        json.dumps(claims, ensure_ascii=False).encode()
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise UsageError("This is not a token.", _FORM) from error
    return _Token(cast("Claims", decoded["header"]), claims)


def _signature(written: str, token: _Token, keys: Mapping[str, ServerAccess]) -> tuple[str, str]:
    """What its signature is worth, as a sentence, and the profile whose key signed it."""
    algorithm = token.header.get("alg")
    if algorithm != ALGORITHM:
        kind = _short(algorithm)
        return f"Its signature is of the kind {kind}; LiveKit takes {ALGORITHM} only.", ""
    issuer = _text(token.claims, "iss")
    if not issuer:
        return "It does not say which API key signed it, so no server takes it.", ""
    having = {name: access for name, access in keys.items() if access.api_key == issuer}
    for name, access in having.items():
        if _signed_with(written, access.api_secret):
            return f"Signed with the key of {name}.", name
    if names := " and ".join(having):
        return f"It names the key of {names}, but was not signed with that key's secret.", ""
    return f"No server profile has the API key {_short(issuer)}, so nobody here can check it.", ""


def _signed_with(written: str, secret: str) -> bool:
    try:
        jwt.PyJWS().decode(written, secret, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        return False
    return True


def _not_yet(claims: Claims, now: float) -> Iterable[str]:
    begins_at = _time(claims, "nbf")
    if begins_at is not None and begins_at > now + _LEEWAY_S:
        begins = datetime.fromtimestamp(begins_at, UTC)
        yield f"be used before {begins:%d %b %Y %H:%M} UTC: is a clock off?"


def _time(claims: Claims, name: str) -> float | None:
    """A time since the epoch, in seconds; None where there is none, or none that a calendar has."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
        datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return seconds if math.isfinite(seconds) else None


def _group(claims: Claims, name: str) -> Claims:
    value = claims.get(name)
    return cast("Claims", value) if isinstance(value, dict) else {}


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
