"""A Keys page in a window, with a desk in memory that a test holds in its hand."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.domain.back_office import KeyDesk
from app.ui.dialogs import Dialog
from app.ui.pages.key_dialog import KeyDialog
from app.ui.pages.key_import import ImportDialog
from app.ui.pages.keys import KeysPage
from app.ui.panes import Pane, pane, row
from app.ui.places import Place
from app.ui.rail import Rail
from app.ui.tasks import TaskScope
from app.ui.toasts import Toast
from tests.support.desks import MemoryKeyDesk, sample_cards
from tests.support.panel import StillClock, outside_of_tasks, until

Loop = asyncio.AbstractEventLoop
SIZES = ((1280, 800), (1920, 1080))
CANARY = "sk-canary-5f2e91c7aa03"


class KeysRig:
    """A Keys page beside its rail in a window, with a desk in memory."""

    def __init__(self, desk: KeyDesk, size: tuple[int, int]) -> None:
        self._desk = desk
        self.clock = StillClock()
        self.failures: list[tuple[str, Exception]] = []
        self.toasts: list[Toast] = []
        self.tasks = TaskScope(self._report)
        self.window = pane(Pane.PAGE)
        self.window.resize(*size)
        self.page = KeysPage(self.tasks, self.clock)
        self.page.told.connect(self.toasts.append)
        rail = Rail()
        rail.add(Place.KEYS.name, Place.KEYS.icon, Place.KEYS.word, at_foot=True)
        across = row(self.window)
        across.addWidget(rail)
        across.addWidget(self.page, 1)

    @property
    def desk(self) -> MemoryKeyDesk:
        assert isinstance(self._desk, MemoryKeyDesk)
        return self._desk

    async def open(self) -> None:
        self.window.show()
        self.window.activateWindow()
        self.page.give_desk(self._desk)
        await self.known()

    async def known(self) -> None:
        """Wait until the page has shown what the desk says."""
        await until(lambda: self.page.banner.act.isVisible())

    async def close(self) -> None:
        await self.tasks.close()
        self.window.close()
        self.window.deleteLater()

    async def settle(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0.01)

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
    def asking(self) -> KeyDialog:
        assert isinstance(self.dialog, KeyDialog)
        return self.dialog

    @property
    def importing(self) -> ImportDialog:
        assert isinstance(self.dialog, ImportDialog)
        return self.dialog

    def choose(self, provider_id: str, words: str) -> None:
        """Choose an entry of a card's menu."""
        menu = self.page.card_of(provider_id).menu
        menu.open_menu()
        assert menu.opened is not None
        (action,) = (a for a in menu.opened.actions() if a.text().startswith(words))
        opened = menu.opened
        action.trigger()
        opened.close()

    def entries(self, provider_id: str) -> list[tuple[str, bool]]:
        menu = self.page.card_of(provider_id).menu
        menu.open_menu()
        assert menu.opened is not None
        found = [(a.text(), a.isEnabled()) for a in menu.opened.actions() if a.text()]
        menu.opened.close()
        return found

    def _report(self, doing: str, error: Exception) -> None:
        self.failures.append((doing, error))


Test = Callable[[KeysRig], Awaitable[None]]


def run(loop: Loop, desk: MemoryKeyDesk, test: Test, size: tuple[int, int] = SIZES[0]) -> None:
    """Run a test with an open page, and close that whatever comes."""

    async def with_page() -> None:
        rig = KeysRig(desk, size)
        try:
            await rig.open()
            await test(rig)
        finally:
            await rig.close()

    loop.run_until_complete(with_page())


def full() -> MemoryKeyDesk:
    return MemoryKeyDesk(cards=sample_cards())


def all_texts(window: QWidget) -> Iterator[str]:
    """Every text of a window: on the screen, in tooltips and for a screen reader."""
    for widget in (window, *window.findChildren(QWidget)):
        interface = QAccessible.queryAccessibleInterface(widget)
        yield from (interface.text(QAccessible.Text(kind)) for kind in range(4))
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        elif isinstance(widget, QLineEdit):
            yield widget.displayText()
