"""Lays widgets out in as many equal columns as the width has room for."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class Reflow(QWidget):
    """A grid of its children whose columns follow its width. It is as high as its rows are.

    Every row is as high as the highest in it, by `heightForWidth`.
    """

    def __init__(self, *, least_width: int, gap: int) -> None:
        super().__init__()
        self._least_width = least_width
        self._gap = gap
        self._items: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def items(self) -> tuple[QWidget, ...]:
        return tuple(self._items)

    def show_items(self, items: Sequence[QWidget]) -> None:
        """Show these in this order and no others. Who made them also takes them away."""
        for item in self._items:
            if item not in items:
                item.hide()
        self._items = list(items)
        for item in self._items:
            if item.parentWidget() is not self:
                item.setParent(self)
            item.show()
        self.settle()

    def columns(self) -> int:
        """How many fit side by side at this width."""
        return max(1, (self.width() + self._gap) // (self._least_width + self._gap))

    def settle(self) -> None:
        """Place all anew: an item's height has changed."""
        columns = self.columns()
        width = (self.width() - (columns - 1) * self._gap) / columns
        top = 0
        for start in range(0, len(self._items), columns):
            line = self._items[start : start + columns]
            height = max(item.heightForWidth(int(width)) for item in line)
            for column, item in enumerate(line):
                left = round(column * (width + self._gap))
                right = round(column * (width + self._gap) + width)
                item.setGeometry(left, top, right - left, height)
            top += height + self._gap
        self.setFixedHeight(max(0, top - self._gap))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        if event.size().width() != event.oldSize().width():
            self.settle()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.settle()
        return super().event(event)
