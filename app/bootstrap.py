"""The composition root: builds each object once, owns start and stop order."""

import asyncio
import importlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.call import Changes
from app.domain.errors import UserError
from app.runtime.clock import AnchoredClock
from app.runtime.instance_lock import InstanceLock
from app.runtime.limits import raise_open_files
from app.runtime.log_setup import LogOutputs, forward_loguru
from app.runtime.mailbox import Mailbox
from app.runtime.paths import agents_folder, config_folder, data_folder, private, state_folder
from app.runtime.redaction import Redactor
from app.runtime.shutdown import stop_within
from app.runtime.uncaught import ending_in_the_log
from app.ui import access
from app.ui.application import Application
from app.ui.audio.devices import AudioDevices
from app.ui.call_acts import SETTLED, Phase
from app.ui.call_feed import CallFeed
from app.ui.frame_pump import FramePump
from app.ui.garbage import GarbageCollector
from app.ui.main_window import MainWindow
from app.ui.screenshot import render, save_png
from app.ui.tasks import TaskScope
from app.ui.theme import theme
from app.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from app.session.back_office import StudioBackOffice
    from app.session.desk import StudioDesk
    from app.session.studio import Studio

log = logging.getLogger(__name__)

HANG_UP_S = 30.0
BACK_OFFICE_S = 13.0
ROOM_STEP = "room"
"""The step of a start that comes after the models are loaded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a panel is opened for."""

    offscreen: bool = False
    operator_is_caller: bool = True
    script: "Callable[[Panel], Awaitable[int]] | None" = None
    """Runs beside the panel, which closes when it returns; its result is the exit code."""


def has_display() -> bool:
    """Whether a window can be shown to somebody."""
    if sys.platform in ("win32", "darwin"):
        return True
    if chosen := os.environ.get("QT_QPA_PLATFORM", ""):
        return chosen.split(":")[0] not in ("offscreen", "minimal")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_panel(plan: Plan) -> int:
    """Open a panel and return its exit code when it is closed.

    Raises UserError when it cannot open: the log cannot be written, or another panel is open.
    """
    raise_open_files()
    redactor = Redactor()
    logs = LogOutputs(private(state_folder()), redactor)
    lock = InstanceLock(state_folder() / "panel.lock")
    try:
        if plan.offscreen:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        else:
            lock.acquire()
        application = Application()
        with ending_in_the_log():
            return application.run(lambda: _open(application, plan, redactor))
    finally:
        lock.release()
        logs.close()


async def _open(application: Application, plan: Plan, redactor: Redactor) -> int:
    return await Panel(application, plan, redactor).run()


class Panel(QObject):
    """One panel from its window to its end. UI loop only: build it inside a running loop."""

    library_troubled = Signal(str)
    """The call library cannot write, and why; empty once it can again. Emitted on its own thread."""

    def __init__(self, application: Application, plan: Plan, redactor: Redactor) -> None:
        super().__init__()
        self._garbage = GarbageCollector(self)
        self._application = application
        self._plan = plan
        self._redactor = redactor
        self._memory = WindowMemory(config_folder() / "window.ini")
        theme.start(application.qt, self._memory.theme)
        access.install()
        self.clock = AnchoredClock()
        self.closing = asyncio.Event()
        """Set when the person or the operating system wants the panel to end."""
        self._mailbox = Mailbox()
        self.pump = FramePump(self._mailbox)
        self.feed = CallFeed()
        self.window = MainWindow(
            feed=self.feed,
            pump=self.pump,
            audio=AudioDevices(self._memory, self.clock, wanted=plan.operator_is_caller),
            memory=self._memory,
            clock=self.clock,
            redact=redactor.redact,
        )
        self._painted = asyncio.Event()
        self._spared: set[str] = set()
        """Calls whose models have been kept out of their collections."""
        self._studio: Studio | None = None
        self._office: StudioBackOffice | None = None
        self._desk: asyncio.Future[StudioDesk] = asyncio.get_running_loop().create_future()
        self._tasks = TaskScope(self._report)

    async def run(self) -> int:
        """Show the window, import the rest behind it, and stay until the panel is closed."""
        self._connect()
        self.window.show()
        self.pump.start()
        self._tasks.spawn(self._furnish(), doing="load the agents")
        try:
            if self._plan.script is not None:
                return await self._plan.script(self)
            await self.closing.wait()
        finally:
            await self._close()
        return 0

    async def desk(self) -> "StudioDesk":
        """The desk, once all is imported. Raises UserError when that failed."""
        return await asyncio.shield(self._desk)

    async def call_is_up(self, key: str) -> bool:
        """Wait for the start of a call that was just begun; False when it was cancelled.

        Raises UserError when it fails.
        """
        outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        starting = _Starting(self.window, key, outcome)
        try:
            return await outcome
        finally:
            starting.deleteLater()

    async def save_screenshot(self, path: Path) -> None:
        """Write a picture of the window, two pixels to each of its own. Raises UserError."""
        self.pump.flush()
        image = render(self.window)
        await asyncio.get_running_loop().run_in_executor(None, save_png, image, path)

    def _connect(self) -> None:
        self.pump.batch.connect(self.feed.absorb)
        self.feed.folded.connect(self._note_steps)
        self.window.first_painted.connect(self._note_first_paint)
        self.window.close_requested.connect(self._want_to_close)
        self._application.stop_requested.connect(self._want_to_close)
        self._application.faulted.connect(self.window.show_fault)
        self.library_troubled.connect(self.window.show_library_trouble)

    async def _furnish(self) -> None:
        """Import and build what the first frame did not need, away from the UI thread."""
        await self._painted.wait()
        loop = asyncio.get_running_loop()
        try:
            studio = await loop.run_in_executor(None, self._build_studio)
            self._studio = studio
            desk, office = self._build_desks(studio)
        except UserError as error:
            self._desk.set_exception(error)
            raise
        self._garbage.start()
        self._desk.set_result(desk)
        self.window.give_desk(desk)
        self.window.give_office(office.desks)

    def _build_studio(self) -> "Studio":
        from loguru import logger

        from app.session.studio import Studio

        # Its imports are heavy: they belong to this thread, not to the UI's.
        importlib.import_module("app.session.back_office")
        forward_loguru(logger)
        studio = Studio(self.clock, private(data_folder()), self._redactor, self._pass_trouble_on)
        studio.start()
        return studio

    def _pass_trouble_on(self, trouble: str | None) -> None:
        self.library_troubled.emit(trouble or "")

    def _build_desks(self, studio: "Studio") -> "tuple[StudioDesk, StudioBackOffice]":
        from app.session.back_office import StudioBackOffice
        from app.session.desk import StudioDesk

        office = self._office = StudioBackOffice(
            studio,
            self._redactor,
            config_folder=private(config_folder()),
            state_folder=private(state_folder()),
            agents_folder=agents_folder(),
            desk=lambda: desk,
            bring_to_stage=self.window.bring_to_stage,
        )
        desk = StudioDesk(
            studio,
            self._mailbox.sink,
            office.servers.access,
            office.agents.start_of,
            operator_is_caller=self._plan.operator_is_caller,
        )
        return desk, office

    async def _close(self) -> None:
        """Hang up, then stop what carried the calls, then let the window go."""
        await stop_within(HANG_UP_S, "the calls", self.window.hang_up())
        await self._tasks.close()
        if self._office is not None:
            await stop_within(BACK_OFFICE_S, "the rooms and links", self._office.close())
        if self._studio is not None:
            await self._studio.close()
        self.pump.stop()
        self.window.release()
        self._garbage.stop()

    def _report(self, doing: str, error: Exception) -> None:
        if not self._desk.done():
            self._desk.set_exception(error)
        self.window.show_fault(f"Could not {doing}: {error}")

    @Slot(float)
    def _note_first_paint(self, _age_ms: float) -> None:
        self._painted.set()

    @Slot(str, object)
    def _note_steps(self, key: str, changes: Changes) -> None:
        """Once its models are there and before anybody speaks, keep them out of a call's collections."""
        if changes.steps and ROOM_STEP in self.feed.calls[key].steps and key not in self._spared:
            self._spared.add(key)
            self._garbage.freeze()

    @Slot()
    def _want_to_close(self) -> None:
        self.closing.set()


class _Starting(QObject):
    """Watches the start of one call and settles `outcome` when it is over."""

    def __init__(self, window: MainWindow, key: str, outcome: "asyncio.Future[bool]") -> None:
        super().__init__(window)
        self._acts = window.acts
        self._key = key
        self._outcome = outcome
        self._acts.start_failed.connect(self._failed)
        self._acts.phase_changed.connect(self._moved)

    @Slot(str, object)
    def _failed(self, key: str, error: UserError) -> None:
        if key == self._key and not self._outcome.done():
            self._outcome.set_exception(error)

    @Slot()
    def _moved(self) -> None:
        phase = self._acts.phase_of(self._key)
        if phase in SETTLED and not self._outcome.done():
            self._outcome.set_result(phase is Phase.IN_CALL)
