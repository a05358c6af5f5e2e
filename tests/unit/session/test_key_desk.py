from collections.abc import Generator
from pathlib import Path

import pytest
from keyring import errors

from app.domain.back_office import KeyDesk
from app.domain.errors import UsageError, UserError
from app.domain.keys import KeyPlace, KeyringState, KeyTest, Verdict
from app.domain.providers import PROVIDERS, Provider, provider
from app.runtime.clock import AnchoredClock
from app.runtime.loop_thread import LoopThread
from app.runtime.redaction import MASK, Redactor
from app.session.key_desk import SESSION_ONLY, ProviderKeyDesk, account, check_on
from app.storage.key_tests import KeyTestFile
from app.storage.secret_store import SecretStore
from app.storage.system_keyring import SERVICE, SystemKeyring
from tests.support.fake_keyring import FakeKeyring
from tests.support.provider_host import GOOD_KEY, ProviderHost

KEY = "canary-openai-1234"
OTHER = "canary-other-5678"
GROQ = "canary-groq-9abc"


@pytest.fixture
def keyring() -> Generator[FakeKeyring]:
    keyring = FakeKeyring()
    yield keyring
    keyring.answers.set()


class Bench:
    """A desk over a keyring in memory, and a provider that answers with a sentence that quotes the key."""

    def __init__(self, keyring: FakeKeyring, folder: Path) -> None:
        self.keyring = keyring
        self.redactor = Redactor()
        self.checked: list[tuple[str, str]] = []
        self.tests = KeyTestFile(folder / "tests.json")
        self.desk = self.with_environment({})

    def with_environment(self, environment: dict[str, str]) -> ProviderKeyDesk:
        store = SecretStore(self.redactor.register, SystemKeyring(lambda: self.keyring), 10.0)
        return ProviderKeyDesk(
            store,
            self._check,
            self.tests,
            self.redactor,
            environment=environment,
            used_by=lambda provider_id: ("Local agent",) if provider_id == "openai" else (),
        )

    async def _check(self, asked: Provider, key: str) -> KeyTest:
        self.checked.append((asked.id, key))
        return KeyTest(5.0, Verdict.WORKS, f"Works, said {key}.", 12.0)

    def lock(self) -> None:
        self.keyring.fails = errors.KeyringLocked("x")


@pytest.fixture
def bench(keyring: FakeKeyring, tmp_path: Path) -> Bench:
    return Bench(keyring, tmp_path)


def env_file(folder: Path, text: str) -> Path:
    path = folder / "import.env"
    path.write_text(text)
    return path


def test_it_is_what_the_keys_page_asks(bench: Bench):
    desk: KeyDesk = bench.desk

    assert desk is bench.desk


async def test_without_a_key_every_provider_is_offered(bench: Bench):
    view = await bench.desk.look()

    assert (view.cards, view.others) == ((), PROVIDERS)
    assert (view.keyring.state, view.keyring.hint) == (KeyringState.READY, "")


async def test_a_key_is_stored_and_shown_by_its_tail(bench: Bench):
    await bench.desk.put("openai", f" {KEY}\n")

    view = await bench.desk.look()
    assert bench.keyring.entries == {(SERVICE, account("openai")): KEY}
    (card,) = view.cards
    assert (card.provider.id, card.place, card.tail) == ("openai", KeyPlace.KEYRING, "1234")
    assert (card.used_by, card.last_test) == (("Local agent",), None)
    assert provider("openai") not in view.others
    assert KEY not in repr(view)
    assert bench.redactor.redact(f"<{KEY}>") == f"<{MASK}>"


@pytest.mark.parametrize("value", ["", "  \n", "short", "has a space inside", "é" * 20, "x" * 5000])
async def test_what_cannot_be_a_key_is_refused_without_quoting_it(bench: Bench, value: str):
    with pytest.raises(UsageError) as refused:
        await bench.desk.put("openai", value)

    assert refused.value.title == "This is no OpenAI key."
    assert not value.strip() or value.strip() not in str(refused.value)
    assert bench.keyring.entries == {}


async def test_an_unknown_provider_is_refused(bench: Bench):
    with pytest.raises(UsageError, match="nope"):
        await bench.desk.put("nope", KEY)


async def test_without_a_keyring_a_key_stays_in_memory_and_the_view_says_so(bench: Bench):
    bench.lock()

    await bench.desk.put("openai", KEY)

    view = await bench.desk.look()
    assert view.keyring.state is KeyringState.LOCKED
    assert view.keyring.hint.startswith(f"{SESSION_ONLY} Unlock it")
    assert [(card.place, card.tail) for card in view.cards] == [(KeyPlace.SESSION, "1234")]
    assert await bench.desk.reveal("openai") == KEY


async def test_unlocking_moves_it_into_the_keyring(bench: Bench):
    bench.lock()
    await bench.desk.put("openai", KEY)
    bench.keyring.fails = None

    await bench.desk.unlock()

    assert bench.keyring.entries == {(SERVICE, account("openai")): KEY}


async def test_unlocking_that_fails_says_so(bench: Bench):
    bench.lock()

    with pytest.raises(UserError, match="is locked"):
        await bench.desk.unlock()


async def test_a_test_is_remembered_and_holds_nothing_of_the_key(bench: Bench):
    await bench.desk.put("openai", KEY)

    test = await bench.desk.test("openai")

    assert bench.checked == [("openai", KEY)]
    assert test == KeyTest(5.0, Verdict.WORKS, f"Works, said {MASK}.", 12.0)
    assert bench.tests.read() == {"openai": test}
    assert (await bench.desk.look()).cards[0].last_test == test


async def test_a_replaced_key_is_untested_and_a_removed_one_is_gone(bench: Bench):
    await bench.desk.put("openai", KEY)
    await bench.desk.test("openai")

    await bench.desk.put("openai", OTHER)
    assert (await bench.desk.look()).cards[0].last_test is None
    assert await bench.desk.reveal("openai") == OTHER

    await bench.desk.test("openai")
    await bench.desk.remove("openai")
    assert (await bench.desk.look()).cards == ()
    assert bench.tests.read() == {}


async def test_the_test_of_a_key_in_memory_ends_with_the_process(bench: Bench):
    bench.lock()
    await bench.desk.put("openai", KEY)

    test = await bench.desk.test("openai")

    assert (await bench.desk.look()).cards[0].last_test == test
    assert bench.tests.read() == {}


@pytest.mark.parametrize("act", ["test", "remove", "reveal"])
async def test_without_a_key_an_act_says_how_to_add_one(bench: Bench, act: str):
    with pytest.raises(UserError, match="There is no OpenAI key") as lacking:
        await getattr(bench.desk, act)("openai")

    assert "greenroom keys set openai" in lacking.value.hint


@pytest.mark.parametrize("act", ["test", "remove", "reveal"])
async def test_behind_a_locked_keyring_an_act_says_that(bench: Bench, act: str):
    bench.lock()

    with pytest.raises(UserError, match="is locked"):
        await getattr(bench.desk, act)("openai")


async def test_a_key_of_the_environment_is_used_and_never_stored(bench: Bench):
    desk = bench.with_environment({"OPENAI_API_KEY": KEY})

    (card,) = (await desk.look()).cards
    test = await desk.test("openai")

    assert (card.place, card.variable, card.tail) == (
        KeyPlace.ENVIRONMENT,
        "OPENAI_API_KEY",
        "1234",
    )
    assert bench.checked == [("openai", KEY)]
    assert (await desk.look()).cards[0].last_test == test
    assert bench.keyring.entries == {}
    assert bench.tests.read() == {}
    assert bench.redactor.redact(KEY) == MASK
    with pytest.raises(UserError, match="comes from the environment") as refused:
        await desk.remove("openai")
    assert "OPENAI_API_KEY" in refused.value.hint


async def test_a_stored_key_goes_before_one_of_the_environment(bench: Bench):
    desk = bench.with_environment({"OPENAI_API_KEY": KEY})

    await desk.put("openai", OTHER)

    assert (await desk.look()).cards[0].place is KeyPlace.KEYRING
    assert await desk.reveal("openai") == OTHER
    await desk.remove("openai")
    assert (await desk.look()).cards[0].place is KeyPlace.ENVIRONMENT


async def test_an_import_shows_what_it_found_and_stores_only_what_is_ticked(
    bench: Bench, tmp_path: Path
):
    path = env_file(
        tmp_path,
        f"OPENAI_API_KEY={KEY}\nGROQ_API_KEY={GROQ}\nDEEPGRAM_API_KEY={OTHER}\nX=1234567890\n",
    )
    await bench.desk.put("openai", KEY)
    await bench.desk.put("groq", "canary-old-groq")
    before = dict(bench.keyring.entries)

    found = {each.variable: each for each in await bench.desk.found(path)}

    assert bench.keyring.entries == before
    assert list(found) == ["DEEPGRAM_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY"]
    states = {name: (each.stored_already, each.replaces) for name, each in found.items()}
    assert states == {
        "DEEPGRAM_API_KEY": (False, False),
        "GROQ_API_KEY": (False, True),
        "OPENAI_API_KEY": (True, False),
    }
    assert found["GROQ_API_KEY"].tail == "9abc"
    assert bench.redactor.redact(GROQ) == MASK

    await bench.desk.take(path, ["GROQ_API_KEY"])

    assert bench.keyring.entries == {**before, (SERVICE, account("groq")): GROQ}


async def test_an_import_from_the_environment(bench: Bench):
    desk = bench.with_environment({"OPENAI_API_KEY": KEY, "HOME": "/home/somebody"})

    assert [each.variable for each in await desk.found(None)] == ["OPENAI_API_KEY"]
    await desk.take(None, ["OPENAI_API_KEY"])

    assert bench.keyring.entries == {(SERVICE, account("openai")): KEY}


async def test_what_is_no_longer_in_the_file_is_said(bench: Bench, tmp_path: Path):
    path = env_file(tmp_path, f"OPENAI_API_KEY={KEY}\n")

    with pytest.raises(UserError, match="GROQ_API_KEY"):
        await bench.desk.take(path, ["OPENAI_API_KEY", "GROQ_API_KEY"])

    assert bench.keyring.entries == {}


async def test_the_panel_tests_a_key_on_a_loop_of_plain_asyncio():
    media = LoopThread("media of the test")
    media.start()
    try:
        with ProviderHost() as host:
            check = check_on(media, AnchoredClock(), host.hosts())
            test = await check(provider("openai"), GOOD_KEY)
    finally:
        assert media.stop()

    assert test.verdict is Verdict.WORKS
    assert test.round_trip_ms is not None
