import pytest

from app.domain.preset_rules import OutOfRangeError, is_secret_name, paths_of_secrets, within


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "API_KEY",
        "apikey",
        "deepgram_api_key",
        "xi-api-key",
        "X-API-Key",
        "Authorization",
        "secret_access_key",
        "client_secret",
        "password",
        "token",
        "auth_token",
        "credentials",
        "aws_access_key_id",
    ],
)
def test_what_is_called_like_a_secret_is_one(name: str):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "keyterm", "keywords", "key", "credentials_path", "tokenizer", "region", ""],
)
def test_other_names_are_none(name: str):
    assert not is_secret_name(name)


def test_secrets_are_found_at_any_depth_unless_they_are_empty():
    settings = {
        "a": {"b": [{"api_key": "x"}, [{"token": "y"}]]},
        "api_key": "",
        "headers": {"Authorization": None, "X-Api-Key": "z"},
        "words": ["password"],
    }

    assert list(paths_of_secrets(settings, ("settings",))) == [
        ("settings", "a", "b", 0, "api_key"),
        ("settings", "a", "b", 1, 0, "token"),
        ("settings", "headers", "X-Api-Key"),
    ]


def test_a_range_holds_its_ends_and_nothing_at_all():
    within("x", 1.0, 1.0, 2.0)
    within("x", 2, 1.0, 2.0)
    within("x", None, 1.0, 2.0)
    with pytest.raises(OutOfRangeError, match="x must be between 1 and 2") as refused:
        within("x", float("nan"), 1.0, 2.0)
    assert refused.value.path == ("x",)
