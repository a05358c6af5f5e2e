import subprocess
import sys

import pytest
from keyring import core
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null

from app.domain.keys import KeyringState
from app.storage import keyring_choice
from app.storage.keyring_choice import NAMES, KeyringUnusableError, choose
from tests.support.fake_keyring import CLASS_PATH, NAME, FakeKeyring


class PlainFile(FakeKeyring):
    priority = 9  # pyright: ignore[reportAssignmentType]


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_keyring_backend", None)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMES, CLASS_PATH, NAME)


def offered(monkeypatch: pytest.MonkeyPatch, *backends: type[KeyringBackend]) -> None:
    """Let these be all that this computer has."""

    def viable() -> list[type[KeyringBackend]]:
        return list(backends)

    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [kind() for kind in backends])
    monkeypatch.setattr(KeyringBackend, "get_viable_backends", viable)


def hint() -> str:
    with pytest.raises(KeyringUnusableError) as unusable:
        choose()
    assert unusable.value.view.state is KeyringState.ABSENT
    return unusable.value.view.hint


@pytest.mark.usefixtures("trusted")
def test_a_trusted_keyring_is_taken(monkeypatch: pytest.MonkeyPatch):
    keyring = FakeKeyring()
    monkeypatch.setattr(core, "_keyring_backend", keyring)

    assert choose() is keyring


@pytest.mark.usefixtures("trusted")
def test_one_that_would_write_a_plain_file_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    offered(monkeypatch, PlainFile, FakeKeyring)

    assert type(choose()) is FakeKeyring


@pytest.mark.usefixtures("trusted")
def test_of_a_chain_the_first_trusted_keyring_is_taken(monkeypatch: pytest.MonkeyPatch):
    offered(monkeypatch, PlainFile, FakeKeyring)
    monkeypatch.setattr(core, "_keyring_backend", chainer.ChainerBackend())

    assert type(choose()) is FakeKeyring


def test_with_none_that_is_trusted_there_is_none(monkeypatch: pytest.MonkeyPatch):
    offered(monkeypatch, PlainFile, FakeKeyring, chainer.ChainerBackend, fail.Keyring)

    assert hint() == keyring_choice.START_ONE


@pytest.mark.usefixtures("trusted")
def test_one_that_starts_later_is_found(monkeypatch: pytest.MonkeyPatch):
    offered(monkeypatch, fail.Keyring)
    assert hint() == keyring_choice.START_ONE

    offered(monkeypatch, fail.Keyring, FakeKeyring)

    assert type(choose()) is FakeKeyring
    assert choose() is core.get_keyring()


def test_a_setting_that_names_another_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    assert f"{null.__name__}.Keyring, which Greenroom does not trust" in hint()


@pytest.mark.parametrize(
    "named", ["nonsense", "no.such.module.Keyring", "keyring.backends.null.No"]
)
def test_a_setting_that_names_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, named: str):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", named)

    assert "does not load" in hint()


def test_keyring_is_not_imported_with_the_store():
    script = "import sys, app.session.key_desk, app.storage.secret_store; print('keyring' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "False"
