"""Keys against a real GNOME Keyring on a message bus of the test's own, in every state that it can be in."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import secretstorage
from keyring import core

from app.domain.keys import KeyPlace, KeyringState, KeyringView
from app.domain.providers import PROVIDERS
from app.runtime.redaction import MASK
from app.session.key_desk import account
from app.storage.secret_store import ANSWER_S, Secret, SecretStore
from app.storage.system_keyring import GNOME_UNLOCK, SERVICE
from tests.support.canaries import canary, forms, found_in, found_in_command_lines
from tests.support.keyring_session import KeyringSession
from tests.support.posted import report, until
from tests.support.provider_host import ProviderHost

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "provider/openai"
VALUE = "canary-openai-1234"
SAID_S = 30.0
TICK_S = 0.005

LOOKS_WHEN_TOLD = """
import asyncio, signal, sys
from app.storage.secret_store import SecretStore

async def main():
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    looking = asyncio.get_running_loop().create_task(SecretStore(lambda _: None, answer_s=600.0).look())
    while "keyring.backends.SecretService" not in sys.modules:
        await asyncio.sleep(0.01)
    print("asking", flush=True)
    await told.wait()
    assert not looking.done()

asyncio.run(main())
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[KeyringSession]:
    session = KeyringSession(tmp_path)
    enter(session, monkeypatch)
    yield session
    session.close()


def enter(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be one of the session's."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, session.environment[name])
    monkeypatch.setattr(core, "_keyring_backend", None)


def later(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> KeyringSession:
    """Log out, and in again without the password."""
    session.close()
    again = KeyringSession(session.home.parent)
    enter(again, monkeypatch)
    return again


def store() -> SecretStore:
    return SecretStore(lambda _: None)


async def keeps_in_memory_alone(keys: SecretStore, home: Path) -> None:
    assert await keys.put(ACCOUNT, VALUE) is KeyPlace.SESSION
    assert await keys.read([ACCOUNT]) == {ACCOUNT: Secret(VALUE, KeyPlace.SESSION)}
    # The keyring's own files come and go while it is made; nothing else is written.
    assert {path for path in files(home) if "keyrings" not in path.parts} == set()
    assert found_in(home, {ACCOUNT: VALUE}) == []
    await keys.remove([ACCOUNT])
    assert await keys.read([ACCOUNT]) == {}


def files(home: Path) -> set[Path]:
    return {path for path in home.rglob("*") if path.is_file()}


async def test_ready_keeps_it_there_for_the_next_session(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
):
    session.unlock()

    view = await store().look()
    assert view == KeyringView(KeyringState.READY, "GNOME Keyring")
    assert await store().put(ACCOUNT, VALUE) is KeyPlace.KEYRING

    again = later(session, monkeypatch)
    try:
        again.unlock()
        kept = await store().read([ACCOUNT, "provider/other"])
        assert kept == {ACCOUNT: Secret(VALUE, KeyPlace.KEYRING)}
        await store().remove([ACCOUNT])
        assert await store().read([ACCOUNT]) == {}
    finally:
        again.close()


async def test_locked_says_how_to_unlock_it_and_that_command_does(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
):
    session.unlock("pass word$")
    await store().put("kept", VALUE)
    again = later(session, monkeypatch)
    try:
        keys = store()
        view = await keys.look()
        assert (view.state, view.name) == (KeyringState.LOCKED, "GNOME Keyring")
        assert view.hint.splitlines()[-1] == GNOME_UNLOCK
        await keeps_in_memory_alone(keys, again.home)
        # Without a screen the prompt is dismissed at once.
        assert (await keys.unlock()).state is KeyringState.LOCKED

        again.run_in_shell(f"bash -c '{GNOME_UNLOCK}'", typed="pass word$\n")

        assert (await keys.look()).state is KeyringState.READY
        assert await keys.read(["kept"]) == {"kept": Secret(VALUE, KeyPlace.KEYRING)}
    finally:
        again.close()


async def test_not_yet_made_says_so_and_the_same_command_makes_it(session: KeyringSession):
    keys = store()
    view = await keys.look()
    assert (view.state, view.name) == (KeyringState.NOT_MADE, "GNOME Keyring")
    assert view.hint.splitlines()[-1] == GNOME_UNLOCK
    await keeps_in_memory_alone(keys, session.home)
    assert await keys.put(ACCOUNT, VALUE) is KeyPlace.SESSION
    assert (await keys.unlock()).state is KeyringState.NOT_MADE

    session.run_in_shell(f"bash -c '{GNOME_UNLOCK}'", typed="a first one\n")

    assert (await keys.unlock()).state is KeyringState.READY
    assert await keys.read([ACCOUNT]) == {ACCOUNT: Secret(VALUE, KeyPlace.KEYRING)}


async def test_absent_says_so_and_one_that_starts_later_is_found(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
):
    session.unlock()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={session.home}/nothing")
    keys = store()

    view = await keys.look()
    assert view.state is KeyringState.ABSENT
    assert "gnome-keyring" in view.hint
    await keeps_in_memory_alone(keys, session.home)

    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.address)
    assert (await keys.look()).state is KeyringState.READY


async def test_a_session_that_ends_meanwhile_leaves_memory(session: KeyringSession):
    session.unlock()
    keys = store()
    assert await keys.put(ACCOUNT, VALUE) is KeyPlace.KEYRING

    session.close()

    assert (await keys.look()).state is KeyringState.ABSENT
    assert await keys.put(ACCOUNT, VALUE) is KeyPlace.SESSION


async def test_hung_is_said_in_time_while_the_loop_goes_on(session: KeyringSession):
    hung = session.hang()
    keys = store()

    with ticking() as gaps:
        began = time.monotonic()
        view = await keys.look()
        took_s = time.monotonic() - began
        await keeps_in_memory_alone(keys, session.home)

    assert view.state is KeyringState.HUNG
    assert took_s < ANSWER_S + 5
    # A loop that waited for the keyring would have one gap as long as the keyring's.
    assert max(gaps) < ANSWER_S / 2
    longest_ms = 1000 * max(gaps)
    report(f"hung: said after {took_s:.2f} s, {len(gaps)} ticks, longest gap {longest_ms:.0f} ms")

    hung.kill()
    hung.wait(10)
    session.unlock()
    await until(lambda: "keyring" not in {each.name for each in threading.enumerate()}, SAID_S)
    assert (await keys.look()).state is KeyringState.READY


@contextmanager
def ticking() -> Generator[list[float]]:
    """How long a loop took from tick to tick while the block ran, in seconds."""
    gaps: list[float] = []

    async def tick() -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            gaps.append(now - before)
            before = now

    ticks = asyncio.get_running_loop().create_task(tick())
    try:
        yield gaps
    finally:
        ticks.cancel()


def test_a_program_ends_when_told_while_the_keyring_hangs(session: KeyringSession):
    hung = session.hang()
    program = started(session, "-c", LOOKS_WHEN_TOLD)
    assert program.stdout is not None
    assert program.stdout.readline() == "asking\n"

    program.send_signal(signal.SIGTERM)

    assert program.wait(SAID_S) == 0
    assert hung.poll() is None
    program.stdout.close()


def test_the_command_says_that_it_hangs_and_writes_no_key(session: KeyringSession):
    hung = session.hang()

    listed = greenroom(session, "list")
    stored = greenroom(session, "set", "openai", typed=VALUE)

    assert listed.returncode == 0
    assert listed.stdout.startswith("Secret Service: hung.")
    assert stored.returncode == 1
    assert "does not answer" in stored.stderr
    assert hung.poll() is None
    assert found_in(session.home, {"openai": VALUE}) == []


def test_the_command_keeps_and_removes_a_key(session: KeyringSession):
    session.unlock()

    assert greenroom(session, "set", "openai", typed=f"{VALUE}\n").returncode == 0
    listed = json.loads(greenroom(session, "list", "--json").stdout)
    assert [key["tail"] for key in listed["keys"]] == [VALUE[-4:]]
    assert entries() == {ACCOUNT: VALUE}

    assert greenroom(session, "remove", "openai").returncode == 0
    assert entries() == {}


@pytest.mark.parametrize("unlocked_before", [True, False])
def test_the_command_lacks_a_keyring_that_is_locked_or_not_made(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch, *, unlocked_before: bool
):
    if unlocked_before:
        session.unlock()
        session = later(session, monkeypatch)

    stored = greenroom(session, "set", "openai", typed=VALUE)
    session.close()

    assert stored.returncode == 3
    assert stored.stderr.splitlines()[-1] == GNOME_UNLOCK


def test_keys_are_in_the_keyring_and_nowhere_else(session: KeyringSession):
    session.unlock()
    keys = {each.id: canary(each.id) for each in PROVIDERS}
    output = session.home / "output.txt"

    with ProviderHost() as host, output.open("w") as out:
        careless = subprocess.Popen(
            [sys.executable, "-m", "tests.support.careless"],
            cwd=ROOT,
            env=session.environment,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # The block around it closes its pipes and waits for it, however this ends.
        with careless:
            assert careless.stdin is not None
            careless.stdin.write(json.dumps({"keys": keys, "host": host.address}) + "\n")
            careless.stdin.flush()
            until_said(careless, output, "waiting\n")
            in_command_lines = found_in_command_lines(keys)
            sent = host.seen()
            careless.stdin.write("crash\n")
            careless.stdin.close()
            exit_code = careless.wait(SAID_S)

    log = (session.home / ".local/state/greenroom/greenroom.log").read_text()
    assert exit_code == 1
    for happened in (
        "uncaught exception in thread",
        "a finaliser fails with",
        "a task fails with",
        "crashed with",
        "caught with ",
    ):
        assert happened in log
    assert log.count(MASK) > len(keys)
    # Each provider's key reached the host in each test of it.
    headers = "\n".join(value for seen in sent for value in seen.headers.values())
    assert [name for name, key in keys.items() if key not in headers] == []
    assert (session.home / "exports" / "call.json").is_file()
    assert entries() == {account(name): key for name, key in keys.items()}
    assert in_command_lines == []
    assert found_in(session.home, keys) == []
    report(
        f"{len(keys)} canaries, {len(sent)} requests: 0 in {len(files(session.home))} files, "
        "0 in command lines, all in GNOME Keyring"
    )


def test_the_search_finds_a_canary_in_every_form(tmp_path: Path):
    keys = {"planted": canary("planted"), "other": canary("other")}
    for number, form in enumerate(forms(keys["planted"])):
        (tmp_path / f"{number}.txt").write_bytes(b"before " + form + b" after")

    found = found_in(tmp_path, keys)

    assert sorted(found) == sorted(
        f"{number}.txt: planted" for number, _ in enumerate(forms(keys["planted"]))
    )


def test_the_search_finds_a_canary_in_a_command_line():
    keys = {"planted": canary("planted")}
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "input()", keys["planted"]], stdin=subprocess.PIPE
    )
    try:
        # A program that has just begun has no command line for a moment.
        until_found = time.monotonic() + SAID_S
        while not (found := found_in_command_lines(keys)):
            assert time.monotonic() < until_found
        assert found == [f"{sleeper.pid}: planted"]
    finally:
        sleeper.communicate(b"\n", 10)


def until_said(program: "subprocess.Popen[str]", output: Path, line: str) -> None:
    deadline = time.monotonic() + 60
    while line not in output.read_text():
        assert program.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.05)


def entries() -> dict[str, str]:
    """What lies in the keyring of this process's session under the service's name."""
    bus = secretstorage.dbus_init()
    try:
        collection = secretstorage.get_default_collection(bus)
        items = list(collection.search_items({"service": SERVICE}))
        return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}
    finally:
        bus.close()


def started(session: KeyringSession, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=session.environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def greenroom(
    session: KeyringSession, *arguments: str, typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", "keys", *arguments],
        cwd=ROOT,
        env=session.environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
