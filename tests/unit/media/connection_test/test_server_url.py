import pytest

from app.domain.errors import UsageError
from app.media.connection_test.server_url import parse_server_url


@pytest.mark.parametrize(
    ("text", "host", "port", "http"),
    [
        ("wss://eu.example.org", "eu.example.org", 443, "https://eu.example.org:443"),
        ("ws://127.0.0.1:7880", "127.0.0.1", 7880, "http://127.0.0.1:7880"),
        ("ws://[2001:db8::9]:7880", "2001:db8::9", 7880, "http://[2001:db8::9]:7880"),
    ],
)
def test_knows_where_to_ask(text: str, host: str, port: int, http: str) -> None:
    url = parse_server_url(text)

    assert (url.host, url.port, url.http, url.secure) == (host, port, http, text[:3] == "wss")


def test_refuses_what_is_no_server() -> None:
    with pytest.raises(UsageError):
        parse_server_url("ftp://example.org")
