import json
from io import StringIO
from pathlib import Path

import pytest
from keyring import core, errors

from app.__main__ import main
from app.commands import servers
from app.commands.arguments import parser
from app.domain.errors import MissingRequirementError, UsageError, UserError
from app.storage.keyring_choice import NAMES
from app.storage.system_keyring import SERVICE
from tests.support.fake_keyring import CLASS_PATH, NAME, FakeKeyring

SECRET = "canary-" + "s" * 40
STAGING = ("add", "Staging", "--url", "https://staging.example.org/", "--key", "API7abcdefXp")


@pytest.fixture(autouse=True)
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeKeyring:
    keyring = FakeKeyring()
    monkeypatch.setitem(NAMES, CLASS_PATH, NAME)
    monkeypatch.setattr(core, "_keyring_backend", keyring)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", StringIO(f"{SECRET}\n"))
    return keyring


def greenroom(*arguments: str) -> int:
    return servers.run(parser().parse_args(["servers", *arguments]))


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(text))


def test_without_servers_the_list_says_how_to_add_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert greenroom("list") == 0

    assert "greenroom servers add" in capsys.readouterr().out


def test_adds_a_server_whose_secret_comes_by_stdin(
    keyring: FakeKeyring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenroom(*STAGING) == 0

    said = capsys.readouterr()
    assert said.out == f"Staging is added; its key is in {NAME}.\n"
    assert said.err == ""
    entry = json.loads(keyring.entries[SERVICE, "server/Staging"])
    assert (entry["key"], entry["secret"]) == ("API7abcdefXp", SECRET)
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert written
    assert not [content for content in written if b"canary" in content]


def test_asks_for_the_secret_where_somebody_types(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return SECRET

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", typed)

    assert greenroom(*STAGING) == 0

    assert asked == ["API secret of Staging: "]
    assert SECRET in keyring.entries[SERVICE, "server/Staging"]


def test_lists_servers_with_masked_keys(capsys: pytest.CaptureFixture[str]) -> None:
    greenroom(*STAGING, "--colour", "red")
    capsys.readouterr()

    assert greenroom("list") == 0

    line = capsys.readouterr().out.split()
    assert line[:4] == ["Staging", "wss://staging.example.org", "self-hosted", "red"]
    assert " ".join(line[4:]) == "API7 ··· Xp"


def test_lists_for_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    greenroom(*STAGING)
    type_in(monkeypatch, SECRET)
    greenroom("add", "demo", "--url", "wss://demo-x1.livekit.cloud", "--key", "k" * 12)
    capsys.readouterr()

    assert greenroom("list", "--json") == 0

    demo, staging = json.loads(capsys.readouterr().out)["servers"]
    assert staging == {
        "name": "Staging",
        "url": "wss://staging.example.org",
        "kind": "self-hosted",
        "colour": "blue",
        "unencrypted_confirmed": False,
        "webhook_port": 0,
        "key": "API7 ··· Xp",
    }
    assert (demo["kind"], demo["colour"]) == ("cloud", "violet")


def test_an_addition_can_be_told_to_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert greenroom(*STAGING, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["key"]) == ("Staging", "API7 ··· Xp")


def test_removes_a_server_with_its_key(
    keyring: FakeKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    greenroom(*STAGING)

    assert greenroom("remove", "staging") == 0

    assert keyring.entries == {}
    greenroom("list")
    assert "No servers yet" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no server called"):
        greenroom("remove", "staging")


def test_a_short_secret_is_taken_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "canary-short")

    assert greenroom(*STAGING) == 0

    said = capsys.readouterr()
    assert "12 characters" in said.err
    assert "canary" not in said.err + said.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "This computer", "--url", "wss://a.example", "--key", "k"), "runs itself"),
        (("add", "a", "--url", "a.example", "--key", "k"), "lacks its scheme"),
        (("add", "a", "--url", "ws://10.0.0.1", "--key", "k"), "or add --allow-unencrypted"),
        (("add", "a", "canary", "--url", "wss://a.example", "--key", "k"), "not given on the"),
        (
            ("add", "a", "--url", "wss://a.example", "--key", "k", "--secret", "canary"),
            "not given on the command line",
        ),
        (("test", "nowhere"), "no server called"),
    ],
)
def test_wrong_use_gets_a_sentence_and_exit_code_2(
    keyring: FakeKeyring,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    assert main(["servers", *arguments]) == 2

    said = capsys.readouterr()
    assert complaint in said.err
    assert "canary" not in said.err + said.out
    assert keyring.entries == {}


def test_a_secret_that_is_out_of_place_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["servers", *STAGING, "canary", "--secrt=canary"])

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "unrecognized arguments: ••• --secrt" in said
    assert "canary" not in said


def test_an_unencrypted_server_can_be_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("add", "Office", "--url", "ws://10.0.0.1:7880", "--key", "k")

    assert greenroom(*arguments, "--allow-unencrypted") == 0

    assert "Office is added" in capsys.readouterr().out


def test_a_name_twice_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    greenroom(*STAGING)
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(UsageError, match="already"):
        greenroom(*STAGING)


@pytest.mark.parametrize("fault", [errors.KeyringLocked("x"), errors.NoKeyringError("x")])
def test_without_a_usable_keyring_nothing_is_asked(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Exception
) -> None:
    keyring.fails = fault
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(MissingRequirementError):
        greenroom(*STAGING)

    assert not (tmp_path / "config" / "greenroom" / "servers.json").exists()


def test_no_secret_adds_no_server(keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "\n")

    with pytest.raises(UserError, match="secret is missing"):
        greenroom(*STAGING)

    assert keyring.entries == {}


def test_the_list_says_that_the_keyring_is_locked(
    keyring: FakeKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    greenroom(*STAGING)
    keyring.fails = errors.KeyringLocked("x")
    capsys.readouterr()

    assert greenroom("list") == 0

    said = capsys.readouterr().out
    assert "no key" in said
    assert f"{NAME}: locked" in said
