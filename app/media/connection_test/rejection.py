"""Why a LiveKit server rejects a token, read from what it answers."""

import re
from enum import StrEnum

_TOKEN = re.compile(r"[\w-]{10,}\.[\w-]{10,}\.[\w-]*")


class Why(StrEnum):
    UNKNOWN_KEY = "the server does not know this API key"
    WRONG_SECRET = "the server knows this API key, and its secret is another one"  # noqa: S105
    EXPIRED = "the server holds the token for expired"
    NOT_YET_VALID = "the server holds the token for not valid yet"
    OTHER = "the server rejects the token"


BY_CLOCK = frozenset({Why.EXPIRED, Why.NOT_YET_VALID})
"""What a token that was made a moment ago is rejected for when the clocks differ."""

_SIGNS = (
    (Why.UNKNOWN_KEY, ("invalid api key",)),
    (Why.EXPIRED, ("expired",)),
    (Why.NOT_YET_VALID, ("not valid yet",)),
    (Why.WRONG_SECRET, ("signature is invalid", "cryptographic primitive")),
)


def why_rejected(answer: str) -> Why:
    """What the text of a 401 says; `OTHER` when that is not known."""
    text = answer.lower()
    found = (why for why, signs in _SIGNS if any(sign in text for sign in signs))
    return next(found, Why.OTHER)


def reason_of(answer: str) -> str:
    """The server's own reason, in one line, without the token that it repeats."""
    _, _, reason = answer.rpartition("error: ")
    return _TOKEN.sub("…", " ".join(reason.split()))[:200]
