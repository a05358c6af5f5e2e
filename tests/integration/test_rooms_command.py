"""`greenroom rooms` against a server of somebody else's, checked through the server's own API."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from keyring import core
from livekit import api
from livekit.protocol import models
from livekit.protocol import room as wire

from app.commands import rooms as command
from app.commands.arguments import parser
from app.domain.access import ServerAccess
from app.domain.errors import UsageError, UserError
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.media import tokens
from app.runtime.paths import config_folder
from app.session.server_keys import ServerKeys
from app.storage.keyring_choice import NAMES
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles
from tests.support.fake_keyring import CLASS_PATH, NAME, FakeKeyring
from tests.support.livekit import Participant

THEIRS = "Production EU"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An account without servers, with a keyring in memory."""
    monkeypatch.setitem(NAMES, CLASS_PATH, NAME)
    monkeypatch.setattr(core, "_keyring_backend", FakeKeyring())
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


async def add(access: ServerAccess, name: str = THEIRS) -> None:
    profile = ServerProfile(name, access.url, ServerKind.SELF_HOSTED, ServerColour.RED)
    ServerProfiles(config_folder()).put(profile)
    store = SecretStore(lambda _: None)
    await ServerKeys(store, lambda _: None).put(profile, access.api_key, access.api_secret)


async def greenroom(*words: str) -> None:
    """Do one act on this loop; `run` has one of its own."""
    await command.act(parser().parse_args(["rooms", *words]), lambda _: None)


async def on_the_server(access: ServerAccess, name: str) -> models.Room | None:
    async with api.LiveKitAPI(access.url, access.api_key, access.api_secret) as lk:
        answer = await lk.room.list_rooms(wire.ListRoomsRequest(names=[name]))
    return next(iter(answer.rooms), None)


@pytest.fixture
async def guest(self_hosted: ServerAccess) -> AsyncGenerator[Participant]:
    guest = Participant(tokens.caller_access(self_hosted, "parlour", "guest", "Ann\x1b[31m"))
    await guest.join()
    yield guest
    await guest.leave()


async def test_creates_shows_lists_and_closes_a_room(
    self_hosted: ServerAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    await add(self_hosted)

    limits = ("--people-at-most", "3", "--empty-timeout", "90", "--departure-timeout", "30")
    await greenroom("create", "parlour", *limits, "--metadata", "m")
    made = await on_the_server(self_hosted, "parlour")
    await greenroom("create", "parlour")
    await greenroom("show", "parlour")
    await greenroom("list")
    await greenroom("close", "parlour")

    assert made is not None
    assert (made.max_participants, made.empty_timeout, made.departure_timeout) == (3, 90, 30)
    assert made.metadata == "m"
    assert await on_the_server(self_hosted, "parlour") is None
    said = capsys.readouterr().out
    assert f"parlour is open on {THEIRS}.\n" in said
    assert f"parlour was open on {THEIRS} already" in said
    assert "closes 30 s after the last one leaves, or 90 s after it opened" in said
    assert "parlour is closed; 0 were in it.\n" in said


@pytest.mark.usefixtures("guest")
async def test_tells_scripts_and_people_who_is_in_a_room(
    self_hosted: ServerAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    await add(self_hosted)

    await greenroom("list", "--json")
    listed = json.loads(capsys.readouterr().out)
    await greenroom("show", "parlour", "--json")
    shown = json.loads(capsys.readouterr().out)
    await greenroom("show", "parlour")
    said = capsys.readouterr().out
    await greenroom("close", "parlour", "--json")
    closed = json.loads(capsys.readouterr().out)

    (room,) = (each for each in listed["rooms"] if each["name"] == "parlour")
    assert (listed["server"], room["people"], room["agent"]) == (THEIRS, 1, "")
    assert room["now"] == "Waiting for an agent"
    (person,) = shown["room"]["participants"]
    assert (person["identity"], person["kind"]) == ("guest", "person")
    assert person["permissions"]["can_publish_sources"] == ["microphone"]
    assert "microphone on" in said
    assert "\x1b" not in said
    assert closed == {"server": THEIRS, "closed": "parlour", "put_out": 1}


@pytest.mark.parametrize("words", [("close", "nowhere"), ("show", "nowhere")])
async def test_says_that_a_room_is_not_open(
    self_hosted: ServerAccess, words: tuple[str, ...]
) -> None:
    await add(self_hosted)

    with pytest.raises(UserError, match=f"No room nowhere is open on {THEIRS}"):
        await greenroom(*words)


async def test_asks_which_server_is_meant(self_hosted: ServerAccess) -> None:
    await add(self_hosted)
    await add(self_hosted, "Staging")

    with pytest.raises(UsageError, match='one of "Production EU", "Staging"'):
        await greenroom("list")
    await greenroom("list", "--server", "staging")


async def test_says_that_there_is_no_server_and_where_that_of_this_computer_is() -> None:
    with pytest.raises(UsageError, match=r"(?s)greenroom servers add.*runs inside the panel"):
        await greenroom("list")
    with pytest.raises(UsageError, match="runs inside the panel"):
        await greenroom("list", "--server", "this computer")


async def test_a_name_of_a_hundred_tricks(
    self_hosted: ServerAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    await add(self_hosted)
    name = "a\u202etxt.\x1b[2Jb"
    await greenroom("create", name)
    await greenroom("show", name)
    await greenroom("close", name)

    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_takes_no_negative_limit() -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["rooms", "create", "attic", "--people-at-most", "-1"])
