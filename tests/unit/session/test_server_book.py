import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from keyring import errors

from app.domain.access import ServerAccess
from app.domain.errors import UsageError, UserError
from app.domain.keys import KeyPlace
from app.domain.servers import FoundServer, ServerColour, ServerKind, ServerProfile
from app.runtime.redaction import Redactor
from app.session.server_book import ServerBook
from app.session.server_keys import ServerKeys, masked
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles
from app.storage.system_keyring import SERVICE, SystemKeyring
from tests.support.fake_keyring import FakeKeyring

STAGING = ServerProfile(
    "Staging", "wss://staging.example.org", ServerKind.SELF_HOSTED, ServerColour.BLUE
)
SECRET = "canary-" + "s" * 40
OTHER_SECRET = "canary-" + "t" * 40


@pytest.fixture
def keyring() -> Generator[FakeKeyring]:
    keyring = FakeKeyring()
    yield keyring
    keyring.answers.set()


class Desk:
    """A book over a keyring in memory, and what it would find to import."""

    def __init__(self, keyring: FakeKeyring, folder: Path) -> None:
        self.keyring = keyring
        self.redactor = Redactor()
        self.file = folder / "config" / "servers.json"
        self.lk_file = folder / "cli-config.yaml"
        self.environment: dict[str, str] = {}
        self.book = self.again()

    def again(self) -> ServerBook:
        """The book as the next start of Greenroom finds it."""
        store = SecretStore(self.redactor.register, SystemKeyring(lambda: self.keyring), 10.0)
        keys = ServerKeys(store, self.redactor.register)
        profiles = ServerProfiles(self.file.parent)
        return ServerBook(profiles, keys, environment=self.environment, lk_file=self.lk_file)

    @property
    def accounts(self) -> set[str]:
        assert {service for service, _ in self.keyring.entries} <= {SERVICE}
        return {account for _, account in self.keyring.entries}

    def lock(self) -> None:
        self.keyring.fails = errors.KeyringLocked("x")


@pytest.fixture
def desk(keyring: FakeKeyring, tmp_path: Path) -> Desk:
    return Desk(keyring, tmp_path)


async def test_a_server_and_its_key_are_there_after_a_restart(desk: Desk) -> None:
    assert await desk.book.put(STAGING, " APIstaging ", f"{SECRET}\n") is KeyPlace.KEYRING

    book = desk.again()
    assert await book.profiles() == (STAGING,)
    assert await book.access("staging") == ServerAccess(STAGING.url, "APIstaging", SECRET)
    assert await book.accesses() == {"Staging": ServerAccess(STAGING.url, "APIstaging", SECRET)}


async def test_key_and_secret_are_one_entry_and_the_file_has_neither(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    assert desk.accounts == {"server/Staging"}
    (entry,) = desk.keyring.entries.values()
    assert json.loads(entry) == {
        "host": "staging.example.org",
        "key": "APIstaging",
        "secret": SECRET,
    }
    assert "canary" not in desk.file.read_text()
    assert "APIstaging" not in desk.file.read_text()


async def test_a_secret_is_masked_from_the_moment_it_is_known(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    assert SECRET not in desk.redactor.redact(f"it is {SECRET}")

    later = Desk(desk.keyring, desk.file.parent.parent)
    await later.book.access("Staging")

    assert SECRET not in later.redactor.redact(f"it is {SECRET}")


@pytest.mark.parametrize(
    ("key", "secret", "complaint"),
    [
        ("", "", "needs an API key and its secret"),
        ("APIstaging", "", "secret is missing"),
        ("", SECRET, "key is missing"),
        ("API staging", SECRET, "is no API key"),
        ("APIstaging", "two\nlines", "is no API secret"),
        ("APIstaging", "ö" * 40, "is no API secret"),
        ("APIstaging", "x" * 2000, "too long"),
    ],
)
async def test_says_what_is_wrong_with_a_key_and_stores_nothing(
    desk: Desk, key: str, secret: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        await desk.book.put(STAGING, key, secret)

    assert desk.accounts == set()
    assert not desk.file.exists()


async def test_a_name_that_is_taken_leaves_the_other_ones_key_alone(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    with pytest.raises(UsageError, match="already"):
        await desk.book.put(replace(STAGING, url="wss://x.example"), "APIx", OTHER_SECRET)

    assert (await desk.book.access("Staging")).api_key == "APIstaging"


async def test_changes_a_profile_and_keeps_its_key(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    red = replace(STAGING, colour=ServerColour.RED, url="wss://staging.example.org:8443")
    assert await desk.book.put(red, "", "", replacing="Staging") is None

    assert await desk.book.profiles() == (red,)
    assert await desk.book.access("Staging") == ServerAccess(red.url, "APIstaging", SECRET)


async def test_a_new_name_takes_the_key_along(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    await desk.book.put(replace(STAGING, name="Testing"), "", "", replacing="Staging")

    assert desk.accounts == {"server/Testing"}
    assert (await desk.book.access("Testing")).api_secret == SECRET


async def test_a_new_name_and_a_new_key_leave_nothing_behind(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    renamed = replace(STAGING, name="Testing", url="wss://testing.example.org")
    await desk.book.put(renamed, "APItesting", OTHER_SECRET, replacing="Staging")

    assert desk.accounts == {"server/Testing"}
    assert (await desk.book.access("Testing")).api_secret == OTHER_SECRET


async def test_another_host_asks_for_the_key_again(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    moved = replace(STAGING, url="wss://evil.example.org")

    with pytest.raises(UsageError, match=r"for staging\.example\.org, and this is another host"):
        await desk.book.put(moved, "", "", replacing="Staging")
    assert await desk.book.profiles() == (STAGING,)

    await desk.book.put(moved, "APIother", OTHER_SECRET, replacing="Staging")
    assert await desk.book.access("Staging") == ServerAccess(moved.url, "APIother", OTHER_SECRET)


async def test_a_key_does_not_follow_a_host_that_was_changed_in_the_file(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.file.write_text(desk.file.read_text().replace("staging.example.org", "evil.example"))

    assert await desk.book.accesses() == {}
    with pytest.raises(UserError, match=r"was not entered for evil\.example"):
        await desk.book.access("Staging")


async def test_removes_a_server_with_its_key(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    await desk.book.remove("staging")

    assert await desk.book.profiles() == ()
    assert desk.accounts == set()
    with pytest.raises(UsageError, match="no server called"):
        await desk.book.access("Staging")


@pytest.mark.parametrize("act", ["remove", "rename"])
async def test_while_the_keyring_is_locked_nothing_gets_out_of_step(desk: Desk, act: str) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.lock()

    renamed = replace(STAGING, name="Testing")
    acting = (
        desk.book.remove("Staging")
        if act == "remove"
        else desk.book.put(renamed, "", "", replacing="Staging")
    )
    with pytest.raises(UserError, match="locked"):
        await acting

    desk.keyring.fails = None
    assert await desk.book.accesses() == {
        "Staging": ServerAccess(STAGING.url, "APIstaging", SECRET)
    }


async def test_a_locked_keyring_is_told_where_a_key_is_asked_for(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.lock()

    assert await desk.book.keys([STAGING]) == {}
    with pytest.raises(UserError, match="locked"):
        await desk.book.access("Staging")


async def test_colours_change_while_the_keyring_is_locked(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.lock()

    await desk.book.put(replace(STAGING, colour=ServerColour.RED), "", "", replacing="Staging")

    assert (await desk.book.find("Staging")).colour is ServerColour.RED


async def test_without_a_keyring_a_key_lasts_for_the_session(desk: Desk) -> None:
    desk.keyring.fails = errors.NoKeyringError("x")

    assert await desk.book.put(STAGING, "APIstaging", SECRET) is KeyPlace.SESSION
    assert (await desk.book.access("Staging")).api_secret == SECRET

    later = desk.again()
    with pytest.raises(UserError, match="no API key for Staging"):
        await later.access("Staging")
    await later.remove("Staging")
    assert await later.profiles() == ()


async def test_an_entry_of_somebody_else_is_no_key(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)

    for strange in ("x", "[]", "[" * 5_000, '{"host": 5}', '{"host": "staging.example.org"}'):
        desk.keyring.entries[SERVICE, "server/Staging"] = strange
        assert await desk.book.accesses() == {}


LK = """\
projects:
    - {name: staging, url: 'https://new.example.org', api_key: APInew, api_secret: SECRET}
    - {name: This computer, url: 'wss://odd.example.org', api_key: APIodd, api_secret: SECRET}
    - {name: open, url: 'ws://10.0.0.1', api_key: APIopen, api_secret: SECRET}
""".replace("SECRET", OTHER_SECRET)


async def test_finds_servers_and_stores_none(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.lk_file.write_text(LK)
    desk.environment |= {
        "LIVEKIT_URL": "wss://new.example.org",
        "LIVEKIT_API_KEY": "APInew",
        "LIVEKIT_API_SECRET": OTHER_SECRET,
    }

    found = await desk.book.found()

    source = str(desk.lk_file)
    assert found == (
        FoundServer("staging", "wss://new.example.org", "A ··· w", source, replaces=True),
        FoundServer("odd.example.org", "wss://odd.example.org", "A ··· d", source, replaces=False),
        FoundServer("open", "ws://10.0.0.1", "A ··· n", source, replaces=False),
    )
    assert await desk.book.profiles() == (STAGING,)
    assert "canary" not in repr(found)


async def test_a_server_of_the_environment_gets_a_name_of_its_own(desk: Desk) -> None:
    desk.lk_file.write_text(LK)
    desk.environment |= {
        "LIVEKIT_URL": "wss://odd.example.org",
        "LIVEKIT_API_KEY": "APIanother",
        "LIVEKIT_API_SECRET": SECRET,
    }

    names = [each.name for each in await desk.book.found()]

    assert names == ["staging", "odd.example.org", "open", "odd.example.org 2"]


async def test_takes_over_what_is_ticked(desk: Desk) -> None:
    await desk.book.put(STAGING, "APIstaging", SECRET)
    desk.lk_file.write_text(LK)

    await desk.book.take(["staging", "odd.example.org"])

    odd, staging = await desk.book.profiles()
    assert (staging.name, staging.url, staging.colour) == (
        "Staging",
        "wss://new.example.org",
        ServerColour.BLUE,
    )
    assert (odd.name, odd.colour) == ("odd.example.org", ServerColour.VIOLET)
    assert (await desk.book.access("Staging")).api_secret == OTHER_SECRET


async def test_an_import_does_not_confirm_what_is_not_encrypted(desk: Desk) -> None:
    desk.lk_file.write_text(LK)

    with pytest.raises(UsageError, match="not encrypted"):
        await desk.book.take(["open"])
    with pytest.raises(UserError, match="not there any more"):
        await desk.book.take(["elsewhere"])

    assert await desk.book.profiles() == ()


async def test_a_damaged_configuration_of_lk_does_not_hide_the_environment(desk: Desk) -> None:
    desk.lk_file.write_text("projects: [")
    with pytest.raises(UserError, match="not a configuration of lk"):
        await desk.book.found()

    desk.environment |= {
        "LIVEKIT_URL": "wss://a.example.org",
        "LIVEKIT_API_KEY": "APIa",
        "LIVEKIT_API_SECRET": SECRET,
    }

    assert [each.name for each in await desk.book.found()] == ["a.example.org"]


@pytest.mark.parametrize(
    ("key", "shown"),
    [("API7abcdefXp", "API7 ··· Xp"), ("devkey", "d ··· y")],
)
def test_keys_are_shown_without_their_middle(key: str, shown: str) -> None:
    assert masked(key) == shown
