import pytest

from app.media.connection_test.rejection import Why, reason_of, why_rejected

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ2aWRlbyI6e319.GjEE73M_t0iZxaf7yfIm0RhYTDzTqKT"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("invalid API key: APInope", Why.UNKNOWN_KEY),
        (
            f"invalid token: {TOKEN}, error: token signature is invalid: signature is invalid",
            Why.WRONG_SECRET,
        ),
        (
            f"invalid token: {TOKEN}, error: go-jose/go-jose: error in cryptographic primitive",
            Why.WRONG_SECRET,
        ),
        (
            f"invalid token: {TOKEN}, error: token has invalid claims: token is not valid yet",
            Why.NOT_YET_VALID,
        ),
        (f"invalid token: {TOKEN}, error: token has invalid claims: token is expired", Why.EXPIRED),
        ("validation failed, token is expired (exp)", Why.EXPIRED),
        ("no permissions to access the room", Why.OTHER),
        ("", Why.OTHER),
    ],
)
def test_what_servers_say(answer: str, why: Why) -> None:
    assert why_rejected(answer) is why


def test_a_reason_leaves_out_the_token_that_the_server_repeats() -> None:
    assert reason_of(f"invalid token: {TOKEN}, error: token is expired") == "token is expired"
    assert reason_of(f"bad\n token {TOKEN}") == "bad token …"
    assert len(reason_of("x" * 10_000)) == 200
