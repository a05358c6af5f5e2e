"""Server profiles against real servers: what the Settings page is told, and the command without a display."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from app.domain.access import ServerAccess
from app.domain.back_office import ServerDesk
from app.domain.errors import UsageError
from app.domain.servers import (
    THIS_COMPUTER,
    ServerColour,
    ServerKind,
    ServerProfile,
    ServerView,
    StepLabel,
    StepState,
    TestStep,
)
from app.domain.step_outcome import Outcome, warning
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.runtime.redaction import Redactor
from app.session.server_book import ServerBook
from app.session.server_desk import StudioServerDesk
from app.session.server_keys import ServerKeys
from app.session.studio import Studio
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles
from app.storage.system_keyring import SERVICE, SystemKeyring
from tests.support.canaries import found_in
from tests.support.fake_keyring import FakeKeyring
from tests.support.keyring_session import KeyringSession
from tests.support.livekit import SelfHostedServer, self_hosted_server
from tests.support.posted import report, until

ROOT = Path(__file__).resolve().parents[2]
NAME = "Production EU"
SAID_S = 60.0


class Rig:
    """The desk of the panel over a keyring in memory."""

    def __init__(self, folder: Path) -> None:
        self.redactor = Redactor()
        self.keyring = FakeKeyring()
        self.studio = Studio(AnchoredClock(), folder, self.redactor, lambda _: None)
        store = SecretStore(self.redactor.register, SystemKeyring(lambda: self.keyring), 10.0)
        self.book = ServerBook(
            ServerProfiles(folder),
            ServerKeys(store, self.redactor.register),
            environment={},
            lk_file=folder / "lk.yaml",
        )
        self.desk = StudioServerDesk(self.book, self.studio)

    async def add(self, access: ServerAccess, name: str = NAME) -> None:
        profile = ServerProfile(name, access.url, ServerKind.SELF_HOSTED, ServerColour.RED)
        await self.desk.put(profile, access.api_key, access.api_secret)

    async def seen(self, name: str = NAME) -> ServerView:
        return next(view for view in await self.desk.look() if view.profile.name == name)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    rig.studio.start()
    yield rig
    await rig.studio.close()


@pytest.fixture
def server() -> Generator[SelfHostedServer]:
    with self_hosted_server() as server:
        yield server


async def test_shows_this_computer_first_and_the_others_by_name(
    rig: Rig, self_hosted: ServerAccess
) -> None:
    await rig.add(self_hosted, "staging")
    await rig.add(self_hosted, "Production")
    desk: ServerDesk = rig.desk

    here, production, staging = await desk.look()

    assert (here.profile.name, here.reachable) == (THIS_COMPUTER, None)
    assert here.state == f"livekit-server {rig.studio.server_version}, 127.0.0.1 only"
    assert [view.profile.name for view in (production, staging)] == ["Production", "staging"]
    assert (production.state.endswith("rooms"), production.reachable) == (True, True)
    assert production.key_label.startswith(self_hosted.api_key[:4])
    assert self_hosted.api_key not in production.key_label


async def test_says_within_five_seconds_what_becomes_of_a_server(
    rig: Rig, server: SelfHostedServer
) -> None:
    await rig.add(server.access)
    assert (await rig.seen()).reachable is True
    took: dict[str, float] = {}

    async def look(what: str) -> ServerView:
        begun = time.monotonic()
        view = await rig.seen()
        took[what] = time.monotonic() - begun
        return view

    server.kill()
    killed = await look("killed")
    server.start()
    back = await look("back")
    server.freeze()
    frozen = await look("frozen")
    server.thaw()
    thawed = await look("thawed")
    server.change_key()
    changed = await look("another key")

    assert (killed.reachable, "No LiveKit server answers" in killed.state) == (False, True)
    assert (frozen.reachable, "did not answer" in frozen.state) == (False, True)
    assert (changed.reachable, "rejects the API key" in changed.state) == (False, True)
    assert (back.reachable, thawed.reachable) == (True, True)
    # The page looks every three seconds.
    assert all(seconds < 2.0 for seconds in took.values()), took
    report("\n".join(f"{what:12} {1000 * seconds:6.0f} ms" for what, seconds in took.items()))


async def test_this_computer_is_started_when_it_is_needed(rig: Rig) -> None:
    first, second = await asyncio.gather(
        rig.desk.access(THIS_COMPUTER), rig.desk.access("this computer")
    )

    assert first == second
    assert (await rig.seen(THIS_COMPUTER)).reachable is True
    token = tokens.caller_access(first, "attic", "guest").token
    signature = (await rig.desk.inspect(token)).signature
    assert signature == f"Signed with the key of {THIS_COMPUTER}."


async def test_nobody_changes_this_computer(rig: Rig) -> None:
    other = ServerProfile("x", "wss://x.example", ServerKind.SELF_HOSTED, ServerColour.RED)

    with pytest.raises(UsageError, match="stays as it is"):
        await rig.desk.remove(THIS_COMPUTER)
    with pytest.raises(UsageError, match="stays as it is"):
        await rig.desk.put(other, "k", "s", replacing=THIS_COMPUTER)


async def test_says_whose_key_signed_a_token(
    rig: Rig, self_hosted: ServerAccess, livekit_server: ServerAccess
) -> None:
    await rig.add(self_hosted)

    known = await rig.desk.inspect(tokens.caller_access(self_hosted, "attic", "guest").token)
    unknown = await rig.desk.inspect(tokens.caller_access(livekit_server, "attic", "guest").token)

    assert known.signature == f"Signed with the key of {NAME}."
    assert "No server profile has the API key" in unknown.signature


async def test_tests_a_server_and_tells_each_step_as_it_happens(
    rig: Rig, self_hosted: ServerAccess
) -> None:
    await rig.add(self_hosted)
    told: list[TestStep] = []

    steps = await rig.desk.test(NAME, told.append)

    assert [step.number for step in steps] == list(range(1, 15))
    assert not [step for step in steps if step.state is StepState.FAILED]
    assert {step.state for step in told} >= {StepState.WAITING, StepState.RUNNING, StepState.OK}
    assert [told[-1].number, told[-1].state] == [14, steps[-1].state]
    assert self_hosted.api_secret not in repr(told)


async def test_the_devices_are_tried_on_the_loop_of_the_panel(
    rig: Rig, unused_tcp_port: int
) -> None:
    await rig.add(ServerAccess(f"ws://127.0.0.1:{unused_tcp_port}", "APIkey", "s" * 40))
    tried_on: list[asyncio.AbstractEventLoop] = []

    async def devices() -> Outcome:
        tried_on.append(asyncio.get_running_loop())
        return warning("the microphone is silent", "Unmute it.")

    steps = await rig.desk.test(NAME, lambda _step: None, devices)

    assert tried_on == [asyncio.get_running_loop()]
    assert (steps[-1].label, steps[-1].state) == (StepLabel.DEVICES, StepState.WARNING)
    assert (steps[-1].detail, steps[-1].remedy) == ("the microphone is silent", "Unmute it.")


async def test_devices_are_let_go_when_the_test_is_given_up(rig: Rig, unused_tcp_port: int) -> None:
    await rig.add(ServerAccess(f"ws://127.0.0.1:{unused_tcp_port}", "APIkey", "s" * 40))
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def devices() -> Outcome:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()
        raise AssertionError

    testing = asyncio.get_running_loop().create_task(
        rig.desk.test(NAME, lambda _step: None, devices)
    )
    async with asyncio.timeout(20):
        await begun.wait()
        testing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await testing
        await let_go.wait()


async def test_a_test_can_be_given_up(rig: Rig, self_hosted: ServerAccess) -> None:
    await rig.add(self_hosted)
    told: list[TestStep] = []
    testing = asyncio.get_running_loop().create_task(rig.desk.test(NAME, told.append))
    await until(lambda: any(step.state is StepState.OK for step in told), 10, "the first step")
    rooms = Rooms(self_hosted)

    testing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await testing

    assert len([step for step in told if step.state is StepState.OK]) < 14
    deadline = time.monotonic() + 20
    while any("greenroom-test" in listing.name for listing in await rooms.listed()):
        assert time.monotonic() < deadline, "the room of the test stays"
        await asyncio.sleep(0.1)


async def test_the_keyring_alone_has_the_secret(
    rig: Rig, self_hosted: ServerAccess, tmp_path: Path
) -> None:
    await rig.add(self_hosted)

    assert self_hosted.api_secret in rig.keyring.entries[SERVICE, f"server/{NAME}"]
    assert found_in(tmp_path, {"secret": self_hosted.api_secret}) == []


def greenroom(
    session: KeyringSession, *arguments: str, typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", "servers", *arguments],
        env=session.environment,
        input=typed,
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=SAID_S,
        check=False,
    )


def test_a_server_is_added_listed_tested_and_removed_without_a_display(
    tmp_path: Path, server: SelfHostedServer
) -> None:
    session = KeyringSession(tmp_path)
    session.unlock()
    access = server.access
    adding = ("add", NAME, "--url", access.url, "--key", access.api_key, "--colour", "amber")
    try:
        added = greenroom(session, *adding, typed=f"{access.api_secret}\n")
        listed = greenroom(session, "list", "--json")
        tested = greenroom(session, "test", NAME, "--json")
        server.change_key()
        rejected = greenroom(session, "test", NAME)
        left_behind = found_in(session.home, {"secret": access.api_secret})
        removed = greenroom(session, "remove", NAME)
        gone = greenroom(session, "test", NAME)
    finally:
        session.close()

    assert (added.returncode, added.stderr) == (0, "")
    (profile,) = json.loads(listed.stdout)["servers"]
    assert (profile["name"], profile["colour"]) == (NAME, "amber")
    states = {step["state"] for step in json.loads(tested.stdout)["steps"]}
    assert (tested.returncode, "failed" in states) == (0, False)
    assert rejected.returncode == 1
    assert (removed.returncode, gone.returncode) == (0, 2)
    assert left_behind == []
    said = added.stdout + listed.stdout + tested.stdout + rejected.stdout + rejected.stderr
    assert access.api_secret not in said
