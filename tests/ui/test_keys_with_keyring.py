"""The Keys page with the real desk on a real GNOME Keyring, in every state that the keyring can be in."""

import asyncio
import logging
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from keyring import core
from PySide6.QtCore import QTimer

from app.domain.keys import KeyPlace, KeyTest
from app.domain.providers import Provider
from app.runtime.redaction import Redactor
from app.session.key_desk import ProviderKeyDesk
from app.storage.key_tests import KeyTestFile
from app.storage.secret_store import SecretStore
from tests.support.canaries import found_in
from tests.support.desks import works
from tests.support.keyring_session import KeyringSession
from tests.support.keys_rig import CANARY, KeysRig, Loop, all_texts
from tests.support.panel import until
from tests.support.sample_call import NOW

log = logging.getLogger(__name__)

STALL_S = 1.0
"""Half of the deadline that a keyring has: a UI that waited for one would be over it."""
TICK_MS = 5


def enter(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be one of the session's."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, session.environment[name])
    monkeypatch.setattr(core, "_keyring_backend", None)


@pytest.fixture
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Generator[KeyringSession]:
    """A session whose keyring is in the state that the test is given."""
    state: str = request.param
    made = KeyringSession(tmp_path)
    if state in ("ready", "locked"):
        made.unlock()
    if state == "locked":
        # As after logging in without the password.
        made.close()
        made = KeyringSession(tmp_path)
    if state == "hung":
        made.hang()
    enter(made, monkeypatch)
    if state == "absent":
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    yield made
    made.close()


class StallWatch:
    """The longest time between two turns of the UI's loop."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = time.monotonic()
        self._timer = QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now

    def stop(self) -> None:
        self._timer.stop()


async def check(_of: Provider, _key: str) -> KeyTest:
    return works(NOW, 42)


def real_desk(folder: Path) -> ProviderKeyDesk:
    redactor = Redactor()
    tests = KeyTestFile(folder / "tests.json")
    return ProviderKeyDesk(SecretStore(redactor.register), check, tests, redactor, environment={})


async def add_a_key(rig: KeysRig) -> None:
    rig.press(rig.page.tile_of("xai"))
    rig.asking.key.setText(CANARY)
    rig.press(rig.asking.act)
    await until(lambda: "xai" in rig.page.with_key)
    await until(lambda: "Works, 42 ms" in rig.page.card_of("xai").text())


@pytest.mark.parametrize(
    ("session", "title", "place"),
    [
        ("ready", "GNOME Keyring, unlocked", KeyPlace.KEYRING),
        ("locked", "GNOME Keyring is locked", KeyPlace.SESSION),
        ("not made", "GNOME Keyring has no keyring for this account yet", KeyPlace.SESSION),
        ("absent", "No keyring: keys are kept for this session only", KeyPlace.SESSION),
        ("hung", "does not answer", KeyPlace.SESSION),
    ],
    indirect=["session"],
)
def test_says_how_it_stands_and_keeps_a_key_without_a_stall(
    qt_loop: Loop, session: KeyringSession, tmp_path: Path, title: str, place: KeyPlace
) -> None:
    async def test() -> None:
        rig = KeysRig(real_desk(tmp_path), (1280, 800))
        watch = StallWatch()
        try:
            await rig.open()
            assert title in rig.page.banner.title.text()
            await add_a_key(rig)
            assert rig.page.card_of("xai").card.place is place
            assert not [text for text in all_texts(rig.window) if CANARY in text]
        finally:
            watch.stop()
            await rig.close()
        log.info("%s: longest stall %.0f ms", title, watch.longest_s * 1000)
        assert watch.longest_s < STALL_S
        assert found_in(session.home, {"xai": CANARY}) == []

    qt_loop.run_until_complete(asyncio.wait_for(test(), 60))
