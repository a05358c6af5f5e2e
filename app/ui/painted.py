"""The base of every view that is painted by hand: a still layer, items, hover, tooltips, keyboard, focus ring."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.paint import draw_focus_ring, pixmap_for, wants_focus_ring
from app.ui.plain_text import plain_tip
from app.ui.theme import theme
from app.ui.tokens import Token
from app.ui.yielding import let_others_run

PAGE_ITEMS = 5
NOTHING = -1
"""The index of no item."""

_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageDown: PAGE_ITEMS,
    Qt.Key.Key_PageUp: -PAGE_ITEMS,
}


class Painted(QWidget):
    """A view of items that it paints itself.

    A view overrides `paint_static`, `paint_live`, `item_count`, `item_rect` and `item_text`; hover,
    tooltip, keyboard, copying and screen reader all come from these.
    """

    activated = Signal(int)
    """An item was clicked or chosen with Return or Space."""

    ground = Token.PANEL

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # It paints every pixel, so nothing below it is painted first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.current = NOTHING
        self.hovered = NOTHING
        self._static: QPixmap | None = None
        theme.changed.connect(self.invalidate)

    # What a view fills in

    def paint_static(self, painter: QPainter) -> None:
        """Paint what changes only with size, ratio, theme or `invalidate`, over the ground."""

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        """Paint what changes, in `clip` only, over the static layer."""

    def item_count(self) -> int:
        return 0

    def item_rect(self, index: int) -> QRectF:
        """Where an item lies, in the widget's coordinates."""
        raise NotImplementedError

    def item_text(self, index: int) -> str:
        """An item in words: for the screen reader, the tooltip and the clipboard."""
        raise NotImplementedError

    def item_at(self, position: QPointF) -> int:
        """The item under a point, or NOTHING."""
        hits = (i for i in range(self.item_count()) if self.item_rect(i).contains(position))
        return next(hits, NOTHING)

    def tip_at(self, position: QPointF) -> str:
        """What hovering over a point tells; empty for nothing."""
        index = self.item_at(position)
        return "" if index == NOTHING else self.item_text(index)

    def reveal(self, index: int) -> None:
        """Scroll an item into view."""

    # What a view uses

    def invalidate(self) -> None:
        """Paint everything anew."""
        self._static = None
        self.update()

    def update_item(self, index: int) -> None:
        """Repaint one item."""
        if 0 <= index < self.item_count():
            self.update(self.item_rect(index).toAlignedRect().adjusted(-1, -1, 1, 1))

    def set_current(self, index: int) -> None:
        """Move the keyboard's place to an item and tell the screen reader."""
        left, self.current = self.current, index
        self.reveal(index)
        self.update_item(left)
        self.update_item(index)
        if index != NOTHING and QAccessible.isActive():
            event = QAccessibleEvent(self, QAccessible.Event.Focus)
            event.setChild(index)
            QAccessible.updateAccessibility(event)

    def ratio(self) -> float:
        return self.devicePixelRatioF()

    def layer(self, paint: Callable[[QPainter], None]) -> QPixmap:
        """A picture of the whole view: what `paint` paints over the ground. Opaque, so that it is copied fast."""
        made = pixmap_for(self.width(), self.height(), self.ratio(), self.ground)
        painter = QPainter(made)
        paint(painter)
        painter.end()
        return made

    def _step(self, key: int) -> int | None:
        """The item that a key moves to."""
        last = self.item_count() - 1
        if last < 0:
            return None
        if key == Qt.Key.Key_Home:
            return 0
        if key == Qt.Key.Key_End:
            return last
        step = _STEPS.get(Qt.Key(key))
        if step is None:
            return None
        if self.current == NOTHING:
            return 0 if step > 0 else last
        return min(last, max(0, self.current + step))

    def _hover(self, index: int) -> None:
        if index == self.hovered:
            return
        left, self.hovered = self.hovered, index
        self.update_item(left)
        self.update_item(index)
        pointing = (
            Qt.CursorShape.ArrowCursor if index == NOTHING else Qt.CursorShape.PointingHandCursor
        )
        self.setCursor(pointing)

    def _show_tip(self, event: QHelpEvent) -> None:
        tip = plain_tip(self.tip_at(QPointF(event.pos())))
        if tip:
            QToolTip.showText(event.globalPos(), tip, self)
        else:
            QToolTip.hideText()
            event.ignore()

    # Qt

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self.invalidate()
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            self._show_tip(event)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self.invalidate()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        # Drawn whole and cut by the clip: a part given as a source rectangle leaves seams at fractional ratios.
        painter.drawPixmap(0, 0, self._still_layer())
        self.paint_live(painter, event.rect())
        if wants_focus_ring(self):
            painter.setClipping(False)
            chosen = 0 <= self.current < self.item_count()
            draw_focus_ring(
                painter, self.item_rect(self.current) if chosen else QRectF(self.rect())
            )
        painter.end()
        let_others_run()

    def _still_layer(self) -> QPixmap:
        if self._static is None:
            self._static = self.layer(self.paint_static)
        return self._static

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._hover(self.item_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hover(NOTHING)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.item_at(event.position())
        if index != NOTHING:
            self.set_current(index)
            self.activated.emit(index)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        by_keyboard = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        if by_keyboard and self.current == NOTHING and self.item_count():
            self.set_current(0)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        chosen = 0 <= self.current < self.item_count()
        if (target := self._step(event.key())) is not None:
            self.set_current(target)
        elif chosen and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit(self.current)
        elif chosen and event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.item_text(self.current))
        else:
            super().keyPressEvent(event)
