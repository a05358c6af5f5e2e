"""Where the time of each turn went: one row for each, aligned where the caller stopped."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from app.domain.call import Changes
from app.domain.turns import GOOD_MS, WATCH_MS, Turn
from app.ui.fonts import Weight, font
from app.ui.paint import (
    Align,
    draw_dashed_vline,
    draw_rounded,
    draw_text,
    draw_vline,
)
from app.ui.painted import NOTHING
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token
from app.ui.views.call_view import CallView
from app.ui.views.figures import seconds
from app.ui.views.stage_legend import draw_legend
from app.ui.views.time_scale import span_ms, ticks_ms
from app.ui.views.turn_words import turn_text, waited_ms
from app.ui.views.waterfall_row import (
    AROUND,
    BARS_X,
    HEADINGS,
    NUMBER_X,
    RING,
    ROW,
    SAID_X,
    Axis,
    RowPicture,
    draw_row,
    grown,
    part_at,
    picture_of,
    reach_ms,
)

TOP = 8
HEAD = 24
LEGEND_HEIGHT = 28
RIGHT = 68
"""Room after the axis for a ring and its sign."""
EDGE = 10
BAR_WIDTH = 10
NEAR_END_PX = 4
GUIDE_ROOM = 28
"""What a guide's number needs to its neighbours."""
GUIDES = ((GOOD_MS, Token.OK), (WATCH_MS, Token.BAD))


@dataclass(frozen=True, slots=True)
class WaterfallPlace:
    """Where somebody was in a waterfall."""

    current: int = NOTHING
    """The row that was chosen."""
    scrolled_px: int | None = None
    """None: the newest turn was followed."""


class Waterfall(CallView):
    """The turns that a caller opened. It follows the newest one unless somebody has scrolled up."""

    empty = "Each answer will stand here: how long it took, and who spent the time."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Waterfall, one row for each turn", parent)
        self._turns: list[Turn] = []
        self._positions: list[int] = []
        self._rows: dict[int, RowPicture] = {}
        self._reach_ms = 0.0
        self._span_ms = span_ms(())
        self._following = True
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.setSingleStep(ROW)
        self._bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._bar.valueChanged.connect(self._scrolled)

    # The call

    def show_call(self) -> None:
        self._following = True
        self._take_turns()
        self._reach_ms = 0.0
        self._fit_axis(self._turns)
        self._fit_bar()

    @property
    def place(self) -> WaterfallPlace:
        """To come back to after another call."""
        return WaterfallPlace(self.current, None if self._following else self._bar.value())

    def return_to(self, place: WaterfallPlace) -> None:
        """Be where somebody was in this call."""
        self.current = place.current if place.current < len(self._turns) else NOTHING
        if place.scrolled_px is not None:
            self._following = False
            self._bar.setValue(place.scrolled_px)
        self.update(self._body())

    def show_changes(self, changes: Changes) -> None:
        known = len(self._turns)
        if changes.turns_added:
            self._take_turns()
        touched = {self._row_of(position) for position in changes.turns_updated}
        if changes.state or len(self._turns) > known:
            touched |= {known - 1}
        for row in touched:
            self._rows.pop(row, None)
            self.update_item(row)
        if len(self._turns) > known:
            self._fit_bar()
            if not known:
                self.invalidate()
            self.update(self._body())
            self.tell_items_changed()
        self._fit_axis([self._turns[row] for row in touched if row != NOTHING])

    def show_time(self) -> None:
        last = len(self._turns) - 1
        if last < 0 or not (before := self._row(last)).live:
            return
        turn = self._turns[last]
        row = self._rows[last] = grown(before, turn, self.now)
        if row.words == before.words:
            bars = self.item_rect(last).adjusted(BARS_X - AROUND - EDGE, 0, 0, 0)
            self.update(bars.toAlignedRect())
        else:
            self.update_item(last)
        self._stretch_axis(waited_ms(turn, self.now) or 0.0)

    def _take_turns(self) -> None:
        self._rows.clear()
        self._positions = [i for i, turn in enumerate(self.call.turns) if turn.caller is not None]
        self._turns = [self.call.turns[i] for i in self._positions]

    def _row_of(self, position: int) -> int:
        """The row of a turn by its position in the call."""
        row = bisect_left(self._positions, position)
        hit = row < len(self._positions) and self._positions[row] == position
        return row if hit else NOTHING

    def _row(self, index: int) -> RowPicture:
        if index not in self._rows:
            self._rows[index] = picture_of(self.call, self._turns[index], self.now)
        return self._rows[index]

    def _fit_axis(self, turns: Sequence[Turn]) -> None:
        """Make the axis as long as these turns need, and those before."""
        self._stretch_axis(max((reach_ms(turn) for turn in turns), default=0.0))

    def _stretch_axis(self, to_ms: float) -> None:
        self._reach_ms = max(self._reach_ms, to_ms)
        span = span_ms((self._reach_ms,))
        if span != self._span_ms:
            self._span_ms = span
            self.invalidate()

    # Geometry

    def axis(self) -> Axis:
        return Axis(BARS_X, self.width() - RIGHT, self._span_ms)

    def _body(self) -> QRect:
        top = TOP + HEAD
        return QRect(0, top, self.width(), max(0, self.height() - top - LEGEND_HEIGHT))

    def _fit_bar(self) -> None:
        body = self._body()
        self._bar.setGeometry(self.width() - BAR_WIDTH - 2, body.y(), BAR_WIDTH, body.height())
        beyond = max(0, len(self._turns) * ROW - body.height())
        following = self._following
        self._bar.setRange(0, beyond)
        self._bar.setPageStep(body.height())
        self._bar.setVisible(beyond > 0)
        if following:
            self._bar.setValue(beyond)

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._following = value >= self._bar.maximum() - NEAR_END_PX
        self.update(self._body())

    # Items

    def item_count(self) -> int:
        return len(self._turns)

    def item_rect(self, index: int) -> QRectF:
        top = TOP + HEAD + index * ROW - self._bar.value()
        return QRectF(EDGE, top, self.width() - 2 * EDGE - 2, ROW - 2)

    def item_at(self, position: QPointF) -> int:
        if not self._body().contains(position.toPoint()):
            return NOTHING
        index = int((position.y() - TOP - HEAD + self._bar.value()) // ROW)
        return index if 0 <= index < len(self._turns) else NOTHING

    def item_text(self, index: int) -> str:
        return turn_text(self.call, self._turns[index], self.now)

    def tip_at(self, position: QPointF) -> str:
        index = self.item_at(position)
        if index == NOTHING:
            return ""
        if position.x() < SAID_X:
            return self.item_text(index)
        row, axis = self._row(index), self.axis()
        if position.x() < BARS_X:
            return row.said
        if row.heard is not None and abs(position.x() - axis.x(row.heard.ms)) <= RING + 2:
            doubt = "about " if row.heard.uncertain else ""
            return f"The listener heard the answer after {doubt}{seconds(row.heard.ms)}"
        part = part_at(row, position.x(), axis)
        return "" if part is None else part.text()

    def reveal(self, index: int) -> None:
        if index == NOTHING:
            return
        top = index * ROW
        lowest = top + ROW - self._body().height()
        self._bar.setValue(min(top, max(self._bar.value(), lowest)))

    # Painting

    def paint_static(self, painter: QPainter) -> None:
        for x, heading in HEADINGS:
            face = font(Size.CAPTION, Weight.DemiBold)
            draw_text(painter, x, TOP + 15, heading, face, Token.TEXT3)
        draw_legend(painter, NUMBER_X, self.height() - LEGEND_HEIGHT + 4, self.width() - EDGE)
        if self._turns:
            self._paint_axis(painter)

    def _paint_axis(self, painter: QPainter) -> None:
        axis = self.axis()
        face = font(Size.CAPTION, mono=True)
        bottom = self.height() - LEGEND_HEIGHT - 4
        for ms in ticks_ms(self._span_ms):
            x = axis.x(ms)
            text = f"{ms / 1000:.1f}"
            draw_text(painter, x, TOP + 15, text, face, Token.TEXT3, Align.CENTRE)
            draw_vline(painter, x, TOP + 22, bottom, Token.LINE)
        for ms, ink in GUIDES:
            x = axis.x(ms)
            if all(abs(x - axis.x(tick)) > GUIDE_ROOM for tick in ticks_ms(self._span_ms)):
                draw_text(painter, x, TOP + 15, f"{ms / 1000:.1f}", face, ink, Align.CENTRE)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        body = self._body()
        if not self._turns:
            self.paint_empty(painter, QRectF(body))
            return
        clip = body.intersected(clip)
        painter.setClipRect(clip)
        above = self._bar.value() - body.y()
        first = max(0, (clip.top() + above) // ROW)
        last = min(len(self._turns), (clip.bottom() + above) // ROW + 1)
        for index in range(first, last):
            box = self.item_rect(index)
            if clip.intersects(box.toAlignedRect()):
                self._paint_row(painter, index, box, clip.left())
        self._paint_guides(painter, body)

    def _paint_row(self, painter: QPainter, index: int, box: QRectF, left: int) -> None:
        if index == self.current:
            draw_rounded(painter, box, Radius.CONTROL, Token.RAISE)
        elif index == self.hovered:
            draw_rounded(painter, box, Radius.CONTROL, theme.wash(Token.RAISE, 0.5))
        draw_row(painter, self._row(index), box.y(), self.axis(), left)

    def _paint_guides(self, painter: QPainter, body: QRect) -> None:
        axis = self.axis()
        top, bottom = body.y() - 2, body.bottom()
        for ms, ink in GUIDES:
            draw_dashed_vline(painter, axis.x(ms), top, bottom, theme.wash(ink, 0.8))

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_bar()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self._bar.setValue(self._bar.value() - event.angleDelta().y() // 2)
        event.accept()
