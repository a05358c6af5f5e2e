"""Whether this computer's clock and the server's agree: tokens carry times."""

from email.utils import parsedate_to_datetime

import aiohttp

from app.domain.errors import UserError
from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.rejection import BY_CLOCK, Why, why_rejected
from app.media.connection_test.trial import Trial
from app.media.connection_test.validation import rejection

WARN_S = 30.0
TOLERATED_S = 60.0
"""A server forgives this much (go-jose's `DefaultLeeway`, which livekit-server uses)."""
HALF_OF_DATE_S = 0.5
"""The header `Date` has whole seconds, cut off."""
SET_IT = "Set the clock of the one that is wrong: let it take its time from the network."


async def clock_offset(trial: Trial) -> Outcome:
    """Compare with the `Date` of an answer; without one, judge by whether a new token is in time.

    Raises UserError when the server cannot be asked.
    """
    ahead_s = await _ahead_s(trial)
    if ahead_s is None:
        return await _judged_by_token(trial)
    size_s = abs(ahead_s)
    if size_s <= WARN_S:
        return ok("no difference" if size_s < 1.5 else _words(ahead_s))
    if size_s > TOLERATED_S and await _why(trial) is not None:
        return failed(f"{_words(ahead_s)}; tokens fail beyond {TOLERATED_S:g} s", SET_IT)
    return warning(f"{_words(ahead_s)}; tokens fail beyond {TOLERATED_S:g} s", SET_IT)


async def _ahead_s(trial: Trial) -> float | None:
    """Seconds that this computer is ahead of the server; None when the server does not say its time."""
    now = trial.subject.now
    asked_at = now()
    try:
        async with trial.http.get(f"{trial.url.http}/") as answer:
            date, answered_at = answer.headers.get("Date"), now()
    except aiohttp.ClientError as error:
        raise UserError(
            f"the connection broke ({type(error).__name__})", "Run the test again."
        ) from error
    if date is None:
        return None
    try:
        server_at = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    return (asked_at + answered_at) / 2 - (server_at + HALF_OF_DATE_S)


async def _judged_by_token(trial: Trial) -> Outcome:
    why = await _why(trial)
    if why is None:
        return ok("a token made now is in time")
    if why not in BY_CLOCK:
        return skipped("the server does not say its time")
    side = "ahead of" if why is Why.NOT_YET_VALID else "behind"
    detail = f"this computer is more than {TOLERATED_S:g} s {side} the server"
    return failed(f"{detail}; tokens fail", SET_IT)


async def _why(trial: Trial) -> Why | None:
    """Why a token that is made now is rejected; None when it is accepted."""
    answer = await rejection(trial, trial.token("clock"))
    return None if answer is None else why_rejected(answer)


def _words(ahead_s: float) -> str:
    side = "ahead" if ahead_s > 0 else "behind"
    size_s = abs(ahead_s)
    size = f"{size_s:.0f} s" if size_s < 120 else f"{size_s / 60:.0f} min"
    return f"this computer is {size} {side}"
