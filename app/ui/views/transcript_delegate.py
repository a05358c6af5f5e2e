"""Paints the cells of the script and knows how high its rows are."""

from PySide6.QtCore import QAbstractItemModel, QPointF, QRect, QRectF, QSize, Slot
from PySide6.QtGui import QPainter, QTextBlockFormat
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextEdit,
    QWidget,
)

from app.domain.turns import Turn, Utterance
from app.ui.fonts import Weight, font, metrics
from app.ui.paint import draw_focus_ring, draw_text, wants_focus_ring
from app.ui.theme import theme
from app.ui.tokens import Size, Token
from app.ui.views.delay_bar import draw_delay_bar
from app.ui.views.figures import delay_ink, running_seconds, seconds
from app.ui.views.script_layouts import LINE, Said, ScriptLayouts
from app.ui.views.stages import live_parts, parts_of
from app.ui.views.transcript_model import Column, Index, TranscriptModel
from app.ui.views.turn_words import (
    CUT_OFF,
    Phase,
    agent_clock,
    caller_clock,
    heard_text,
    phase_of,
    waited_ms,
)

GAP = 12
"""Between two rows."""
EDGE = 20
"""Between the text and the edge of the view."""
MIDDLE = 11
"""Half the space between the columns."""
CUT_INDENT = 11
SAID_TOP = 19
"""Where the text begins, under the line that says who and when."""
BAR_TOP = 20
ANSWER_TOP = 31
"""Where the text begins under the delay and its bar."""
WAITING_HEIGHT = 26
LEAST_TEXT_WIDTH = 40
FIELD_MARGIN = 4


class TranscriptDelegate(QStyledItemDelegate):
    """Draws turns. `now` is the time of the live parts, set by the view."""

    def __init__(self, model: TranscriptModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.now = 0.0
        self._layouts = ScriptLayouts()
        theme.changed.connect(self.forget)

    @Slot()
    def forget(self) -> None:
        """Drop what was laid out: another call, another theme."""
        self._layouts.clear()

    def row_height(self, row: int, width: int) -> int:
        """The height of a row whose columns are `width` wide."""
        turn = self._model.turn(row)
        left = SAID_TOP + LINE * self._lines(row, Column.CALLER, width) if turn.caller else 0
        return max(left, self._answer_height(row, turn, width)) + GAP

    def live_rect(self, cell: QRect) -> QRect:
        """The part of an agent's cell that moves while the caller waits."""
        return QRect(cell.x(), cell.y(), cell.width(), WAITING_HEIGHT + GAP // 2)

    def _answer_height(self, row: int, turn: Turn, width: int) -> int:
        phase = phase_of(self._model.call, turn)
        if phase is not Phase.ANSWERED:
            return 0 if phase is Phase.CALLER_SPEAKS else WAITING_HEIGHT
        return self._answer_top(turn) + LINE * self._lines(row, Column.AGENT, width)

    def _lines(self, row: int, column: Column, width: int) -> int:
        room = self._text_width(row, column, width)
        return self._layouts.line_count((row, column), self._said(row, column), room)

    def _said(self, row: int, column: Column) -> Said:
        turn = self._model.turn(row)
        text = self._model.spoken(row, column)
        if column is Column.CALLER:
            return Said(text, len(text) if turn.caller is None else _settled(turn.caller, text))
        cut = f" … {CUT_OFF}" if turn.agent is not None and turn.agent.interrupted else ""
        return Said(text + cut, len(text))

    def _text_width(self, row: int, column: Column, width: int) -> int:
        turn = self._model.turn(row)
        indent = self._cut_indent(turn) if column is Column.AGENT else 0
        return max(LEAST_TEXT_WIDTH, width - EDGE - MIDDLE - indent)

    def _cut_indent(self, turn: Turn) -> int:
        return CUT_INDENT if turn.agent is not None and turn.agent.interrupted else 0

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view = option.widget
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.color(Token.RAISE))
        turn = self._model.turn(index.row())
        if index.column() == Column.CALLER:
            self._paint_caller(painter, turn, box, index.row())
        else:
            self._paint_agent(painter, turn, box, index.row())
        if state & QStyle.StateFlag.State_HasFocus and wants_focus_ring(view):
            draw_focus_ring(painter, QRectF(box).adjusted(2, 1, -2, -1))

    def _paint_caller(self, painter: QPainter, turn: Turn, box: QRect, row: int) -> None:
        if turn.caller is None:
            return
        x, y = box.x() + EDGE, box.y() + GAP / 2
        self._paint_who(painter, x, y, "Caller", Token.CALLER, caller_clock(self._model.call, turn))
        if turn.caller.typed:
            at = x + metrics(Size.CAPTION, Weight.DemiBold).horizontalAdvance("Caller") + 58
            draw_text(painter, at, y + 12, "typed", font(Size.CAPTION), Token.TEXT3)
        self._paint_said(painter, row, Column.CALLER, box, QPointF(x, y + SAID_TOP))

    def _paint_agent(self, painter: QPainter, turn: Turn, box: QRect, row: int) -> None:
        x, y = float(box.x() + MIDDLE), box.y() + GAP / 2
        if phase_of(self._model.call, turn) is not Phase.ANSWERED:
            self._paint_waiting(painter, turn, box, QPointF(x, y))
            return
        if turn.agent is not None and turn.agent.interrupted:
            rule = QRectF(x, y, 2, box.height() - GAP)
            painter.fillRect(rule, theme.color(Token.BAD))
            x += CUT_INDENT
        if turn.reported_ms is None or turn.caller is None:
            when = agent_clock(self._model.call, turn)
            end = self._paint_who(painter, x, y, "Agent", Token.AGENT, when)
            note = "greeting" if turn.caller is None else heard_text(turn)
            draw_text(painter, end, y + 12, note, font(Size.CAPTION, num=True), Token.TEXT3)
        else:
            self._paint_delay(painter, turn, turn.reported_ms, QPointF(x, y), row, box)
        where = QPointF(x, y + self._answer_top(turn))
        self._paint_said(painter, row, Column.AGENT, box, where)

    def _answer_top(self, turn: Turn) -> int:
        timed = turn.caller is not None and turn.reported_ms is not None
        return ANSWER_TOP if timed else SAID_TOP

    def _paint_who(
        self, painter: QPainter, x: float, y: float, who: str, ink: Token, when: str
    ) -> float:
        """Who and when; returns where the line goes on."""
        draw_text(painter, x, y + 12, who, font(Size.CAPTION, Weight.DemiBold), ink)
        x += metrics(Size.CAPTION, Weight.DemiBold).horizontalAdvance(who) + 8
        draw_text(painter, x, y + 12, when, font(Size.SECONDARY, mono=True), Token.TEXT3)
        return x + metrics(Size.SECONDARY, mono=True).horizontalAdvance(when) + 8

    def _paint_delay(
        self, painter: QPainter, turn: Turn, ms: float, at: QPointF, row: int, box: QRect
    ) -> None:
        face = font(Size.CAPTION, Weight.DemiBold, num=True)
        draw_text(painter, at.x(), at.y() + 12, seconds(ms), face, delay_ink(ms))
        width = metrics(Size.CAPTION, Weight.DemiBold, num=True).horizontalAdvance(seconds(ms))
        heard = at.x() + width + 7
        draw_text(
            painter,
            heard,
            at.y() + 12,
            heard_text(turn),
            font(Size.CAPTION, num=True),
            Token.TEXT3,
        )
        room = self._text_width(row, Column.AGENT, box.width())
        draw_delay_bar(painter, parts_of(turn), at + QPointF(0, BAR_TOP), room)

    def _paint_waiting(self, painter: QPainter, turn: Turn, box: QRect, at: QPointF) -> None:
        phase = phase_of(self._model.call, turn)
        face = font(Size.CAPTION, num=True)
        if phase is Phase.UNANSWERED:
            draw_text(painter, at.x(), at.y() + 12, "No answer", face, Token.TEXT3)
        if phase is not Phase.WAITING:
            return
        waited = waited_ms(turn, self.now)
        since = "" if waited is None else f" {running_seconds(waited)}"
        draw_text(painter, at.x(), at.y() + 12, f"Thinking…{since}", face, Token.TEXT3)
        room = box.width() - EDGE - MIDDLE
        parts = live_parts(turn, self.now)
        draw_delay_bar(painter, parts, at + QPointF(0, BAR_TOP), room, live=True)

    def _paint_said(
        self, painter: QPainter, row: int, column: Column, box: QRect, at: QPointF
    ) -> None:
        room = self._text_width(row, column, box.width())
        painter.setPen(theme.color(Token.TEXT))
        self._layouts.layout((row, column), self._said(row, column), room).draw(painter, at)

    # Qt

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        width: int = option.rect.width()
        return QSize(width, self.row_height(index.row(), width))

    def createEditor(  # noqa: N802
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """A read-only field over the cell, in which characters can be selected and copied."""
        field = QTextEdit(parent)
        field.setReadOnly(True)
        field.setAcceptRichText(False)
        field.setFont(font(Size.SCRIPT))
        field.document().setDocumentMargin(FIELD_MARGIN)
        field.setPlainText(self._model.spoken(index.row(), index.column()))
        field.selectAll()
        lines = QTextBlockFormat()
        lines.setLineHeight(LINE, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        field.textCursor().mergeBlockFormat(lines)
        field.setAccessibleName("Text of the turn")
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """The field has its text already."""

    def setModelData(  # noqa: N802
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        """Nothing that was said is changed here."""

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        box: QRect = option.rect
        turn = self._model.turn(index.row())
        left, top = EDGE, SAID_TOP
        if index.column() == Column.AGENT:
            left, top = MIDDLE + self._cut_indent(turn), self._answer_top(turn)
        inset = FIELD_MARGIN + 1
        editor.setGeometry(box.adjusted(left - inset, GAP // 2 + top - inset, -4, 0))


def _settled(caller: Utterance, text: str) -> int:
    """How much of the text is the speech recognition's last word."""
    if caller.final:
        return len(text)
    return len(caller.said_before) if text.startswith(caller.said_before) else 0
