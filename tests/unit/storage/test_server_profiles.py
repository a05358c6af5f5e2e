import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import UsageError, UserError
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.storage.server_profiles import ServerProfiles

STAGING = ServerProfile(
    "Staging", "wss://staging.example.org", ServerKind.SELF_HOSTED, ServerColour.BLUE
)
CLOUD = ServerProfile("demo", "wss://demo-x1.livekit.cloud", ServerKind.CLOUD, ServerColour.VIOLET)
OFFICE = ServerProfile(
    "Office", "ws://192.168.1.2:7880", ServerKind.SELF_HOSTED, ServerColour.RED, True
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "greenroom"


@pytest.fixture
def profiles(folder: Path) -> ServerProfiles:
    return ServerProfiles(folder)


def test_there_are_none_at_first_and_no_folder_is_made(
    profiles: ServerProfiles, folder: Path
) -> None:
    assert profiles.all() == ()
    assert not folder.exists()


def test_keeps_profiles_by_name(profiles: ServerProfiles, folder: Path) -> None:
    for profile in (STAGING, CLOUD, OFFICE):
        assert profiles.put(profile) == profile

    assert ServerProfiles(folder).all() == (CLOUD, OFFICE, STAGING)
    assert profiles.find("STAGING") == STAGING


def test_the_file_is_for_this_user_alone_and_holds_no_more_than_it_says(
    profiles: ServerProfiles, folder: Path
) -> None:
    profiles.put(OFFICE)

    file = folder / "servers.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads(file.read_text()) == {
        "schema": 1,
        "servers": [
            {
                "name": "Office",
                "url": "ws://192.168.1.2:7880",
                "kind": "self-hosted",
                "colour": "red",
                "unencrypted_confirmed": True,
                "webhook_port": 0,
            }
        ],
    }
    assert [path.name for path in folder.iterdir()] == ["servers.json"]


def test_changes_and_renames_a_profile(profiles: ServerProfiles) -> None:
    profiles.put(STAGING)
    profiles.put(CLOUD)

    profiles.put(replace(STAGING, name="staging", url="https://new.example.org/"), "Staging")

    changed = replace(STAGING, name="staging", url="wss://new.example.org")
    assert profiles.all() == (CLOUD, changed)


def test_two_profiles_cannot_have_one_name(profiles: ServerProfiles) -> None:
    profiles.put(STAGING)
    profiles.put(CLOUD)

    with pytest.raises(UsageError, match="“Staging” already"):
        profiles.put(replace(CLOUD, name="STAGING"))
    with pytest.raises(UsageError, match="“Staging” already"):
        profiles.put(replace(CLOUD, name="staging"), replacing="demo")
    assert profiles.all() == (CLOUD, STAGING)


def test_removes_a_profile(profiles: ServerProfiles) -> None:
    profiles.put(STAGING)
    profiles.put(CLOUD)

    profiles.remove("staging")

    assert profiles.all() == (CLOUD,)
    with pytest.raises(UsageError, match=r"no server called “Staging”.*There are: demo"):
        profiles.remove("Staging")
    with pytest.raises(UsageError, match="no server called"):
        profiles.put(STAGING, replacing="Staging")


GOOD = {"name": "a", "url": "wss://a.example", "kind": "self-hosted", "colour": "blue"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "damaged"),
        (b'{"schema": 1}', "damaged: servers"),
        (b'{"schema": 0, "servers": []}', "damaged: schema"),
        (b'{"schema": 2, "servers": [{"moon": 1}]}', "newer Greenroom"),
        (b" " * ((1 << 20) + 1), "larger than 1024 kB"),
        (json.dumps({"schema": 1, "servers": [{**GOOD, "colour": "pink"}]}).encode(), "colour"),
        (json.dumps({"schema": 1, "servers": [{**GOOD, "secret": "x"}]}).encode(), "secret"),
        (json.dumps({"schema": 1, "servers": [GOOD, GOOD]}).encode(), "“a” already"),
        (
            json.dumps({"schema": 1, "servers": [{**GOOD, "url": "ws://a.example"}]}).encode(),
            "not encrypted",
        ),
        (
            json.dumps({"schema": 1, "servers": [{**GOOD, "kind": "this computer"}]}).encode(),
            "“a”: The server of this computer",
        ),
    ],
)
def test_a_damaged_file_gets_a_sentence_and_stays_as_it_is(
    profiles: ServerProfiles, folder: Path, content: bytes, complaint: str
) -> None:
    folder.mkdir()
    file = folder / "servers.json"
    file.write_bytes(content)

    for act in (profiles.all, lambda: profiles.put(STAGING), lambda: profiles.remove("a")):
        with pytest.raises(UserError, match=complaint):
            act()

    assert file.read_bytes() == content


def test_a_broken_write_leaves_the_old_file(
    profiles: ServerProfiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.put(STAGING)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="cannot be written: No space left"):
        profiles.put(CLOUD)

    monkeypatch.undo()
    assert profiles.all() == (STAGING,)
    assert [path.name for path in folder.iterdir()] == ["servers.json"]


def test_a_folder_that_is_a_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "greenroom").write_text("")

    with pytest.raises(UserError, match=r"servers\.json cannot be"):
        ServerProfiles(tmp_path / "greenroom").put(STAGING)


def test_a_link_to_the_file_stays_a_link(
    profiles: ServerProfiles, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir()
    elsewhere = tmp_path / "dotfiles.json"
    elsewhere.write_text('{"schema": 1, "servers": []}')
    (folder / "servers.json").symlink_to(elsewhere)

    profiles.put(STAGING)

    assert (folder / "servers.json").is_symlink()
    assert "Staging" in elsewhere.read_text()


def test_a_file_that_cannot_be_read_gets_a_sentence(profiles: ServerProfiles, folder: Path) -> None:
    folder.mkdir()
    (folder / "servers.json").mkdir()

    with pytest.raises(UserError, match=r"cannot be read: Is a directory"):
        profiles.all()
