import base64
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest

from app.runtime.redaction import MASK, RedactingFormatter, Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBUElrZXkiLCJzdWIiOiJjYWxsZXIifQ.AbC-123_xyz"
LOOKS_SECRET = [
    JWT,
    JWT.rsplit(".", 1)[0] + ".",
    "sk-proj-" + "a1B2" * 8,
    "sk-ant-api03-" + "a1B2" * 8,
    "sk-or-v1-" + "a1b2" * 8,
    "sk_" + "0123456789abcdef" * 3,
    "sk_car_" + "a1B2" * 5,
    "gsk_" + "a1B2" * 12,
    "xai-" + "a1B2" * 12,
    "hf_" + "a1B2" * 8,
    "r8_" + "a1B2" * 8,
    "AIza" + "SyA1-_b2" * 4 + "abc",
    "AKIAIOSFODNN7EXAMPLE",
]
AFTER_A_WORD = [
    "Authorization: Bearer canary-value-123",
    "Authorization: Token canary-value-123",
    "authorization: canary-value-123",
    "api_key=canary-value-123",
    "'api_key': 'canary-value-123'",
    '"apiKey": "canary-value-123"',
    "xi-api-key: canary-value-123",
    "LIVEKIT_API_SECRET=canary-value-123",
    "access_token=canary-value-123&x=1",
    "?token=canary-value-123",
    "password: canary-value-123",
    "Basic canary-value-123",
    "https://user:canary-value-123@example.org/path",
]
HARMLESS = [
    "turn 3 answered in 812 ms",
    "prompt_tokens=120 completion_tokens=24",
    "token: 12 left",
    "20261122-100000-ab12 opened in room local-ab12",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "ws://127.0.0.1:7880/rtc",
    "The secret of a good cake",
    "the token signature is invalid",
    "basic knowledge",
    "ask-me-anything-about-the-eiffel-tower",
    "disk-0123456789abcdef",
]


@pytest.mark.parametrize("secret", LOOKS_SECRET)
def test_keys_of_known_formats_are_masked(secret: str):
    redacted = Redactor().redact(f"connecting with {secret} now")

    assert redacted == f"connecting with {MASK} now"


@pytest.mark.parametrize("text", AFTER_A_WORD)
def test_values_that_a_word_calls_secret_are_masked(text: str):
    redacted = Redactor().redact(text)

    assert "canary" not in redacted
    assert MASK in redacted


@pytest.mark.parametrize("text", HARMLESS)
def test_the_rest_stays_as_it_is(text: str):
    assert Redactor().redact(text) == text


def test_registered_values_are_masked_in_every_form():
    redactor = Redactor()
    value = "canary/value+1"
    redactor.register(value)

    for form in (value, quote(value, safe=""), base64.b64encode(value.encode()).decode()):
        redacted = redactor.redact(f"got {form}.")
        assert MASK in redacted
        assert form.rstrip("=") not in redacted


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "api:k"])
@pytest.mark.parametrize("after", ["", "\n", ", and more"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_registered_value_inside_a_longer_base64_text_is_masked(
    before: str, after: str, encode: Callable[[bytes], bytes]
):
    redactor = Redactor()
    value = "canary~~/?value+1"
    redactor.register(value)

    redacted = redactor.redact(encode(f"{before}{value}{after}".encode()).decode())

    left = redacted.split(MASK)
    assert len(left) == 2
    # At most a character of it at either end shares its bits with a neighbour.
    assert len(left[0]) <= -(-len(before) * 8 // 6)
    assert len(left[1].rstrip("=")) <= -(-len(after) * 8 // 6) + 1


def test_a_registered_value_is_masked_in_json_and_in_lower_case_url_encoding():
    redactor = Redactor()
    redactor.register('canary"/value')

    for form in (r"canary\"/value", "canary%22%2fvalue", "canary%22/value"):
        assert redactor.redact(f"<{form}>") == f"<{MASK}>"


def test_only_registered_values_are_masked_where_people_speak():
    redactor = Redactor()
    redactor.register("canary-value")

    said = "my password: hunter2222, not canary-value"

    assert redactor.mask_known(said) == f"my password: hunter2222, not {MASK}"
    assert Redactor().mask_known(said) == said


def test_the_longest_registered_value_wins():
    redactor = Redactor()
    redactor.register("canary")
    redactor.register("canary-and-more")

    assert redactor.redact("canary-and-more, canary") == f"{MASK}, {MASK}"


def test_a_value_too_short_to_be_a_secret_is_not_registered():
    redactor = Redactor()
    redactor.register("agent")

    assert redactor.redact("the agent speaks") == "the agent speaks"


def test_a_traceback_is_masked_too():
    redactor = Redactor()
    redactor.register("canary-value")
    formatter = RedactingFormatter(redactor, "%(message)s")
    error = ValueError("refused: canary-value")
    record = logging.LogRecord(
        "test",
        logging.ERROR,
        __file__,
        1,
        "with %s",
        ("canary-value",),
        (ValueError, error, None),
    )

    text = formatter.format(record)

    assert "canary" not in text
    assert f"ValueError: refused: {MASK}" in text
