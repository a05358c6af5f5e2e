"""The Rooms page in a window of its own, with desks that a test holds in its hand."""

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.errors import UserError
from app.ui.pages.person_panel import PersonPanel
from app.ui.pages.rooms import RoomsPage
from app.ui.panes import Pane, pane, row
from app.ui.rail import Rail
from app.ui.tasks import TaskScope
from app.ui.toasts import Level, Toast, Toasts
from tests.support.desks_rooms import (
    HERE,
    PRODUCTION,
    MemoryRooms,
    MemoryServers,
    MovedClock,
    crowd,
    eight_rooms,
    many_rooms,
    three_people,
)
from tests.support.panel import outside_of_tasks, until

Loop = asyncio.AbstractEventLoop
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class RoomsRig:
    """A window with a rail, the page and its messages. Build it on a running loop."""

    def __init__(self, size: tuple[int, int] = (1280, 800)) -> None:
        self.clock = MovedClock()
        self.desk = MemoryRooms(self.clock)
        self.servers = MemoryServers()
        self.tasks = TaskScope(self._report)
        self.window = pane(Pane.PAGE)
        self.rail = Rail()
        self.rail.add("ROOMS", "layout-grid", "Rooms")
        self.rail.show_chosen("ROOMS")
        self.page = RoomsPage(self.tasks, self.clock)
        across = row(self.window)
        across.addWidget(self.rail)
        across.addWidget(self.page, 1)
        self.toasts = Toasts(self.window)
        self.toasts.set_offset(16, 68)
        self.page.told.connect(self.toasts.show_toast)
        self.stage_shown = 0
        self.page.on_stage.connect(self._count_stage)
        self.window.resize(*size)

    def show(self) -> None:
        self.window.show()
        self.window.activateWindow()

    async def open(self, server: str = HERE.name) -> None:
        """Show the page with its desks, and a server."""
        self.show()
        self.page.give_desk(self.desk, self.servers)
        await until(lambda: self.desk.watched)
        if server != HERE.name:
            self.page.choose_server(server)
        await self.settle()

    async def choose(self, name: str) -> None:
        """Choose a room and wait until it is known who is in it."""
        self.page.table.choose(name)
        asked = len(self.desk.people_asked)
        await until(lambda: len(self.desk.people_asked) >= asked)
        await self.settle()

    async def open_person(self, identity: str) -> None:
        self.page.inspector.people.open(identity)
        await self.settle()

    async def settle(self) -> None:
        """Let what is due happen."""
        for _ in range(4):
            await asyncio.sleep(0.005)
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    async def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        """Press and release a key in the window, as the keyboard does."""
        handle = self.window.windowHandle()
        await outside_of_tasks(lambda: QTest.keyClick(handle, key, modifier))
        await self.settle()

    async def click(self, widget: QWidget) -> None:
        at = widget.mapTo(self.window, widget.rect().center())
        handle, left = self.window.windowHandle(), Qt.MouseButton.LeftButton
        await outside_of_tasks(lambda: QTest.mouseClick(handle, left, NO_MODIFIER, at))
        await self.settle()

    def focus(self) -> QWidget | None:
        return self.window.focusWidget()

    async def close(self) -> None:
        await self.tasks.close()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    @property
    def said(self) -> list[str]:
        return [toast.title for toast in self.toasts.shown]

    def _report(self, doing: str, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self.toasts.show_toast(Toast(Level.ERROR, error.title, error.hint, doing))

    def _count_stage(self) -> None:
        self.stage_shown += 1


def run_rooms(
    loop: Loop,
    test: Callable[[RoomsRig], Awaitable[None]],
    size: tuple[int, int] = (1280, 800),
) -> None:
    """Run a test with the page, and take it away whatever comes."""

    async def with_page() -> None:
        rig = RoomsRig(size)
        try:
            await test(rig)
        finally:
            await rig.close()

    loop.run_until_complete(with_page())


CALLER = "sip_31612345682"
REFUSED = UserError("The server refused that.", "Its key may not do this.")


async def with_eight(rig: RoomsRig, server: str = HERE.name) -> None:
    """Eight rooms, of which the first is chosen and its caller is open."""
    rig.desk.rooms = list(eight_rooms())
    rig.desk.in_rooms["clinic-reminders"] = three_people()
    await rig.open(server)
    await rig.choose("clinic-reminders")
    await until(lambda: rig.page.inspector.people.people.rowCount() == 3)
    await rig.open_person(CALLER)


def panel_of(rig: RoomsRig) -> PersonPanel:
    (panel,) = [p for p in rig.page.inspector.findChildren(PersonPanel) if p.isVisible()]
    return panel


async def no_servers(rig: RoomsRig) -> None:
    rig.servers.error = UserError("The server profiles cannot be read.", "Mend servers.yaml.")
    rig.show()
    rig.page.give_desk(rig.desk, rig.servers)
    await until(rig.page.blank.act.isVisible)


async def two_hundred(rig: RoomsRig) -> None:
    rig.desk.rooms = list(many_rooms(200))
    rig.desk.in_rooms["front-desk-003"] = crowd(300)
    await rig.open(PRODUCTION.name)
    await rig.choose("front-desk-003")
    await rig.open_person("guest-004")
