"""How the delays of a call go: a stacked bar for each turn, and tiles with their percentiles."""

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.call import Changes
from app.domain.turns import GOOD_MS, WATCH_MS, Turn
from app.ui.fonts import font
from app.ui.paint import Align, draw_dashed_hline, draw_hline, draw_text
from app.ui.theme import theme
from app.ui.tokens import Size, Token
from app.ui.views.call_view import CallView
from app.ui.views.stages import brush_of, parts_of
from app.ui.views.time_scale import span_ms, ticks_ms
from app.ui.views.trend_tiles import WIDTH, draw_tiles, tiles_of
from app.ui.views.turn_words import turn_text

TOP = 12
TILES_X = 16
PLOT_X = 324
RIGHT = 18
FOOT = 28
"""Room under the bars for the numbers of the turns."""
INSET = 14
"""From the axis to the first bar."""
WIDEST_STEP, NARROWEST_STEP = 29.0, 6.0
BAR_PART = 0.655
"""How much of its step a bar takes."""
PART_GAP = 0.8
GUIDES = ((GOOD_MS, Token.OK), (WATCH_MS, Token.BAD))


class Trends(CallView):
    """The answered turns of the call, oldest on the left; those that no longer fit drop out there."""

    empty = "Each answered turn will stand here as a bar."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Trends, one bar for each turn", parent)
        self._answered: list[Turn] = []
        self._shown: list[Turn] = []
        self._drawn: dict[int, tuple[float | None, float | None]] = {}
        """By position in the call, the figures of a turn as they were drawn."""
        self._tiles = tiles_of(())
        self._span_ms = span_ms(())

    # The call

    def show_call(self) -> None:
        self._answered = [turn for turn in self.call.exchanges if turn.reported_ms is not None]
        self._drawn = {i: _figures(turn) for i, turn in enumerate(self.call.turns)}
        self._tiles = tiles_of(self._answered)
        self.setAccessibleDescription(self.tiles_text())
        self._fit()

    def show_changes(self, changes: Changes) -> None:
        turns = self.call.turns
        none = (None, None)
        if all(self._drawn.get(i, none) == _figures(turns[i]) for i in changes.turns_updated):
            return
        before = len(self._answered)
        self.show_call()
        self.invalidate()
        if len(self._answered) != before:
            self.tell_items_changed()

    def _fit(self) -> None:
        """Show the newest turns, as many as have room, on an axis that holds them."""
        room = self.width() - RIGHT - PLOT_X - 2 * INSET
        self._shown = self._answered[-max(1, int(room / NARROWEST_STEP)) :]
        self._span_ms = span_ms([turn.reported_ms or 0.0 for turn in self._shown])

    # Geometry

    def _plot(self) -> QRectF:
        width = max(1, self.width() - RIGHT - PLOT_X)
        return QRectF(PLOT_X, TOP + 4, width, max(1, self.height() - TOP - 4 - FOOT))

    def _y(self, ms: float) -> float:
        plot = self._plot()
        return plot.bottom() - min(1.0, ms / self._span_ms) * plot.height()

    def _pitch(self) -> float:
        """From one bar to the next."""
        room = self._plot().width() - 2 * INSET
        return min(WIDEST_STEP, room / max(1, len(self._shown)))

    # Items

    def item_count(self) -> int:
        return len(self._shown)

    def item_rect(self, index: int) -> QRectF:
        plot, pitch = self._plot(), self._pitch()
        left = plot.x() + INSET + index * pitch
        return QRectF(left, plot.y(), pitch * BAR_PART, plot.height())

    def item_text(self, index: int) -> str:
        return turn_text(self.call, self._shown[index], self.now)

    def tiles_text(self) -> str:
        """The tiles in words."""
        return ". ".join(tile.text() for tile in self._tiles)

    def tip_at(self, position: QPointF) -> str:
        if position.x() < TILES_X + 2 * WIDTH + 2 * INSET:
            return self.tiles_text()
        return super().tip_at(position)

    # Painting

    def paint_static(self, painter: QPainter) -> None:
        tiles = QRectF(TILES_X, TOP, 2 * WIDTH, self.height() - 2 * TOP)
        draw_tiles(painter, self._tiles, tiles)
        self._paint_grid(painter)
        for index, turn in enumerate(self._shown):
            self._paint_bar(painter, self.item_rect(index), turn)
        self._paint_numbers(painter)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        if not self._shown:
            self.paint_empty(painter, self._plot())
        if 0 <= self.hovered < self.item_count():
            painter.fillRect(self.item_rect(self.hovered), theme.wash(Token.TEXT, 0.06))

    def _paint_grid(self, painter: QPainter) -> None:
        plot = self._plot()
        watch = self._y(WATCH_MS)
        beyond = QRectF(plot.x(), plot.y(), plot.width(), watch - plot.y())
        painter.fillRect(beyond, theme.wash(Token.BAD, 0.05))
        face = font(Size.CAPTION, mono=True)
        for ms in ticks_ms(self._span_ms):
            y = self._y(ms)
            draw_hline(painter, plot.x(), plot.right(), y, Token.LINE)
            number = f"{ms / 1000:.1f}"
            draw_text(painter, plot.x() - 8, y + 4, number, face, Token.TEXT3, Align.RIGHT)
        for ms, ink in GUIDES:
            draw_dashed_hline(painter, plot.x(), plot.right(), self._y(ms), ink)

    def _paint_bar(self, painter: QPainter, box: QRectF, turn: Turn) -> None:
        ratio = painter.deviceTransform().m11()
        left = round(box.x() * ratio) / ratio
        width = max(1.0, round(box.width() * ratio)) / ratio
        for part in parts_of(turn):
            bottom, top = self._y(part.start_ms), self._y(part.end_ms)
            if bottom - top > 0:
                height = max(0.5, bottom - top - PART_GAP)
                painter.fillRect(QRectF(left, top, width, height), brush_of(part, ratio))

    def _paint_numbers(self, painter: QPainter) -> None:
        if not self._shown:
            return
        base = self._plot().bottom() + 18
        face = font(Size.CAPTION)
        first, last = self.item_rect(0), self.item_rect(len(self._shown) - 1)
        draw_text(painter, first.x(), base, f"turn {self._shown[0].index}", face, Token.TEXT3)
        if last.x() - first.x() > 90:
            newest = f"turn {self._shown[-1].index}"
            draw_text(painter, last.right(), base, newest, face, Token.TEXT3, Align.RIGHT)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._fit()
        super().resizeEvent(event)


def _figures(turn: Turn) -> tuple[float | None, float | None]:
    return turn.reported_ms, turn.heard_ms
