"""Whether the server lets somebody in by a token, and why not."""

import base64
import binascii
import json
from typing import cast

from app.domain.step_outcome import Outcome, failed, ok
from app.media.connection_test.key import REMEDIES
from app.media.connection_test.rejection import Why, reason_of, why_rejected
from app.media.connection_test.trial import Trial
from app.media.connection_test.validation import rejection

NEW_ONE = "Make a new token, or ask for one."


async def join_token(trial: Trial) -> Outcome:
    """Show the server the token that was given, else one of our own. Raises UserError."""
    given = trial.subject.join_token
    answer = await rejection(trial, given or trial.token("token"))
    if answer is None:
        return ok("accepted")
    why = why_rejected(answer)
    if given is not None:
        return _given_refused(trial, given, why, answer)
    return failed(f"{why}: {reason_of(answer)}", REMEDIES[why])


def _given_refused(trial: Trial, given: str, why: Why, answer: str) -> Outcome:
    expires_at = _expiry(given)
    if why is Why.EXPIRED and expires_at is not None:
        ago_s = trial.subject.now() - expires_at
        return failed(f"the token expired {_span(ago_s)} ago", NEW_ONE)
    return failed(f"{why}: {reason_of(answer)}", NEW_ONE)


def _expiry(token: str) -> float | None:
    """When a token ends, as it says itself; nobody has checked its signature."""
    body = token.split(".")[1:2]
    try:
        text = base64.urlsafe_b64decode("".join(body) + "==")
        claims = cast("object", json.loads(text))
    except (binascii.Error, ValueError):
        return None
    expires_at = cast("dict[str, object]", claims).get("exp") if isinstance(claims, dict) else None
    return float(expires_at) if isinstance(expires_at, int | float) else None


def _span(seconds: float) -> str:
    for size_s, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size_s:
            return f"{seconds // size_s:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
