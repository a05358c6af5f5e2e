"""The base of the painted views of a call."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.ui.fonts import font
from app.ui.paint import Align, draw_text
from app.ui.painted import NOTHING, Painted
from app.ui.tokens import Size, Token


class CallView(Painted):
    """Shows a call that somebody else folds.

    A view overrides `show_call` and `show_changes`. While it is hidden it only remembers that something changed.
    """

    empty = ""
    """What stands here before there is anything to show."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.call = Call()
        self.now = 0.0
        """The time that live parts are drawn for."""
        self._stale = False

    def set_call(self, call: Call) -> None:
        """Show another call."""
        self.call = call
        self.current = self.hovered = NOTHING
        self._show_anew()

    def apply(self, changes: Changes) -> None:
        """Repaint what changed, now or when the view is next seen."""
        if self.isVisible():
            self.show_changes(changes)
        else:
            self._stale = True

    def tick(self, now: float) -> None:
        """Let live parts move to the time `now`."""
        self.now = now
        if self.isVisible():
            self.show_time()

    # What a view fills in

    def show_call(self) -> None:
        """Take up the whole of `call`; everything is painted anew afterwards."""

    def show_changes(self, changes: Changes) -> None:
        """Repaint what changed in `call`."""

    def show_time(self) -> None:
        """Repaint what depends on `now`."""

    # What a view uses

    def tell_items_changed(self) -> None:
        """Tell the screen reader that items came or went."""
        if QAccessible.isActive():
            event = QAccessibleEvent(self, QAccessible.Event.ObjectReorder)
            QAccessible.updateAccessibility(event)

    def paint_empty(self, painter: QPainter, box: QRectF) -> None:
        """Say what will stand in `box`."""
        face = font(Size.BODY)
        centre = box.center()
        draw_text(painter, centre.x(), centre.y(), self.empty, face, Token.TEXT3, Align.CENTRE)

    def _show_anew(self) -> None:
        self._stale = False
        self.show_call()
        self.invalidate()
        self.tell_items_changed()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        if self._stale:
            self._show_anew()
        super().showEvent(event)
