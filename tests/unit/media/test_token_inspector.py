# PyJWT leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false
import base64
import json
import time
from datetime import timedelta

import jwt
import pytest
from livekit import api

from app.domain.access import ServerAccess
from app.domain.errors import UsageError
from app.media import tokens
from app.media.token_inspector import access_by_token, inspect

EU = ServerAccess("wss://eu.example.org", "APIeu", "e" * 48)
US = ServerAccess("wss://us.example.org", "APIus", "u" * 48)
KEYS = {"Production EU": EU, "Production US": US}
NOW = time.time()


def written(claims: object, secret: str = "e" * 48, algorithm: str = "HS256") -> str:
    """A token with any claims at all."""
    header = {"alg": algorithm, "typ": "JWT"}
    payload = json.dumps(claims).encode()
    return jwt.PyJWS().encode(payload, secret, algorithm=algorithm, headers=header)


def test_says_who_gets_in_where_and_until_when() -> None:
    report = inspect(
        tokens.guest_access(EU, "front desk", "guest-1", "Ann").token, KEYS, time.time()
    )

    assert (report.identity, report.name, report.room) == ("guest-1", "Ann", "front desk")
    assert report.issuer == "APIeu"
    assert report.expires_at == pytest.approx(time.time() + 600, abs=5)
    assert not report.expired
    assert report.signature == "Signed with the key of Production EU."
    assert json.loads(report.claims)["video"]["roomJoin"] is True


def test_says_what_a_guest_can_and_cannot() -> None:
    report = inspect(tokens.guest_access(EU, "desk", "guest-1", "Ann").token, KEYS, time.time())

    assert report.can == (
        "join the room “desk”",
        "publish microphone",
        "hear and see the others",
    )
    assert report.cannot[:2] == (
        "publish camera, screen and the screen's sound",
        "send messages and data",
    )
    assert "remove, mute or move others, or change what they may do" in report.cannot
    assert "list all rooms" in report.cannot


@pytest.mark.parametrize(
    ("video", "can", "cannot"),
    [
        ({}, set[str](), {"join a room", "create and close rooms", "list all rooms"}),
        (
            {"roomJoin": True},
            {
                "join any room",
                "publish microphone, camera and screen",
                "send messages and data",
                "hear and see the others",
            },
            set[str](),
        ),
        (
            {"roomJoin": True, "room": "r", "canPublish": False},
            {"join the room “r”"},
            {"speak or show anything", "send messages and data"},
        ),
        (
            {"roomJoin": True, "room": "r", "canPublish": False, "canPublishData": True},
            {"send messages and data"},
            {"speak or show anything"},
        ),
        (
            {"roomJoin": True, "room": "r", "hidden": True, "recorder": True, "agent": True},
            {
                "be in the room unseen",
                "count as a recorder, which everyone sees",
                "take jobs as an agent of the server",
            },
            set[str](),
        ),
        ({"agent": True}, {"take jobs as an agent of the server"}, {"join a room"}),
        (
            {"roomAdmin": True},
            set[str](),
            {"manage a room: it has the right, but names no room"},
        ),
        (
            {"roomAdmin": True, "room": "r", "destinationRoom": "s"},
            {
                "manage the room “r”: remove, mute, change permissions, send data",
                "move others into the room “s”",
            },
            {"join a room"},
        ),
        ({"destinationRoom": "s"}, set[str](), {"join a room"}),
        (
            {"roomCreate": True, "roomList": True},
            {"create and close rooms", "list all rooms"},
            set[str](),
        ),
        (
            {"moonLanding": True, "moonWalk": False},
            {"something this Greenroom has no words for: “moonLanding”"},
            set[str](),
        ),
        ({"roomJoin": "true", "room": "r"}, set[str](), {"join a room"}),
    ],
)
def test_puts_grants_into_words(video: dict[str, object], can: set[str], cannot: set[str]) -> None:
    report = inspect(written({"iss": "APIeu", "sub": "x", "exp": NOW, "video": video}), KEYS, NOW)

    assert can <= set(report.can)
    assert cannot <= set(report.cannot)
    assert not set(report.can) & set(report.cannot)
    if not can:
        assert report.can == ()


def test_names_the_rights_outside_rooms() -> None:
    token = api.AccessToken("APIeu", "e" * 48).with_sip_grants(api.SIPGrants(admin=True, call=True))

    report = inspect(token.to_jwt(), KEYS, time.time())

    assert report.can == ("manage phone numbers and trunks", "call phone numbers")


def test_an_old_token_has_expired() -> None:
    assert inspect(written({"exp": NOW - 1}), KEYS, NOW).expired


def test_a_token_without_an_end_is_told() -> None:
    report = inspect(written({"iss": "APIeu"}), KEYS, NOW)

    assert report.expires_at is None
    assert not report.expired


def test_a_token_of_a_computer_whose_clock_is_ahead_is_told() -> None:
    report = inspect(written({"exp": NOW + 1200, "nbf": NOW + 600}), KEYS, NOW)

    assert "is a clock off?" in report.cannot[0]


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (written({"iss": "APIeu"}), "Signed with the key of Production EU."),
        (written({"iss": "APIeu"}, "u" * 48), "names the key of Production EU, but was not signed"),
        (written({"iss": "APIother"}), "No server profile has the API key APIother"),
        (written({}), "does not say which API key"),
        (written({"iss": "APIeu"}, "e" * 64, "HS512"), "of the kind HS512; LiveKit takes HS256"),
        (written({"iss": "APIeu"}, "", "none"), "of the kind none; LiveKit takes HS256"),
    ],
)
def test_says_whose_key_signed_it(token: str, sentence: str) -> None:
    assert sentence in inspect(token, KEYS, NOW).signature


def test_finds_the_right_one_of_two_servers_with_the_same_key() -> None:
    keys = {"One": ServerAccess("wss://one.example", "APIeu", "o" * 48), "Two": EU}

    assert inspect(written({"iss": "APIeu"}), keys, NOW).signature == "Signed with the key of Two."


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(payload: bytes, header: bytes = b'{"alg":"HS256","typ":"JWT"}') -> str:
    return f"{part(header)}.{part(payload)}.x"


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "   ",
        "hello",
        "a.b.c",
        "eyJ",
        "....",
        "\x00.\x00.\x00",
        "é.é.é",
        "\ud800.x.y",
        forged(b"not json"),
        forged(b"[1, 2]"),
        forged(b"5"),
        forged(b"null"),
        forged(b"{}").removesuffix(".x"),
        forged(b"{"),
        forged(b"[" * 60_000),
        forged(b"{%s}" % (b'"a":{' * 9_000 + b"}" * 9_000)),
        forged(b'{"exp": 1%s}' % (b"0" * 5_000)),
        forged(b'{"a": "\\ud800"}'),
        forged(bytes([0x80, 0xFF])),
        forged(b"{}", b"[]"),
        forged(b"{}", b'{"alg": [5]}'),
        "x" * 10_000_000,
    ],
    ids=range(23),
)
def test_hostile_text_gets_a_sentence_at_once(hostile: str) -> None:
    begun = time.monotonic()

    with pytest.raises(UsageError):
        inspect(hostile, KEYS, NOW)

    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "soon", "nbf": [], "sub": 5, "name": {}, "iss": None, "video": [], "sip": 1},
        {"exp": True, "video": {"room": {"a": 1}, "roomJoin": 1, "canPublishSources": {"a": 1}}},
        {"exp": 1e300, "video": {"roomJoin": True, "room": 7, "canPublishSources": [1, None, "x"]}},
        {"exp": -1e300, "nbf": 1e300, "attributes": 5, "roomConfig": 5, "kind": 7},
        {"exp": float("nan"), "iss": ["a"], "video": {"canPublish": "no", "roomJoin": True}},
        {"exp": float("inf"), "iss": "x" * 50_000, "sub": "\u202ekcatta", "name": "<b>" * 1000},
        {"video": {f"grant{number}": True for number in range(3000)}},
    ],
    ids=range(7),
)
def test_claims_of_the_wrong_type_are_read_as_absent(claims: object) -> None:
    report = inspect(written(claims), KEYS, NOW)

    assert report.expires_at is None
    assert not report.expired
    assert all(len(line) < 200 for line in (*report.can, *report.cannot, report.signature))


def test_no_report_holds_a_secret() -> None:
    for token in (written({"iss": "APIeu"}), written({"iss": "APIeu"}, "u" * 48)):
        assert "e" * 48 not in repr(inspect(token, KEYS, NOW))


def test_a_pasted_token_lets_us_in() -> None:
    minted = tokens.guest_access(EU, "desk", "guest-1", "Ann")

    access = access_by_token(f"  Bearer {minted.token}\n", "https://eu.example.org/", time.time())

    assert access == minted


@pytest.mark.parametrize(
    ("token", "url", "complaint"),
    [
        (tokens.list_rooms_token(EU), EU.url, "lets nobody into a room"),
        (written({"sub": "x", "video": {"roomJoin": True}}), EU.url, "does not name a room"),
        (
            written({"video": {"roomJoin": True, "room": "r"}}),
            EU.url,
            "does not name an identity",
        ),
        (
            tokens.guest_access(EU, "r", "x", "", ttl=timedelta(seconds=-5)).token,
            EU.url,
            "has expired",
        ),
        (tokens.guest_access(EU, "r", "x", "").token, "eu.example.org", "lacks its scheme"),
        (tokens.guest_access(EU, "r", "x", "").token, "ws://eu.example.org", "not encrypted"),
    ],
)
def test_says_why_a_pasted_token_lets_nobody_in(token: str, url: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        access_by_token(token, url, time.time())


def test_an_unencrypted_server_can_be_confirmed() -> None:
    minted = tokens.guest_access(EU, "r", "x", "")

    access = access_by_token(minted.token, "ws://10.0.0.2", time.time(), unencrypted_confirmed=True)

    assert access.url == "ws://10.0.0.2"


@pytest.mark.parametrize(
    ("video", "speaks"),
    [
        ({}, True),
        ({"canPublish": False}, False),
        ({"canPublishSources": ["microphone"]}, True),
        ({"canPublishSources": ["MICROPHONE", "camera"]}, True),
        ({"canPublishSources": ["camera"]}, False),
        ({"hidden": True}, False),
    ],
)
def test_says_whether_one_is_heard(video: dict[str, object], speaks: bool) -> None:
    grants = {"roomJoin": True, "room": "r", **video}

    report = inspect(written({"iss": "APIeu", "sub": "x", "video": grants}), KEYS, NOW)

    assert report.may_speak is speaks
    assert (report.profile, report.cannot_join) == ("Production EU", "")


@pytest.mark.parametrize(
    ("video", "reason"),
    [
        ({"room": "r"}, "lets nobody into a room"),
        ({"roomJoin": True}, "does not name a room"),
        ({"roomJoin": True, "room": "r", "canSubscribe": False}, "may not hear"),
    ],
)
def test_says_why_one_cannot_join(video: dict[str, object], reason: str) -> None:
    report = inspect(written({"iss": "APIxx", "sub": "x", "video": video}), KEYS, NOW)

    assert reason in report.cannot_join
    assert report.profile == ""
