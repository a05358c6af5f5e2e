from dataclasses import replace

import pytest

from app.domain.errors import UsageError
from app.domain.server_rules import (
    is_loopback,
    normal_name,
    normal_profile,
    normal_url,
    require_free_name,
    weak_secret_warning,
)
from app.domain.servers import ServerColour, ServerKind, ServerProfile

PROFILE = ServerProfile(
    "Staging", "wss://lk.example.org", ServerKind.SELF_HOSTED, ServerColour.BLUE
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("wss://lk.example.org", "wss://lk.example.org"),
        (" https://LK.Example.org/ ", "wss://lk.example.org"),
        ("https://lk.example.org:443", "wss://lk.example.org"),
        ("http://127.0.0.1:7880", "ws://127.0.0.1:7880"),
        ("ws://localhost:80", "ws://localhost"),
        ("ws://[::1]:7880", "ws://[::1]:7880"),
        ("wss://lk.example.org.", "wss://lk.example.org"),
        ("wss://bücher.example", "wss://xn--bcher-kva.example"),
    ],
)
def test_writes_an_address_in_one_way(written: str, normal: str) -> None:
    assert normal_url(written) == normal
    assert normal_url(normal) == normal


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "not the address"),
        ("wss://" + "a" * 600, "not the address"),
        ("wss://a b", "not the address"),
        ("wss://a\n.example.org", "not the address"),
        ("lk.example.org", r"scheme.*Write wss://lk\.example\.org"),
        ("localhost:7880", "scheme"),
        ("ftp://lk.example.org", "not reached by ftp"),
        ("javascript://lk.example.org", "not reached by javascript"),
        ("wss://", "cannot be read"),
        ("wss://lk:70000", "cannot be read"),
        ("wss://lk:0", "cannot be read"),
        ("wss://[::1", "cannot be read"),
        ("wss://" + "a" * 70 + ".example", "not the name of a host"),
        ("wss://key:secret@lk.example.org", "no user and no password"),
        ("wss://lk.example.org/rtc", r"Write wss://lk\.example\.org"),
        ("wss://lk.example.org?access_token=x", r"Write wss://lk\.example\.org"),
    ],
)
def test_says_what_is_wrong_with_an_address(written: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        normal_url(written)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("ws://127.0.0.1:7880", True),
        ("ws://127.8.9.1", True),
        ("ws://[::1]:1", True),
        ("ws://localhost", True),
        ("ws://lk.localhost", True),
        ("ws://localhost.example.org", False),
        ("ws://127.0.0.1.example.org", False),
        ("ws://192.168.1.2", False),
        ("ws://0.0.0.0", False),
    ],
)
def test_knows_this_computer(url: str, *, here: bool) -> None:
    assert is_loopback(url) is here


def test_remote_servers_are_encrypted_unless_somebody_confirmed() -> None:
    remote = replace(PROFILE, url="http://192.168.1.2:7880")

    with pytest.raises(UsageError, match=r"not encrypted: anyone on this network.*confirm"):
        normal_profile(remote)

    assert normal_profile(replace(remote, unencrypted_confirmed=True)).unencrypted_confirmed
    assert normal_profile(replace(remote, url="ws://127.0.0.1:7880")).url == "ws://127.0.0.1:7880"


def test_a_confirmation_does_not_outlive_its_need() -> None:
    assert not normal_profile(replace(PROFILE, unencrypted_confirmed=True)).unencrypted_confirmed


def test_livekit_cloud_is_known_by_its_host() -> None:
    cloud = normal_profile(replace(PROFILE, url="https://demo-x1.livekit.cloud"))

    assert cloud.kind is ServerKind.CLOUD
    with pytest.raises(UsageError, match="LiveKit Cloud is reached by wss"):
        normal_profile(replace(cloud, url="ws://demo.livekit.cloud", unencrypted_confirmed=True))


def test_nobody_adds_this_computer() -> None:
    with pytest.raises(UsageError, match="there already"):
        normal_profile(replace(PROFILE, kind=ServerKind.THIS_COMPUTER))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("  ", "no name"),
        ("x" * 65, "too long"),
        ("Prod\u202egnp", "cannot be seen"),
        ("this  COMPUTER", "runs itself"),
    ],
)
def test_says_what_is_wrong_with_a_name(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        normal_name(name)


def test_names_are_tidy_and_unique() -> None:
    assert normal_name("  Production\t EU ") == "Production EU"
    require_free_name("Production", ["Production EU"])
    with pytest.raises(UsageError, match="“Production EU” already"):
        require_free_name("production eu", ["Staging", "Production EU"])


def test_a_short_secret_is_told_and_not_shown() -> None:
    warning = weak_secret_warning("abcdefg")

    assert "7 characters" in warning
    assert "abcdefg" not in warning
    assert weak_secret_warning("x" * 32) == ""


@pytest.mark.parametrize("port", [0, 1024, 65535])
def test_webhooks_may_come_to_a_port_of_ones_own(port: int) -> None:
    assert normal_profile(replace(PROFILE, webhook_port=port)).webhook_port == port


@pytest.mark.parametrize("port", [-1, 80, 65536])
def test_webhooks_come_to_no_other_port(port: int) -> None:
    with pytest.raises(UsageError, match=f"Webhooks cannot come to port {port}"):
        normal_profile(replace(PROFILE, webhook_port=port))
