"""Whether the server takes the API key and its secret."""

from http import HTTPStatus

import aiohttp
from livekit import api
from livekit.protocol import room

from app.domain.step_outcome import Outcome, failed, ok
from app.media import tokens
from app.media.connection_test.clock_offset import SET_IT
from app.media.connection_test.rejection import Why, reason_of, why_rejected
from app.media.connection_test.trial import HTTP_S, Trial
from app.media.connection_test.validation import rejection

REMEDIES = {
    Why.UNKNOWN_KEY: "Take the key from this server's configuration, and not from another one's.",
    Why.WRONG_SECRET: "Enter the secret again: it belongs to another key, or has been changed.",
    Why.EXPIRED: SET_IT,
    Why.NOT_YET_VALID: SET_IT,
    Why.OTHER: "Enter the key and the secret again.",
}


async def key(trial: Trial) -> Outcome:
    """List the rooms: the smallest right that a key has. Raises UserError when the server cannot be asked why not."""
    token = tokens.list_rooms_token(trial.access)
    timeout = aiohttp.ClientTimeout(total=HTTP_S)
    try:
        async with api.LiveKitAPI.with_token(token, trial.access.url, timeout=timeout) as lk:
            answer = await lk.room.list_rooms(room.ListRoomsRequest())
    except api.ServerError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            # The reason comes as plain text, which livekit-api drops.
            return _rejected(await rejection(trial, token) or "")
        return _refused(error)
    except aiohttp.ClientError as error:
        return failed(f"the connection broke ({type(error).__name__})", "Run the test again.")
    count = len(answer.rooms)
    return ok("1 room listed" if count == 1 else f"{count} rooms listed")


def _rejected(answer: str) -> Outcome:
    why = why_rejected(answer)
    said = f": {reason_of(answer)}" if why is Why.OTHER and answer else ""
    return failed(f"{why}{said}", REMEDIES[why])


def _refused(error: api.ServerError) -> Outcome:
    text = error.message or ""
    if error.status == HTTPStatus.FORBIDDEN:
        return failed("this key may not list rooms", "Use a key with all rights.")
    if error.status == HTTPStatus.NOT_FOUND:
        return failed(
            "the server's API is not there (/twirp)", "Let the proxy pass every path, /twirp too."
        )
    return failed(f"the server says: {reason_of(text) or error.code}", "Look at the server's log.")
