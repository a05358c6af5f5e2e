"""Why a service failed, and when it is asked again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pipecat.frames.frames import ErrorFrame
from pipecat.utils.errors import ErrorCategory

from app.agent.fallback.failure import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    CoolDown,
    Failure,
    failure_of,
    retry_after_s,
)


class Response:
    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status_code = status
        self.headers = headers


class HttpError(Exception):
    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.response = Response(status, headers or {})


class HandClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert retry_after_s(HttpError(429, {"Retry-After": "7"})) == 7.0
    assert retry_after_s(HttpError(503, {"retry-after": soon})) == pytest.approx(90, abs=5)
    assert retry_after_s(HttpError(429, {"Retry-After": "soon"})) is None
    assert retry_after_s(HttpError(500)) is None
    assert retry_after_s(None) is None


@pytest.mark.parametrize(
    ("words", "asked_s"),
    [
        ("Rate limit reached. Please try again in 1.5s.", 1.5),
        ("Rate limit reached. Please try again in 350ms.", 0.35),
        ("Rate limit reached.", None),
    ],
)
def test_it_is_read_out_of_the_words_where_there_is_no_header(
    words: str, asked_s: float | None
) -> None:
    assert failure_of(ErrorFrame(words)).retry_after_s == asked_s


def test_it_is_found_in_what_caused_the_error() -> None:
    error = RuntimeError("the SDK's own")
    error.__cause__ = HttpError(429, {"Retry-After": "3"})

    assert retry_after_s(error) == 3.0


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("WebSocket API error: Rate limit reached", ErrorCategory.RATE_LIMIT),
        ("insufficient_quota: You have no credits left.", ErrorCategory.QUOTA),
        ("Incorrect API key provided.", ErrorCategory.AUTHENTICATION),
        ("no close frame received or sent", ErrorCategory.CONNECTIVITY),
        ("did not receive a valid HTTP response", ErrorCategory.CONNECTIVITY),
        ("received 1011 (internal error) The server had an error.", ErrorCategory.SERVER),
        ("something odd", ErrorCategory.UNKNOWN),
    ],
)
def test_errors_without_a_status_are_judged_by_their_words(
    text: str, category: ErrorCategory
) -> None:
    assert failure_of(ErrorFrame(error=text)).category is category


def test_a_cause_is_in_plain_words_with_its_status() -> None:
    frame = ErrorFrame(error="x", exception=HttpError(429, {"Retry-After": "7"}))
    frame.category = ErrorCategory.RATE_LIMIT

    assert failure_of(frame) == Failure("too many requests (429)", ErrorCategory.RATE_LIMIT, 7.0)


def test_pauses_double_and_end_with_success() -> None:
    clock = HandClock()
    cool_down = CoolDown(clock)

    cool_down.failed(Failure("x"))
    assert cool_down.wait_s == FIRST_PAUSE_S
    cool_down.failed(Failure("x"))
    assert cool_down.wait_s == 2 * FIRST_PAUSE_S
    clock.now_s += 2 * FIRST_PAUSE_S
    assert cool_down.wait_s == 0.0
    cool_down.worked()
    cool_down.failed(Failure("x"))
    assert cool_down.wait_s == FIRST_PAUSE_S


def test_what_does_not_mend_itself_waits_longest_and_a_provider_is_obeyed() -> None:
    cool_down = CoolDown(HandClock())

    cool_down.failed(Failure("x", ErrorCategory.AUTHENTICATION))
    assert cool_down.wait_s == LONGEST_PAUSE_S
    cool_down.failed(Failure("x", ErrorCategory.RATE_LIMIT, retry_after_s=1.5))
    assert cool_down.wait_s == 1.5
