"""Why a server rejects our tokens, in words."""

from datetime import UTC, datetime

import pytest

from app.media.refusal import GENERAL, refused_because

NOW = datetime(2026, 11, 22, 15, 15, 26, tzinfo=UTC)
DATE = "Sun, 22 Nov 2026 15:05:26 GMT"
INVALID = "invalid token: eyJhbGciOiJI.eyJ2aWRlbyI6.RK5-2FCr_ldpZ, error: "


@pytest.mark.parametrize(
    ("text", "date", "sentence"),
    [
        ("invalid API key: other", DATE, "The server does not know this API key."),
        (
            INVALID + "token signature is invalid: signature is invalid",
            DATE,
            "The server has another secret for this API key.",
        ),
        (
            INVALID + "token has invalid claims: token is not valid yet",
            DATE,
            "This computer's clock is 10 min ahead of the server's",
        ),
        (
            INVALID + "token has invalid claims: token is expired",
            "Sun, 22 Nov 2026 15:18:26 GMT",
            "This computer's clock is 3 min behind the server's",
        ),
        (INVALID + "token is expired", "", "clock is more than a minute behind the server's"),
        (INVALID + "token is expired", "gibberish", "clock is more than a minute behind"),
        (INVALID + "token is expired", "Sun, 22 Nov 2026 15:18:26", "clock is more than a minute"),
        ("", DATE, GENERAL),
        ("<html>Sign in</html>", DATE, GENERAL),
    ],
)
def test_says_why(text: str, date: str, sentence: str) -> None:
    said = refused_because(text, date, NOW)

    assert sentence in said
    assert "eyJ" not in said
