# Qt answers "there is none" with a null pointer, for which PySide6's stubs have no None.
# pyright: reportIncompatibleMethodOverride=false
"""Makes what Qt cannot know readable for assistive technology: painted views as lists of items, our dialogs."""

from PySide6.QtCore import QObject, QPoint, QPointF, QRect
from PySide6.QtGui import (
    QAccessible,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import isValid

from app.ui.dialogs import Dialog
from app.ui.painted import NOTHING, Painted

_interfaces: list[QAccessibleInterface] = []
"""Keeps the Python halves of the interfaces, which Qt does not. Qt deletes the other half with the view."""


def install() -> None:
    """Teach Qt to read painted views and dialogs. Once, before the first of them is shown."""
    QAccessible.installFactory(_factory)


def _factory(key: str, widget: QObject) -> QAccessibleInterface | None:
    interface: QAccessibleInterface
    if isinstance(widget, Painted):
        interface = _ViewAccess(widget)
    elif isinstance(widget, Dialog):
        interface = QAccessibleWidget(widget, QAccessible.Role.Dialog)
    else:
        return None
    _interfaces.append(interface)
    return interface


class _ItemAccess(QAccessibleInterface):
    def __init__(self, view: Painted, index: int) -> None:
        super().__init__()
        self._view = view
        self._index = index

    def isValid(self) -> bool:  # noqa: N802
        return isValid(self._view) and self._index < self._view.item_count()

    def object(self) -> QObject | None:
        return None

    def window(self) -> QWindow | None:
        return self._view.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:
        return QAccessible.queryAccessibleInterface(self._view)

    def child(self, index: int) -> QAccessibleInterface | None:
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # noqa: N802
        return None

    def childCount(self) -> int:  # noqa: N802
        return 0

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:  # noqa: N802
        return NOTHING

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def rect(self) -> QRect:
        inside = self._view.item_rect(self._index).toRect()
        return QRect(self._view.mapToGlobal(inside.topLeft()), inside.size())

    def text(self, t: QAccessible.Text) -> str:
        return self._view.item_text(self._index) if t is QAccessible.Text.Name else ""

    def setText(self, t: QAccessible.Text, text: str) -> None:  # noqa: N802
        """Nothing here can be edited."""

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        chosen = self._view.current == self._index
        state.focusable = True
        state.selectable = True
        state.selected = chosen
        state.focused = chosen and self._view.hasFocus()
        return state


class _ViewAccess(QAccessibleWidget):
    def __init__(self, view: Painted) -> None:
        super().__init__(view, QAccessible.Role.List, view.accessibleName())
        self._view = view
        self._items: dict[int, _ItemAccess] = {}

    def childCount(self) -> int:  # noqa: N802
        return self._view.item_count()

    def child(self, index: int) -> QAccessibleInterface | None:
        if not 0 <= index < self._view.item_count():
            return None
        if index not in self._items:
            self._items[index] = _ItemAccess(self._view, index)
            QAccessible.registerAccessibleInterface(self._items[index])
        return self._items[index]

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        return next((i for i, item in self._items.items() if item is child), NOTHING)

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # noqa: N802
        index = self._view.item_at(QPointF(self._view.mapFromGlobal(QPoint(x, y))))
        return self.child(index)

    def focusChild(self) -> QAccessibleInterface | None:  # noqa: N802
        return self.child(self._view.current)
