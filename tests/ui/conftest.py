"""Qt without a display, and the loop of the UI."""

import asyncio
import gc
import os
from collections.abc import Generator
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.pulseaudio import PulseServer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_AUDIO_BACKEND", "pulseaudio")
os.environ.setdefault("QT_LOGGING_RULES", "qt.multimedia.*=false")


@pytest.fixture(autouse=True, scope="module")
def what_is_imported_stays() -> None:
    """Without the modules a collection after each test has little to go through."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_is_collected_here() -> Generator[None]:
    """Collected on another thread, garbage takes Qt's objects with it there, and Qt down."""
    gc.disable()
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> Generator[None]:
    """The panel's fonts and its dark theme, whatever the test before has chosen."""
    from app.ui import access
    from app.ui.theme import ThemeChoice, theme

    if not qapp.styleSheet():
        theme.start(qapp, ThemeChoice.DARK)
        access.install()
    yield
    if theme.choice is not ThemeChoice.DARK:
        theme.apply(ThemeChoice.DARK)


@pytest.fixture
def qt_loop(qapp: QApplication) -> Generator[asyncio.AbstractEventLoop]:
    """The UI's loop, for coroutines that a test runs to their end."""
    from qasync import QEventLoop

    loop = cast("asyncio.AbstractEventLoop", QEventLoop(qapp))
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Generator[PulseServer]:
    """The audio server of this process: Qt connects once and for all, so its tests share it."""
    server = PulseServer(tmp_path_factory.mktemp("pulse"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULSE_SERVER", server.url)
        patch.setenv("XDG_RUNTIME_DIR", server.environment()["XDG_RUNTIME_DIR"])
        yield server
    server.close()
