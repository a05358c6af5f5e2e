import asyncio
import threading
from collections.abc import Generator

import pytest
from keyring import errors

from app.domain.errors import MissingRequirementError, UserError
from app.domain.keys import KeyPlace, KeyringState, KeyringView
from app.storage.keyring_choice import absent
from app.storage.secret_store import Secret, SecretStore, unusable_error
from app.storage.system_keyring import SERVICE, SystemKeyring
from tests.support.fake_keyring import FakeKeyring
from tests.support.posted import until

ACCOUNT = "provider/openai"
VALUE = "canary-value-1234"
STATES = [
    (errors.KeyringLocked("x"), KeyringState.LOCKED),
    (errors.InitError("x"), KeyringState.NOT_MADE),
    (errors.NoKeyringError("x"), KeyringState.ABSENT),
    (OSError("the bus went away"), KeyringState.ABSENT),
]


@pytest.fixture
def backend() -> Generator[FakeKeyring]:
    backend = FakeKeyring()
    yield backend
    backend.answers.set()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(backend: FakeKeyring, told: list[str]) -> SecretStore:
    return SecretStore(told.append, SystemKeyring(lambda: backend), answer_s=10.0)


def impatient(backend: FakeKeyring) -> SecretStore:
    return SecretStore(lambda _: None, SystemKeyring(lambda: backend), answer_s=0.05)


async def test_a_value_is_kept_in_the_keyring_under_one_service(
    store: SecretStore, backend: FakeKeyring
):
    place = await store.put(ACCOUNT, VALUE)

    assert place is KeyPlace.KEYRING
    assert backend.entries == {(SERVICE, ACCOUNT): VALUE}
    assert await store.read([ACCOUNT, "other"]) == {ACCOUNT: Secret(VALUE, KeyPlace.KEYRING)}


async def test_every_value_is_told_to_the_redactor(
    store: SecretStore, backend: FakeKeyring, told: list[str]
):
    backend.entries[SERVICE, "a"] = "loaded-value"

    await store.put(ACCOUNT, VALUE)
    await store.read(["a"])

    assert told == [VALUE, "loaded-value"]


async def test_a_secret_does_not_show_its_value():
    assert VALUE not in repr(Secret(VALUE, KeyPlace.KEYRING))


async def test_removing_takes_it_from_the_keyring_and_needs_none_there(
    store: SecretStore, backend: FakeKeyring
):
    await store.put(ACCOUNT, VALUE)

    await store.remove([ACCOUNT, "never stored"])

    assert backend.entries == {}
    assert await store.read([ACCOUNT]) == {}


@pytest.mark.parametrize("error", [error for error, _ in STATES])
async def test_a_keyring_that_cannot_be_used_leaves_memory(
    store: SecretStore, backend: FakeKeyring, error: Exception
):
    backend.fails = error

    assert await store.put(ACCOUNT, VALUE) is KeyPlace.SESSION
    assert await store.read([ACCOUNT, "other"]) == {ACCOUNT: Secret(VALUE, KeyPlace.SESSION)}
    await store.remove([ACCOUNT])
    assert await store.read([ACCOUNT]) == {}
    with pytest.raises(UserError) as unusable:
        await store.remove([ACCOUNT])
    assert unusable.value.hint
    assert backend.entries == {}


@pytest.mark.parametrize(("error", "state"), STATES)
async def test_unlocking_says_how_the_keyring_stands_when_it_fails(
    store: SecretStore, backend: FakeKeyring, error: Exception, state: KeyringState
):
    backend.fails = error

    view = await store.unlock()

    assert view.state is state
    assert view.hint


async def test_unlocking_moves_into_the_keyring_what_memory_holds(
    store: SecretStore, backend: FakeKeyring
):
    backend.fails = errors.KeyringLocked("x")
    await store.put(ACCOUNT, VALUE)
    backend.fails = None

    view = await store.unlock()

    assert view.state is KeyringState.READY
    assert backend.entries == {(SERVICE, ACCOUNT): VALUE}
    assert (await store.read([ACCOUNT]))[ACCOUNT].place is KeyPlace.KEYRING


async def test_while_it_asks_for_its_password_nobody_waits_for_it(
    store: SecretStore, backend: FakeKeyring
):
    backend.hang()
    unlocking = asyncio.get_running_loop().create_task(store.unlock())
    await until(lambda: backend.asked, 10)

    view = await store.look()

    assert (view.state, view.hint) == (KeyringState.LOCKED, "It is asking for its password now.")
    assert await store.put(ACCOUNT, VALUE) is KeyPlace.SESSION
    backend.answers.set()
    assert (await unlocking).state is KeyringState.READY
    assert backend.entries == {(SERVICE, ACCOUNT): VALUE}


async def test_a_hung_keyring_is_said_and_asked_by_one_thread_alone(backend: FakeKeyring):
    store = impatient(backend)
    backend.hang()

    for _ in range(20):
        assert await store.put(ACCOUNT, VALUE) is KeyPlace.SESSION

    view = await store.look()
    assert view.state is KeyringState.HUNG
    assert "another window" in view.hint
    assert backend.asked == 1
    assert [thread.name for thread in threading.enumerate()].count("keyring") == 1
    assert (await store.unlock()).state is KeyringState.HUNG
    with pytest.raises(UserError, match="does not answer"):
        await store.remove(["other"])


async def test_a_keyring_that_answers_again_is_used_again(backend: FakeKeyring):
    store = impatient(backend)
    backend.hang()
    await store.read([ACCOUNT])
    backend.answers.set()

    await until(lambda: "keyring" not in {each.name for each in threading.enumerate()}, 10)

    assert (await store.look()).state is KeyringState.READY
    assert await store.put(ACCOUNT, VALUE) is KeyPlace.KEYRING


async def test_no_keyring_at_all_is_said():
    def find() -> object:
        raise absent()

    view = await SecretStore(lambda _: None, SystemKeyring(find)).look()

    assert view.state is KeyringState.ABSENT
    assert "gnome-keyring" in view.hint


async def test_what_an_unknown_error_quotes_is_not_logged(
    store: SecretStore, backend: FakeKeyring, caplog: pytest.LogCaptureFixture
):
    backend.fails = OSError(f"could not write {VALUE}")

    await store.put(ACCOUNT, VALUE)

    assert "OSError" in caplog.text
    assert VALUE not in caplog.text


@pytest.mark.parametrize(
    ("state", "title", "exit_code"),
    [
        (KeyringState.LOCKED, "GNOME Keyring is locked.", 3),
        (KeyringState.NOT_MADE, "This account has no keyring yet.", 3),
        (KeyringState.ABSENT, "There is no keyring.", 3),
        (KeyringState.HUNG, "GNOME Keyring does not answer.", 1),
    ],
)
def test_an_act_that_needs_the_keyring_says_why_it_fails(
    state: KeyringState, title: str, exit_code: int
):
    error = unusable_error(KeyringView(state, "GNOME Keyring", "Do this."))

    assert (error.title, error.hint, error.exit_code) == (title, "Do this.", exit_code)
    assert isinstance(error, MissingRequirementError) is (exit_code == 3)


def test_a_keyring_that_refuses_though_it_is_ready_sends_to_the_log():
    error = unusable_error(KeyringView(KeyringState.READY, "GNOME Keyring"))

    assert str(error) == "GNOME Keyring refused. The log says why."
