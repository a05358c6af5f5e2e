"""Menus: the button that opens one, and the entries in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.buttons import SquareButton
from app.ui.panes import themed_menu
from app.ui.plain_text import shown
from app.ui.tokens import BUTTON_HEIGHT

ENTRY_CAP = 80


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of a menu, shown literally. Without an `act` it only says something."""

    text: str
    act: Callable[[], object] | None = None
    checked: bool | None = None
    """Whether it carries a check mark; None for an entry that has none."""


SEPARATOR = MenuEntry("")
"""A line between entries."""


def menu_of(parent: QWidget, entries: Sequence[MenuEntry]) -> QMenu:
    """A menu with these entries. It goes away with its use; open it with `popup`, which does not block."""
    menu = themed_menu(parent)
    for entry in entries:
        if entry is SEPARATOR:
            menu.addSeparator()
            continue
        # In a menu an ampersand would underline the letter behind it.
        action = menu.addAction(shown(entry.text, ENTRY_CAP).replace("&", "&&"))
        action.setEnabled(entry.act is not None)
        if entry.act is not None:
            action.triggered.connect(_without_arguments(entry.act))
        if entry.checked is not None:
            action.setCheckable(True)
            action.setChecked(entry.checked)
    return menu


def _without_arguments(act: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        act()

    return run


class MenuButton(SquareButton):
    """Three dots that open a menu; `entries` is asked each time. Space and the arrow down open it too."""

    def __init__(
        self, name: str, entries: Callable[[], Sequence[MenuEntry]], *, side: int = BUTTON_HEIGHT
    ) -> None:
        super().__init__("ellipsis", name, side=side)
        self._entries = entries
        self.opened: QMenu | None = None
        """The menu while it is open."""
        self.clicked.connect(self.open_menu)

    @Slot()
    def open_menu(self) -> None:
        """Open the menu under the button, its right edges in line."""
        menu = self.opened = menu_of(self, self._entries())
        menu.aboutToHide.connect(self._forget)
        corner = QPoint(self.width() - menu.sizeHint().width(), self.height() + 2)
        menu.popup(self.mapToGlobal(corner))

    @Slot()
    def _forget(self) -> None:
        self.opened = None

    def keyPressEvent(self, arg__1: QKeyEvent) -> None:  # noqa: N802
        if arg__1.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_menu()
        else:
            super().keyPressEvent(arg__1)
