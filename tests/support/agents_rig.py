"""An Agents page in a window, with a desk in memory that a test holds in its hand."""

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.ui.dialogs import Dialog
from app.ui.pages.agents import AgentsPage
from app.ui.pages.agents_dialogs import BotDialog
from app.ui.pages.agents_draft import Draft
from app.ui.pages.agents_property_sheet import PropertySheet
from app.ui.pages.agents_service_sheet import ServiceSheet
from app.ui.panes import Pane, pane, row
from app.ui.places import Place
from app.ui.rail import Rail
from app.ui.tasks import TaskScope
from app.ui.toasts import Toast
from tests.support.desks_agents import LIBRARY, MemoryAgentDesk, preset_view
from tests.support.panel import outside_of_tasks, until

Loop = asyncio.AbstractEventLoop
SIZES = ((1280, 800), (1920, 1080))


class AgentsRig:
    """An Agents page beside its rail in a window, with a desk in memory."""

    def __init__(self, desk: MemoryAgentDesk, size: tuple[int, int]) -> None:
        self.desk = desk
        self.failures: list[tuple[str, Exception]] = []
        self.toasts: list[Toast] = []
        self.keys_wanted: list[str] = []
        self.staged = 0
        self.tasks = TaskScope(self._report)
        self.window = pane(Pane.PAGE)
        self.window.resize(*size)
        self.page = AgentsPage(self.tasks)
        self.page.told.connect(self.toasts.append)
        self.page.key_wanted.connect(self.keys_wanted.append)
        self.page.on_stage.connect(self._count_stage)
        rail = Rail()
        for place in (Place.STAGE, Place.ROOMS, Place.AGENTS, Place.KEYS, Place.SETTINGS):
            rail.add(place.name, place.icon, place.word, at_foot=place.at_foot)
        rail.show_chosen(Place.AGENTS.name)
        across = row(self.window)
        across.addWidget(rail)
        across.addWidget(self.page, 1)

    async def open(self) -> None:
        self.window.show()
        self.window.activateWindow()
        self.page.give_desk(self.desk)
        await until(lambda: self.page.list.item_count() == len(self.desk.views))
        await self.settle()

    async def close(self) -> None:
        await self.settle()
        await self.tasks.close()
        self.window.close()
        self.window.deleteLater()

    async def settle(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0.01)

    async def choose(self, agent_id: str) -> None:
        """Choose an agent and wait until all is known of it."""
        if self.page.list.agent_id != agent_id:
            self.desk.asked.clear()
            self.page.list.choose(agent_id)
        await until(lambda: f"troubles {agent_id}" in self.desk.asked)
        await self.settle()

    @property
    def draft(self) -> Draft:
        assert self.page.draft is not None
        return self.page.draft

    def press(self, button: QAbstractButton) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    async def key(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        handle = self.window.windowHandle()
        await outside_of_tasks(lambda: QTest.keyClick(handle, key, modifier))

    @property
    def dialog(self) -> Dialog:
        assert self.page.acts.dialog is not None
        return self.page.acts.dialog

    @property
    def sheet(self) -> ServiceSheet:
        assert isinstance(self.dialog, ServiceSheet)
        return self.dialog

    @property
    def properties(self) -> PropertySheet:
        assert self.sheet.sheet is not None
        return self.sheet.sheet

    @property
    def asking(self) -> BotDialog:
        assert isinstance(self.dialog, BotDialog)
        return self.dialog

    def _report(self, doing: str, error: Exception) -> None:
        self.failures.append((doing, error))

    def _count_stage(self) -> None:
        self.staged += 1


Test = Callable[[AgentsRig], Awaitable[None]]


def run(loop: Loop, desk: MemoryAgentDesk, test: Test, size: tuple[int, int] = SIZES[0]) -> None:
    """Run a test with an open page, and close that whatever comes."""

    async def with_page() -> None:
        rig = AgentsRig(desk, size)
        try:
            await rig.open()
            await test(rig)
        finally:
            await rig.close()

    loop.run_until_complete(with_page())


def one_desk(text: str = LIBRARY) -> MemoryAgentDesk:
    return MemoryAgentDesk([preset_view("desk", "Library desk", "a line")], {"desk": text})


def type_text(rig: AgentsRig, text: str) -> None:
    """Replace the text as somebody who types does, and let it rest."""
    editor = rig.page.preset.editor.editor
    cursor = QTextCursor(editor.document())
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.insertText(text)
    rig.draft.read_now()
