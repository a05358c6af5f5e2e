import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from keyring import core, errors

from app.commands import keys
from app.commands.arguments import parser
from app.domain.errors import UsageError, UserError
from app.storage.keyring_choice import NAMES
from app.storage.system_keyring import SERVICE
from tests.support.fake_keyring import CLASS_PATH, NAME, FakeKeyring
from tests.support.provider_host import GOOD_KEY, ProviderHost

KEY = "canary-openai-1234"
ENTRY = (SERVICE, "provider/openai")


@pytest.fixture(autouse=True)
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeKeyring:
    keyring = FakeKeyring()
    monkeypatch.setitem(NAMES, CLASS_PATH, NAME)
    monkeypatch.setattr(core, "_keyring_backend", keyring)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return keyring


@pytest.fixture
def provider_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderHost]:
    with ProviderHost() as host:
        for name, value in host.environment().items():
            monkeypatch.setenv(name, value)
        yield host


def greenroom(*arguments: str) -> int:
    return keys.run(parser().parse_args(["keys", *arguments]))


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(text))


def test_a_key_is_stored_from_stdin(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    type_in(monkeypatch, f"{KEY}\n")

    assert greenroom("set", "openai") == 0

    assert keyring.entries == {ENTRY: KEY}
    assert capsys.readouterr().out == f"The OpenAI key is in {NAME}.\n"


def test_a_key_is_asked_for_where_somebody_types(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
):
    terminal = StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return KEY

    monkeypatch.setattr("getpass.getpass", answer)

    assert greenroom("set", "openai") == 0

    assert prompts == ["OpenAI key: "]
    assert keyring.entries == {ENTRY: KEY}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError])
def test_a_prompt_that_is_left_stores_nothing(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
):
    terminal = StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)

    def leave(_: str) -> str:
        raise interruption

    monkeypatch.setattr("getpass.getpass", leave)

    with pytest.raises(UserError, match="No key was stored"):
        greenroom("set", "openai")
    assert keyring.entries == {}


def test_a_key_on_the_command_line_is_refused_and_not_repeated(keyring: FakeKeyring):
    with pytest.raises(UsageError) as refused:
        greenroom("set", "openai", KEY)

    assert KEY not in str(refused.value)
    assert keyring.entries == {}


@pytest.mark.parametrize("arguments", [("set", "nope"), ("test", "nope"), ("remove", "nope")])
def test_an_unknown_provider_is_a_usage_error(arguments: tuple[str, ...]):
    with pytest.raises(UsageError, match="nope"):
        greenroom(*arguments)


def test_without_a_usable_keyring_nothing_is_asked_for(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
):
    type_in(monkeypatch, KEY)
    keyring.fails = errors.KeyringLocked("x")

    with pytest.raises(UserError, match="is locked") as locked:
        greenroom("set", "openai")

    assert locked.value.exit_code == 3
    assert keyring.entries == {}


def test_the_list_says_how_it_stands(
    keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    keyring.entries[ENTRY] = KEY
    monkeypatch.setenv("GROQ_API_KEY", "canary-groq-5678")

    assert greenroom("list") == 0

    first, *lines, last = capsys.readouterr().out.splitlines()
    assert first == f"{NAME}: ready."
    assert [line.split()[:4] for line in lines] == [
        ["groq", "•••", "5678", "GROQ_API_KEY"],
        ["openai", "•••", "1234", "keyring"],
    ]
    assert "deepgram" in last
    assert "openai" not in last


def test_an_empty_list_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]):
    assert greenroom("list") == 0

    assert "greenroom keys set" in capsys.readouterr().out


def test_the_list_for_scripts(keyring: FakeKeyring, capsys: pytest.CaptureFixture[str]):
    keyring.entries[ENTRY] = KEY

    assert greenroom("list", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["keyring"] == {"state": "ready", "name": NAME, "hint": ""}
    (key,) = document["keys"]
    assert (key["provider"], key["place"], key["tail"]) == ("openai", "keyring", "1234")
    assert key["last_test"] is None
    assert "deepgram" in document["without_key"]


def test_a_key_that_works(
    keyring: FakeKeyring, provider_host: ProviderHost, capsys: pytest.CaptureFixture[str]
):
    keyring.entries[ENTRY] = GOOD_KEY

    assert greenroom("test", "openai") == 0
    assert greenroom("list") == 0

    tested, _, listed, _ = capsys.readouterr().out.splitlines()
    assert tested.startswith("OpenAI: ")
    assert tested.endswith(" ms)")
    assert listed.endswith(tested.removeprefix("OpenAI: "))
    assert GOOD_KEY not in tested
    assert [seen.method for seen in provider_host.seen()] == ["GET"]


@pytest.mark.usefixtures("provider_host")
def test_a_key_that_does_not_work_fails_for_scripts(
    keyring: FakeKeyring, capsys: pytest.CaptureFixture[str]
):
    keyring.entries[ENTRY] = KEY

    assert greenroom("test", "openai", "--json") == 1

    document = json.loads(capsys.readouterr().out)
    assert (document["provider"], document["verdict"]) == ("openai", "rejected")
    assert document["sentence"]
    assert document["round_trip_ms"] is None


def test_a_key_is_removed(keyring: FakeKeyring, capsys: pytest.CaptureFixture[str]):
    keyring.entries[ENTRY] = KEY

    assert greenroom("remove", "openai") == 0

    assert keyring.entries == {}
    assert capsys.readouterr().out == "The OpenAI key is removed.\n"
    with pytest.raises(UserError, match="There is no OpenAI key"):
        greenroom("remove", "openai")
