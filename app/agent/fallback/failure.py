"""Why a service failed, and when it is worth another try."""

import email.utils
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from pipecat.frames.frames import ErrorFrame
from pipecat.utils.errors import ErrorCategory, extract_http_status_code

FIRST_PAUSE_S = 4.0
LONGEST_PAUSE_S = 300.0
LONGEST_ASKED_S = 3600.0
"""What a provider may ask for by Retry-After."""
HOPELESS = frozenset(
    {
        ErrorCategory.AUTHENTICATION,
        ErrorCategory.AUTHORIZATION,
        ErrorCategory.INVALID_REQUEST,
        ErrorCategory.QUOTA,
    }
)
"""What does not mend itself within a call."""
_WORDS = {
    ErrorCategory.AUTHENTICATION: "the key was refused",
    ErrorCategory.AUTHORIZATION: "the key may not do this",
    ErrorCategory.INVALID_REQUEST: "the request was refused",
    ErrorCategory.RATE_LIMIT: "too many requests",
    ErrorCategory.QUOTA: "no credit is left",
    ErrorCategory.CONNECTIVITY: "it could not be reached, or hung up",
    ErrorCategory.SERVER: "the provider failed",
}
_TELLING = (
    (("insufficient_quota", "quota", "credit", "billing"), ErrorCategory.QUOTA),
    (("rate limit", "rate_limit", "too many requests", "429"), ErrorCategory.RATE_LIMIT),
    (("api key", "api_key", "unauthorized", "401"), ErrorCategory.AUTHENTICATION),
    (
        ("internal server error", "internal error", "server_error", "500", "503"),
        ErrorCategory.SERVER,
    ),
    (("connection", "closed", "close frame", "timeout", "valid http"), ErrorCategory.CONNECTIVITY),
)
"""Words in the errors that come without a status: over a WebSocket, and from an SDK that gave up."""
_AGAIN_IN = re.compile(r"try again in (\d+(?:\.\d+)?)(ms|s)\b")
_GARBLED = ("can't decode", "json", "expecting value", "protocol")
NOT_OF_THE_PROTOCOL = "it answered what is not of its protocol"
TEXT_AT_MOST = 120


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a service could not do its work, in words that fit after a colon."""

    cause: str
    category: ErrorCategory = ErrorCategory.UNKNOWN
    retry_after_s: float | None = None
    """When the provider wants to be asked again; None where it did not say."""


NO_SOUND = Failure("no sound came", ErrorCategory.CONNECTIVITY)


def failure_of(frame: ErrorFrame) -> Failure:
    """What an error means for the service that raised it."""
    category = frame.category or ErrorCategory.UNKNOWN
    if category is ErrorCategory.UNKNOWN:
        category = _category_told(frame.error)
    if "completed with no audio" in frame.error:
        return NO_SOUND
    words = _WORDS.get(category) or _plain(frame.error)
    status = None if frame.exception is None else extract_http_status_code(frame.exception)
    cause = words if status is None else f"{words} ({status})"
    asked_s = retry_after_s(frame.exception)
    return Failure(cause, category, _said_in_words_s(frame.error) if asked_s is None else asked_s)


def stalled(waited_s: float, *, begun: bool) -> Failure:
    """The failure of a service that says nothing, or nothing more."""
    what = "it stopped in the middle" if begun else "nothing came"
    return Failure(f"{what}, for {waited_s:.1f} s", ErrorCategory.CONNECTIVITY)


def retry_after_s(error: BaseException | None) -> float | None:
    """What an HTTP error's Retry-After asks for, as seconds or as a date (RFC 9110, 10.2.3)."""
    while error is not None:
        response = getattr(error, "response", None)
        for holder in (response, error):
            headers = getattr(holder, "headers", None)
            if (asked := _seconds(_header(headers))) is not None:
                return min(asked, LONGEST_ASKED_S)
        error = error.__cause__
    return None


class CoolDown:
    """Decides when a service that has failed is tried again. One thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` counts seconds."""
        self._now = now
        self._failures = 0
        self._until = 0.0

    @property
    def wait_s(self) -> float:
        """How long to leave it alone yet; 0 when it may be tried."""
        return max(0.0, self._until - self._now())

    def failed(self, failure: Failure) -> None:
        """Leave it alone for as long as the provider asks, else twice as long as the last time."""
        self._failures += 1
        pause_s = min(FIRST_PAUSE_S * 2 ** (self._failures - 1), LONGEST_PAUSE_S)
        if failure.category in HOPELESS:
            pause_s = LONGEST_PAUSE_S
        if failure.retry_after_s is not None:
            pause_s = failure.retry_after_s
        self._until = self._now() + pause_s

    def worked(self) -> None:
        """It has done its work."""
        self._failures = 0
        self._until = 0.0


def _category_told(text: str) -> ErrorCategory:
    said = text.lower()
    for words, category in _TELLING:
        if any(word in said for word in words):
            return category
    return ErrorCategory.UNKNOWN


def _plain(text: str) -> str:
    said = text.lower()
    if any(word in said for word in _GARBLED):
        return NOT_OF_THE_PROTOCOL
    return text[:TEXT_AT_MOST]


def _said_in_words_s(text: str) -> float | None:
    """What OpenAI asks for where there is no header: "Please try again in 1.2s", or "in 350ms"."""
    found = _AGAIN_IN.search(text)
    if found is None:
        return None
    asked_s = float(found[1]) / (1000.0 if found[2] == "ms" else 1.0)
    return min(asked_s, LONGEST_ASKED_S)


def _header(headers: object) -> str:
    if not isinstance(headers, Mapping):
        return ""
    named = {name.lower(): value for name, value in cast("Mapping[str, str]", headers).items()}
    return str(named.get("retry-after", ""))


def _seconds(value: str) -> float | None:
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
