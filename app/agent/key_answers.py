"""Turns a provider's answer to the test of a key into a sentence.

A sentence is made of the provider's name, figures and our own words. Nothing that a provider wrote gets into
it, so an answer that echoes the key cannot either.
"""

import json
import math
from dataclasses import dataclass
from typing import cast

from app.agent.key_recipes import Catch, JsonPath, Recipe
from app.domain.keys import Verdict

Judgement = tuple[Verdict, str]

# What providers write in the body of an error, in lower case: OpenAI's, Anthropic's, Google's, ElevenLabs',
# DeepSeek's, xAI's and AssemblyAI's documented codes and phrases.
_REGION = (
    "unsupported_country",
    "country, region, or territory not supported",
    "user location is not supported",
    "incorrect_hostname",
    "incorrect regional hostname",
    "not available in your region",
    "not available in your country",
)
_CREDIT = (
    "insufficient_quota",
    "quota_exceeded",
    "quota exceeded",
    "exceeded your current quota",
    "insufficient balance",
    "insufficient_balance",
    "insufficient credit",
    "insufficient_credit",
    "insufficient funds",
    "credit balance is too low",
    "used all available credits",
    "have any credits",
    "payment_required",
    "payment required",
    "billing_not_active",
)
_MOMENTARY = ("per minute", "perminute", "per_minute", "per second", "persecond")
"""A quota of these is back in a moment, however the answer calls it."""
_EXPIRED = ("expired",)
_PERMISSION = (
    "missing_permissions",
    "missing scopes",
    "insufficient permission",
    "insufficient_permission",
    "permission_denied",
    "permission_error",
    "does not have permission",
    "service_disabled",
    "api_key_service_blocked",
)
_REVOKED = ("revoked", "disabled", "deactivated", "suspended", "blocked", "deleted")
_UNKNOWN_KEY = (
    "api_key_invalid",
    "api key not valid",
    "invalid_api_key",
    "invalid api key",
    "incorrect api key",
    "invalid authentication",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `text` is its body without the key; `retry_after_s` is what Retry-After asks for."""

    status: int
    text: str
    web_page: bool
    round_trip_ms: float
    retry_after_s: float | None = None

    def says(self, phrases: tuple[str, ...]) -> bool:
        said = self.text.lower()
        return any(phrase in said for phrase in phrases)


def judge(name: str, recipe: Recipe, answer: Answer) -> Judgement:
    """What the answer of the provider called `name` says of the key, and the sentence for it."""
    if 200 <= answer.status < 300 and not answer.web_page:
        return _judge_good(name, recipe, answer)
    if 300 <= answer.status < 400:
        return Verdict.STRANGE, (
            f"Strange answer: {name} sends the test on to another address. The key was not sent there. "
            "Look whether a proxy or a sign-in page of this network stands between."
        )
    if answer.status >= 500:
        return Verdict.PROVIDER_FAILED, (
            f"{name} failed (HTTP {answer.status}) and did not judge the key. Test again in a few minutes."
        )
    if answer.web_page:
        return Verdict.STRANGE, (
            f"Strange answer: a web page instead of {name}'s API. "
            "A sign-in page, a firewall or a proxy of this network may stand between."
        )
    return _judge_refusal(name, answer)


def _judge_good(name: str, recipe: Recipe, answer: Answer) -> Judgement:
    try:
        body: object = json.loads(answer.text)
    except (ValueError, RecursionError):
        return _not_its_api(name, answer.status)
    if not isinstance(body, dict | list):
        return _not_its_api(name, answer.status)
    caught = next(
        (each.verdict for each in recipe.catches if _holds(each, cast("object", body))), None
    )
    if caught is Verdict.NO_CREDIT:
        return _no_credit(name)
    if caught is Verdict.REJECTED:
        return _revoked(name)
    return Verdict.WORKS, f"Works, {answer.round_trip_ms:.0f} ms."


def _judge_refusal(name: str, answer: Answer) -> Judgement:
    if answer.status == 451 or answer.says(_REGION):
        return Verdict.WRONG_REGION, (
            f"Wrong region: {name} does not serve this key from here. Check the region of the account, "
            "and whether a VPN makes this computer seem to be elsewhere."
        )
    if answer.status == 402 or (answer.says(_CREDIT) and not answer.says(_MOMENTARY)):
        return _no_credit(name)
    if answer.status == 429:
        return Verdict.RATE_LIMITED, (
            f"Rate limited: {name} asks to wait{_duration(answer.retry_after_s)}. "
            "The key is probably right; test it again then."
        )
    if answer.status in (401, 403) or answer.says(_UNKNOWN_KEY):
        return Verdict.REJECTED, f"Rejected: {_why_rejected(name, answer)}"
    return _not_its_api(name, answer.status)


def _why_rejected(name: str, answer: Answer) -> str:
    if answer.says(_EXPIRED):
        return f"the key has expired. Make a new one at {name}, then replace it here."
    if answer.says(_PERMISSION):
        return (
            f"{name} knows the key, but it may not make the call of this test. "
            "Give it more permissions there, or try it in a call."
        )
    if answer.says(_REVOKED):
        return f"the key was revoked or disabled. Make a new one at {name}, then replace it here."
    if answer.status == 403 and not answer.says(_UNKNOWN_KEY):
        return (
            f"{name} refuses this key (HTTP 403). "
            "Look in your account there whether it is disabled or lacks permissions."
        )
    return f"{name} does not know this key. Copy it again from your account there, then replace it here."


def malformed(name: str) -> Judgement:
    """For a value that was not sent, because no HTTP header can carry it."""
    return Verdict.REJECTED, (
        f"Rejected: this cannot be a key of {name}: it is empty, or holds spaces or signs that no key has. "
        "Copy it again, then replace it here."
    )


def unreachable(name: str, host: str) -> Judgement:
    return Verdict.NO_NETWORK, (
        f"No network: {host} cannot be reached. Check this computer's connection, then test again. "
        f"{name} has not seen the key."
    )


def untrusted(name: str) -> Judgement:
    return Verdict.STRANGE, (
        f"Strange answer: the certificate shown for {name} is not trusted, so the key was not sent. "
        "Something on this network may read along, or the clock of this computer is wrong."
    )


def silent(name: str, deadline_s: float) -> Judgement:
    return Verdict.UNANSWERED, (
        f"{name} did not answer within {deadline_s:g} s. Test again; if it stays silent, look at its status page."
    )


def broken_off(name: str) -> Judgement:
    return Verdict.UNANSWERED, f"The connection to {name} broke before an answer came. Test again."


def garbled(name: str) -> Judgement:
    return Verdict.STRANGE, (
        f"Strange answer: what came from {name} is not HTTP. "
        "Something on this network may stand between; test again from another one."
    )


def _no_credit(name: str) -> Judgement:
    return Verdict.NO_CREDIT, (
        f"No credit left at {name}. Top the account up or raise its limit there; the key itself is right."
    )


def _revoked(name: str) -> Judgement:
    return Verdict.REJECTED, (
        f"Rejected: the key was revoked or disabled. Make a new one at {name}, then replace it here."
    )


def _not_its_api(name: str, status: int) -> Judgement:
    return Verdict.STRANGE, (
        f"Strange answer: what came is not what {name}'s API says (HTTP {status}), so the key was not judged. "
        "Test again; if it stays so, look for a newer Greenroom."
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds <= 120:
        return f" {math.ceil(seconds)} s"
    return f" {math.ceil(seconds / 60)} min"


def _holds(catch: Catch, body: object) -> bool:
    value = _at(body, catch.path)
    if catch.when is not None:
        return value is catch.when
    number = _number(value)
    return catch.at_most is not None and number is not None and number <= catch.at_most


def _at(body: object, path: JsonPath) -> object:
    for name in path:
        if not isinstance(body, dict):
            return None
        body = cast("dict[str, object]", body).get(name)
    return body


def _number(value: object) -> float | None:
    """Amounts of money come as numbers or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
