# PyJWT leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest

from app.domain.access import RoomAccess, ServerAccess
from app.media import tokens

SERVER = ServerAccess("ws://127.0.0.1:7880", "KEY", "x" * 48)

AGENT = {
    "kind": "agent",
    "attributes": {"greenroom.role": "agent"},
    "video": {
        "roomJoin": True,
        "room": "r",
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canSubscribe": True,
        "canPublishData": True,
        "agent": True,
    },
}
EAR = {
    "kind": "agent",
    "attributes": {"greenroom.role": "ear"},
    "video": {
        "roomJoin": True,
        "room": "r",
        "hidden": True,
        "canPublish": False,
        "canSubscribe": True,
        "canPublishData": False,
    },
}
CALLER = {
    "attributes": {"greenroom.role": "caller"},
    "video": {
        "roomJoin": True,
        "room": "r",
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canSubscribe": True,
        "canPublishData": False,
        "canUpdateOwnMetadata": False,
    },
}


def claims(token: str) -> dict[str, object]:
    decoded: dict[str, object] = jwt.decode(token, "x" * 48, algorithms=["HS256"])
    return decoded


def lifetime(token: str) -> timedelta:
    decoded = claims(token)
    assert isinstance(decoded["exp"], int)
    assert isinstance(decoded["nbf"], int)
    return timedelta(seconds=decoded["exp"] - decoded["nbf"])


@pytest.mark.parametrize(
    ("mint", "expected"),
    [(tokens.agent_access, AGENT), (tokens.ear_access, EAR), (tokens.caller_access, CALLER)],
)
def test_lets_in_with_the_least(
    mint: Callable[[ServerAccess, str, str], RoomAccess], expected: dict[str, object]
) -> None:
    access = mint(SERVER, "r", "somebody")

    decoded = claims(access.token)
    assert (access.url, access.room, access.identity) == (SERVER.url, "r", "somebody")
    assert access.token not in repr(access)
    assert decoded.pop("iss") == "KEY"
    assert lifetime(access.token) == timedelta(minutes=10)
    del decoded["exp"], decoded["nbf"]
    assert decoded == {"sub": "somebody", "name": "somebody", **expected}


def test_names_whom_it_lets_in() -> None:
    assert claims(tokens.caller_access(SERVER, "r", "you", "You").token)["name"] == "You"


NOTHING_INSIDE = {"canPublish": False, "canSubscribe": False, "canPublishData": False}


@pytest.mark.parametrize(
    ("token", "grants"),
    [
        (tokens.create_rooms_token(SERVER), {"roomCreate": True}),
        (tokens.list_rooms_token(SERVER), {"roomList": True}),
        (tokens.administer_room_token(SERVER, "r"), {"roomAdmin": True, "room": "r"}),
    ],
)
def test_administers_for_a_minute_with_one_right(token: str, grants: dict[str, object]) -> None:
    assert claims(token)["video"] == {**NOTHING_INSIDE, **grants}
    assert lifetime(token) == timedelta(seconds=60)
