"""The exact claims of every token that Greenroom mints."""

# PyJWT leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import jwt
import pytest

from app.domain.access import RoomAccess, ServerAccess
from app.media import tokens

SERVER = ServerAccess("ws://127.0.0.1:7880", "KEY", "x" * 48)
MINUTE = timedelta(minutes=1)
MAY_SPEAK = {
    "roomJoin": True,
    "room": "r",
    "canPublish": True,
    "canPublishSources": ["microphone"],
    "canSubscribe": True,
}
CALLER = {
    "sub": "who",
    "name": "Ann",
    "attributes": {"greenroom.role": "caller"},
    "video": {**MAY_SPEAK, "canPublishData": False, "canUpdateOwnMetadata": False},
}
OUTSIDE = {"canPublish": False, "canSubscribe": False, "canPublishData": False}


@dataclass(frozen=True)
class Minted:
    """A purpose: what is minted for it, all its claims but issuer and times, and how long it opens the door."""

    purpose: str
    mint: Callable[[], RoomAccess | str]
    claims: Mapping[str, object]
    lives: timedelta


TABLE = [
    Minted(
        "agent_access",
        lambda: tokens.agent_access(SERVER, "r", "who", "Ann"),
        {
            "sub": "who",
            "name": "Ann",
            "kind": "agent",
            "attributes": {"greenroom.role": "agent"},
            "video": {**MAY_SPEAK, "canPublishData": True},
        },
        10 * MINUTE,
    ),
    Minted(
        "ear_access",
        lambda: tokens.ear_access(SERVER, "r", "who"),
        {
            "sub": "who",
            "name": "who",
            "kind": "agent",
            "attributes": {"greenroom.role": "ear"},
            "video": {
                "roomJoin": True,
                "room": "r",
                "hidden": True,
                "canPublish": False,
                "canPublishData": False,
                "canSubscribe": True,
            },
        },
        10 * MINUTE,
    ),
    Minted(
        "caller_access",
        lambda: tokens.caller_access(SERVER, "r", "who", "Ann"),
        CALLER,
        10 * MINUTE,
    ),
    Minted(
        "guest_access", lambda: tokens.guest_access(SERVER, "r", "who", "Ann"), CALLER, 10 * MINUTE
    ),
    Minted(
        "test_access",
        lambda: tokens.test_access(SERVER, "r", "who"),
        {
            **CALLER,
            "name": "who",
            "video": {**MAY_SPEAK, "canPublishData": True, "canUpdateOwnMetadata": False},
        },
        5 * MINUTE,
    ),
    Minted(
        "create_rooms_token",
        lambda: tokens.create_rooms_token(SERVER),
        {"sub": "greenroom", "video": {**OUTSIDE, "roomCreate": True}},
        MINUTE,
    ),
    Minted(
        "list_rooms_token",
        lambda: tokens.list_rooms_token(SERVER),
        {"sub": "greenroom", "video": {**OUTSIDE, "roomList": True}},
        MINUTE,
    ),
    Minted(
        "administer_room_token",
        lambda: tokens.administer_room_token(SERVER, "r"),
        {"sub": "greenroom", "video": {**OUTSIDE, "roomAdmin": True, "room": "r"}},
        MINUTE,
    ),
    Minted(
        "move_token",
        lambda: tokens.move_token(SERVER, "r", "s"),
        {
            "sub": "greenroom",
            "video": {**OUTSIDE, "roomAdmin": True, "room": "r", "destinationRoom": "s"},
        },
        MINUTE,
    ),
]


def claims(token: RoomAccess | str) -> dict[str, object]:
    written = token.token if isinstance(token, RoomAccess) else token
    decoded: dict[str, object] = jwt.decode(written, "x" * 48, algorithms=["HS256"])
    return decoded


def by_purpose(minted: Minted) -> str:
    return minted.purpose


@pytest.mark.parametrize("minted", TABLE, ids=by_purpose)
def test_has_these_claims_and_no_other(minted: Minted) -> None:
    decoded = claims(minted.mint())
    ends, begins = decoded.pop("exp"), decoded.pop("nbf")

    assert decoded == {"iss": "KEY", **minted.claims}
    assert isinstance(ends, int)
    assert isinstance(begins, int)
    assert timedelta(seconds=ends - begins) == minted.lives


def test_the_table_has_every_token() -> None:
    minting = {
        name
        for name, function in inspect.getmembers(tokens, inspect.isfunction)
        if function.__module__ == tokens.__name__ and not name.startswith("_")
    }

    assert {minted.purpose for minted in TABLE} == minting


@pytest.mark.parametrize("minted", TABLE, ids=by_purpose)
def test_a_token_stays_out_of_sight(minted: Minted) -> None:
    token = minted.mint()
    if isinstance(token, RoomAccess):
        assert token.token not in repr(token)


def test_a_guest_may_be_let_in_for_less() -> None:
    short = claims(tokens.guest_access(SERVER, "r", "who", "Ann", ttl=timedelta(seconds=5)).token)

    assert isinstance(short["exp"], int)
    assert isinstance(short["nbf"], int)
    assert short["exp"] - short["nbf"] == 5


@pytest.mark.filterwarnings("ignore:The HMAC key is ")
def test_a_short_secret_mints_all_the_same() -> None:
    token = tokens.list_rooms_token(ServerAccess("ws://127.0.0.1:7880", "devkey", "secret"))

    assert token.startswith("eyJ")
