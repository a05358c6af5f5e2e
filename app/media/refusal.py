"""Why a server takes no token of ours, as a sentence."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp

from app.domain.access import ServerAccess
from app.media import tokens
from app.media.connection_test.rejection import BY_CLOCK, Why, why_rejected

ASK_S = 2.0
LIST_ROOMS = "/twirp/livekit.RoomService/ListRooms"
TOLERATED_S = 60.0
"""A server forgives a difference between the clocks of this much (go-jose's `DefaultLeeway`)."""
LONGEST_ANSWER = 4000
GENERAL = "The server rejects the API key or secret, or this computer's clock is off."
_BY_KEY = {
    Why.UNKNOWN_KEY: "The server does not know this API key. Enter its key and secret under Settings, Servers.",
    Why.WRONG_SECRET: "The server has another secret for this API key. Enter it under Settings, Servers.",
}


async def refusal(access: ServerAccess, deadline_s: float = ASK_S) -> str:
    """Ask a server that has just said 401 why. Never raises for what is wrong with it. Any loop."""
    timeout = aiohttp.ClientTimeout(total=deadline_s)
    headers = {
        "Authorization": f"Bearer {tokens.list_rooms_token(access)}",
        "Content-Type": "application/protobuf",
    }
    url = "http" + access.url.removeprefix("ws").rstrip("/") + LIST_ROOMS
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(url, headers=headers, data=b"") as answer,
        ):
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return GENERAL
            # livekit-api drops this text: it is no JSON.
            text = (await answer.content.read(LONGEST_ANSWER)).decode(errors="replace")
            return refused_because(text, answer.headers.get("Date", ""), datetime.now(UTC))
    except (aiohttp.ClientError, TimeoutError):
        return GENERAL


def refused_because(text: str, date: str, now: datetime) -> str:
    """What the text of a 401 and the `Date` beside it say; `now` is by this computer's clock."""
    why = why_rejected(text)
    if why in BY_CLOCK:
        return _clocks(why, _ahead_s(date, now))
    return _BY_KEY.get(why, GENERAL)


def _ahead_s(date: str, now: datetime) -> float | None:
    """Seconds that this computer is ahead of the server; None when the server does not say its time."""
    try:
        return (now - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):  # The former where its zone is missing.
        return None


def _clocks(why: Why, ahead_s: float | None) -> str:
    side = "ahead of" if why is Why.NOT_YET_VALID else "behind"
    known = ahead_s is not None and abs(ahead_s) >= TOLERATED_S
    size = f"{abs(ahead_s or 0.0) / 60:.0f} min" if known else "more than a minute"
    return (
        f"This computer's clock is {size} {side} the server's, which therefore rejects every token. "
        "Set the clock of the one that is wrong."
    )
