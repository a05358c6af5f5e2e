"""The steps of a connection test, as they come: state by icon and ink, what was found, what to do, how long."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from app.domain.connection_report import took_words
from app.domain.servers import StepState, TestStep
from app.ui.fonts import Weight, font, metrics
from app.ui.pages.server_words import detail_words, step_words
from app.ui.paint import (
    Align,
    draw_dot,
    draw_hline,
    draw_text,
    elided,
    middle_baseline,
)
from app.ui.painted import Painted
from app.ui.plain_text import shown
from app.ui.theme import theme
from app.ui.tokens import Size, Token

LEAST_ROW = 34
LABEL_X, DETAIL_X, TOOK_WIDTH = 32, 212, 70
_PAD = 8
_MARK = 8.0
_STROKE = 1.7
_Strokes = tuple[tuple[QPointF, ...], ...]
_CHECK: _Strokes = ((QPointF(-3.2, 0.3), QPointF(-0.9, 2.6), QPointF(3.3, -2.3)),)
_CROSS: _Strokes = (
    (QPointF(-2.6, -2.6), QPointF(2.6, 2.6)),
    (QPointF(-2.6, 2.6), QPointF(2.6, -2.6)),
)
_MARKS: Mapping[StepState, tuple[Token, Token, str | _Strokes]] = {
    StepState.OK: (Token.OK_DIM, Token.OK, _CHECK),
    StepState.WARNING: (Token.WARN_DIM, Token.WARN, "!"),
    StepState.FAILED: (Token.BAD_DIM, Token.BAD, _CROSS),
    StepState.RUNNING: (Token.LINE, Token.TEXT, "…"),
    StepState.SKIPPED: (Token.LINE, Token.TEXT2, "–"),
    StepState.WAITING: (Token.LINE, Token.TEXT3, ""),
}
"""Ground, ink and sign of a state: a sign is text, or lines around the middle."""
_DETAIL_INKS = {StepState.WARNING: Token.WARN, StepState.FAILED: Token.BAD}


class StepList(Painted):
    """It is as high as its steps: put it into something that scrolls."""

    shown_item = Signal(int)
    """The keyboard went to a step that should be in sight."""

    ground = Token.BG

    def __init__(self) -> None:
        super().__init__("Steps of the connection test")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._steps: list[TestStep] = []
        self._heights: list[int] = []

    def show_steps(self, steps: Sequence[TestStep]) -> None:
        """Show all of them anew."""
        self._steps = list(steps)
        self.current = min(self.current, len(steps) - 1)
        self._measure()
        self.invalidate()

    def show_step(self, index: int, step: TestStep) -> None:
        """Show what has become of one."""
        if index >= len(self._steps):
            self.show_steps([*self._steps, step])
            return
        self._steps[index] = step
        if self._height(step) != self._heights[index]:
            self._measure()
            self.update()
        self.update_item(index)

    def _measure(self) -> None:
        self._heights = [self._height(step) for step in self._steps]
        self.setFixedHeight(sum(self._heights))

    def _height(self, step: TestStep) -> int:
        words = detail_words(step)
        room = self._detail_width()
        if not words or metrics(Size.SECONDARY).horizontalAdvance(words) <= room:
            return LEAST_ROW
        lines = metrics(Size.SECONDARY).boundingRect(QRectF(0, 0, room, 10_000), _FLAGS, words)
        return max(LEAST_ROW, round(lines.height()) + 2 * _PAD)

    def _detail_width(self) -> float:
        return max(80.0, self.width() - DETAIL_X - TOOK_WIDTH - _PAD)

    # Painted

    def item_count(self) -> int:
        return len(self._steps)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, sum(self._heights[:index]), self.width(), self._heights[index])

    def item_text(self, index: int) -> str:
        return step_words(self._steps[index])

    def reveal(self, index: int) -> None:
        self.shown_item.emit(index)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, step in enumerate(self._steps):
            box = self.item_rect(index)
            if box.intersects(QRectF(clip)):
                self._paint_step(painter, box, step)

    def _paint_step(self, painter: QPainter, box: QRectF, step: TestStep) -> None:
        draw_hline(painter, box.left(), box.right(), box.bottom() - 1, Token.LINE)
        self._paint_mark(
            painter, QPointF(box.left() + _MARK, box.top() + LEAST_ROW / 2), step.state
        )
        waits = step.state in (StepState.WAITING, StepState.SKIPPED)
        ink = Token.TEXT3 if waits else Token.TEXT
        face = metrics(Size.BODY, Weight.Medium)
        base = middle_baseline(face, box.top(), LEAST_ROW)
        name = elided(face, shown(step.label), DETAIL_X - LABEL_X - _PAD)
        draw_text(painter, LABEL_X, base, name, font(Size.BODY, Weight.Medium), ink)
        self._paint_detail(painter, box, step)
        took = took_words(step.took_ms)
        base = middle_baseline(metrics(Size.SECONDARY, mono=True), box.top(), LEAST_ROW)
        draw_text(
            painter,
            box.right(),
            base,
            took,
            font(Size.SECONDARY, mono=True),
            Token.TEXT3,
            Align.RIGHT,
        )

    def _paint_detail(self, painter: QPainter, box: QRectF, step: TestStep) -> None:
        words = detail_words(step)
        ink = _DETAIL_INKS.get(step.state, Token.TEXT2)
        if box.height() == LEAST_ROW:
            base = middle_baseline(metrics(Size.SECONDARY), box.top(), LEAST_ROW)
            draw_text(painter, DETAIL_X, base, words, font(Size.SECONDARY), ink)
            return
        painter.setFont(font(Size.SECONDARY))
        painter.setPen(theme.color(ink))
        room = QRectF(DETAIL_X, box.top() + _PAD, self._detail_width(), box.height() - 2 * _PAD)
        painter.drawText(room, _FLAGS, words)

    def _paint_mark(self, painter: QPainter, centre: QPointF, state: StepState) -> None:
        ground, ink, sign = _MARKS[state]
        draw_dot(painter, centre, _MARK, ground)
        if isinstance(sign, str):
            face = metrics(Size.CAPTION, Weight.Bold)
            base = middle_baseline(face, centre.y() - _MARK, 2 * _MARK)
            draw_text(
                painter, centre.x(), base, sign, font(Size.CAPTION, Weight.Bold), ink, Align.CENTRE
            )
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.color(ink), _STROKE)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for line in sign:
            painter.drawPolyline([centre + point for point in line])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._measure()


_FLAGS = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
