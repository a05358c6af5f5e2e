"""The page Settings in a window of its own, with a desk in memory, and the states that it can be in."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.servers import (
    THIS_COMPUTER,
    ServerColour,
    ServerKind,
    ServerProfile,
    ServerView,
    StepState,
    TestStep,
)
from app.ui.controls import Dialog, Pane, pane, row
from app.ui.pages.server_editor import ServerEditor
from app.ui.pages.server_import import ServerImport
from app.ui.pages.servers import Servers
from app.ui.pages.settings import SettingsPage
from app.ui.pages.token_inspector import TokenInspector
from app.ui.tasks import TaskScope
from app.ui.toasts import Toast
from app.ui.window_memory import WindowMemory
from tests.support.panel import StillClock, StillDevices, outside_of_tasks, until
from tests.support.sample_call import NOW
from tests.support.server_desk import (
    DEMO,
    LOCAL,
    PRODUCTION,
    REPORT,
    STAGING,
    STEPS,
    TOKEN,
    MemoryServerDesk,
)

Loop = asyncio.AbstractEventLoop
DOWN = UserError("The keyring does not answer.", "Unlock it, then try again.")


@dataclass
class Rig:
    """A window with only this page in it."""

    folder: Path
    desk: MemoryServerDesk
    size: tuple[int, int] = (1220, 800)
    reported: list[str] = field(default_factory=list[str])
    toasts: list[Toast] = field(default_factory=list[Toast])
    staged: list[CallPlan] = field(default_factory=list[CallPlan])
    busy_stage: UserError | None = None

    def __post_init__(self) -> None:
        self.tasks = TaskScope(self._report)
        self.memory = WindowMemory(self.folder / "panel.ini")
        clock = StillClock()
        self.audio = StillDevices(self.memory, clock)
        self.page = SettingsPage(
            None,
            tasks=self.tasks,
            memory=self.memory,
            clock=clock,
            audio=self.audio,
            bring_to_stage=self.bring_to_stage,
        )
        self.page.toast_wanted.connect(self.toasts.append)
        self.window = pane(Pane.PAGE)
        row(self.window).addWidget(self.page)
        self.window.resize(*self.size)
        self.window.show()
        self.window.activateWindow()

    def bring_to_stage(self, plan: CallPlan) -> None:
        """As the window does, which may have a call."""
        if self.busy_stage is not None:
            raise self.busy_stage
        self.staged.append(plan)

    @property
    def servers(self) -> Servers:
        return self.page.servers

    async def open(self, name: str = PRODUCTION.profile.name) -> None:
        """Give the page its desk and choose a server."""
        self.page.give_desk(self.desk)
        await until(lambda: self.page.servers.chosen)
        self.page.servers.list.choose(name)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            await outside_of_tasks(QCoreApplication.processEvents)

    async def press(self, key: Qt.Key) -> None:
        await outside_of_tasks(lambda: QTest.keyClick(self.window.windowHandle(), key))

    def editor(self) -> ServerEditor:
        dialog = self.page.servers.dialog
        assert isinstance(dialog, ServerEditor)
        return dialog

    def dialog(self) -> Dialog:
        dialog = self.page.servers.dialog
        assert dialog is not None
        return dialog

    def focus(self) -> QWidget | None:
        return self.window.focusWidget()

    def _report(self, doing: str, error: Exception) -> None:
        self.reported.append(f"{doing}: {error}")


def run(
    loop: Loop,
    folder: Path,
    test: Callable[[Rig], Coroutine[Any, Any, None]],
    desk: MemoryServerDesk | None = None,
    size: tuple[int, int] = (1220, 800),
) -> None:
    async def with_rig() -> None:
        rig = Rig(folder, desk or MemoryServerDesk(LOCAL, PRODUCTION, STAGING, DEMO), size)
        try:
            await test(rig)
        finally:
            await rig.tasks.close()
            rig.window.close()
            rig.window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    loop.run_until_complete(with_rig())


async def without_a_desk(rig: Rig) -> None:
    assert not rig.servers.add.isEnabled()


async def reading(rig: Rig) -> None:
    rig.desk.gates["look"] = asyncio.Event()
    rig.page.give_desk(rig.desk)


async def unreadable(rig: Rig) -> None:
    rig.desk.errors["look"] = DOWN
    rig.page.give_desk(rig.desk)
    await until(lambda: rig.servers.trouble.isVisible())


async def only_this_computer(rig: Rig) -> None:
    rig.desk.views[:] = [LOCAL]
    await rig.open(THIS_COMPUTER)


async def untested(rig: Rig) -> None:
    await rig.open()


async def unreachable(rig: Rig) -> None:
    await rig.open(STAGING.profile.name)


async def amid_test(rig: Rig) -> None:
    await rig.open()
    rig.desk.step_gate = asyncio.Semaphore(9)
    rig.servers.detail.test.click()
    await until(lambda: ended(rig) == 9)


async def cancelling(rig: Rig) -> None:
    await amid_test(rig)
    run_of_it = rig.servers.tests.run_of(PRODUCTION.profile.name)
    assert run_of_it is not None
    run_of_it.cancelling = True
    rig.servers.detail.show_run(run_of_it)


async def after_test(rig: Rig) -> None:
    await rig.open()
    await finish_test(rig, PRODUCTION.profile.name)


async def failed_to_test(rig: Rig) -> None:
    rig.desk.errors["test"] = DOWN
    await after_test(rig)


async def adding(rig: Rig) -> None:
    await rig.open()
    rig.servers.add.click()


async def adding_wrongly(rig: Rig) -> None:
    await adding(rig)
    rig.editor().name.setText("production eu")
    rig.editor().url.setText("ws://192.168.4.20")
    rig.editor().press_act()


async def editing(rig: Rig) -> None:
    await rig.open(STAGING.profile.name)
    rig.servers.detail.edit.click()


async def saving_failed(rig: Rig) -> None:
    rig.desk.errors["put"] = DOWN
    await editing(rig)
    rig.editor().press_act()
    await until(lambda: rig.editor().error_title.isVisible())


async def removing(rig: Rig) -> None:
    await editing(rig)
    rig.editor().remove.click()


async def importing(rig: Rig) -> None:
    await rig.open()
    rig.servers.fetch.click()
    await until(lambda: imports(rig).boxes)


async def importing_nothing(rig: Rig) -> None:
    rig.desk.servers = ()
    await rig.open()
    rig.servers.fetch.click()
    await until(lambda: imports(rig).cancel.text() == "Close")


async def reading_a_token(rig: Rig) -> None:
    await rig.open()
    await read_token(rig)


async def reading_no_token(rig: Rig) -> None:
    rig.desk.errors["inspect"] = UserError("This is no token.", "A token has three parts.")
    await rig.open()
    rig.servers.detail.token.click()
    inspector(rig).token.setText("hello")
    await until(lambda: inspector(rig).field.error)


async def reading_a_token_of_elsewhere(rig: Rig) -> None:
    rig.desk.report = replace(REPORT, profile="", signature="No server profile has the API key.")
    await rig.open()
    await read_token(rig)
    inspector(rig).url.setText("ws://10.0.0.9:7880")


async def reading_a_dead_token(rig: Rig) -> None:
    dead = "This token has expired. Ask for a new one."
    rig.desk.report = replace(REPORT, expired=True, expires_at=NOW - 180, cannot_join=dead)
    await rig.open()
    await read_token(rig)


async def joining_in_vain(rig: Rig) -> None:
    rig.busy_stage = UserError("There is a call on the Stage.", "End it first.")
    await rig.open()
    await read_token(rig)
    inspector(rig).press_act()
    await until(lambda: inspector(rig).error_title.isVisible())


async def appearance(rig: Rig) -> None:
    await rig.open()
    rig.page.show_section(1)


async def many_long_servers(rig: Rig) -> None:
    rig.desk.views[:] = [LOCAL, *(long_server(number) for number in range(60))]
    rig.desk.steps = tuple(long_step(number) for number in range(1, 15))
    await rig.open(long_server(3).profile.name)
    await finish_test(rig, long_server(3).profile.name)


def long_server(number: int) -> ServerView:
    name = f"{number} a server with a name that goes on and on and on"
    profile = ServerProfile(
        name, "wss://" + "a" * 200 + ".example.org", ServerKind.SELF_HOSTED, ServerColour.AMBER
    )
    return ServerView(profile, "API" * 40, "what is known of it is long " * 20, reachable=False)


def long_step(number: int) -> TestStep:
    return TestStep(
        number,
        "A step with a long name " * 4,
        StepState.FAILED,
        "it failed " * 20,
        "Do this. " * 20,
        12345,
    )


def ended(rig: Rig, name: str = PRODUCTION.profile.name) -> int:
    run = rig.servers.tests.run_of(name)
    return run.ended if run else 0


async def finish_test(rig: Rig, name: str) -> None:
    for _ in STEPS:
        rig.desk.step_gate.release()
    rig.servers.detail.test.click()
    await until(lambda: not (found := rig.servers.tests.run_of(name)) or not found.running)
    await rig.settle()


async def read_token(rig: Rig) -> None:
    rig.servers.detail.token.click()
    inspector(rig).token.setText(TOKEN)
    await until(lambda: inspector(rig).result.isVisible())


def imports(rig: Rig) -> ServerImport:
    dialog = rig.dialog()
    assert isinstance(dialog, ServerImport)
    return dialog


def inspector(rig: Rig) -> TokenInspector:
    dialog = rig.dialog()
    assert isinstance(dialog, TokenInspector)
    return dialog
