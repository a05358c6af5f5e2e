"""One row of the waterfall: what it shows and how it is painted."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.domain.call import Call
from app.domain.facts import Tap
from app.domain.turns import Gap, Turn
from app.ui.fonts import Weight, font, metrics
from app.ui.paint import draw_dot, draw_icon, draw_rounded, draw_text, elided
from app.ui.plain_text import shown
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token
from app.ui.views.figures import NONE, delay_ink, running_seconds, seconds
from app.ui.views.stages import Part, brush_of, live_parts, parts_of
from app.ui.views.turn_words import Phase, phase_of, waited_ms

ROW = 32
NUMBER_X, CUT_X, TOTAL_X, SLOWEST_X, SAID_X, BARS_X = 18, 44, 64, 124, 240, 528
HEADINGS = (
    (NUMBER_X, "#"),
    (TOTAL_X, "Total"),
    (SLOWEST_X, "Slowest part"),
    (SAID_X, "Caller said"),
)
SAID_WIDTH = BARS_X - SAID_X - 24
BAR_TOP, BAR_HEIGHT = 8, 14
BASE = 19
MIDDLE = BAR_TOP + BAR_HEIGHT / 2
RING = 3.5
AROUND = 4
"""What lies left of its bar at most: the edge of a ring."""
LIVE_TAIL = 26
"""Width of the block that stands for what is still to come."""


@dataclass(frozen=True, slots=True)
class RowPicture:
    """What a row shows of a turn."""

    number: str
    total: str
    total_ink: Token
    slowest: str
    slowest_ink: Token | None
    said: str
    parts: tuple[Part, ...]
    heard: Gap | None
    reported_ms: float
    cut_off: bool
    live: bool

    @property
    def words(self) -> tuple[object, ...]:
        """All that stands left of the bars."""
        return self.number, self.total, self.total_ink, self.slowest, self.slowest_ink, self.said


def reach_ms(turn: Turn) -> float:
    """How far the row of a turn reaches on the axis."""
    return max(turn.reported_ms or 0.0, turn.heard_ms or 0.0)


def picture_of(call: Call, turn: Turn, now: float) -> RowPicture:
    """What the row of a turn shows at the time `now`."""
    phase = phase_of(call, turn)
    waiting = phase is Phase.WAITING
    parts = live_parts(turn, now) if waiting else parts_of(turn)
    total, total_ink = _total(turn, phase, now)
    slowest, slowest_ink = _slowest(phase, parts)
    return RowPicture(
        number=str(turn.index),
        total=total,
        total_ink=total_ink,
        slowest=slowest,
        slowest_ink=slowest_ink,
        said=shown(turn.caller.text) if turn.caller is not None else "",
        parts=parts,
        heard=turn.gaps.get(Tap.LISTENER),
        reported_ms=turn.reported_ms or 0.0,
        cut_off=turn.agent is not None and turn.agent.interrupted,
        live=waiting,
    )


def grown(row: RowPicture, turn: Turn, now: float) -> RowPicture:
    """A live row at a later time, no fact having come since: its last part is longer."""
    waited = waited_ms(turn, now)
    if waited is None or not row.parts:
        return row
    last = row.parts[-1]
    longer = replace(last, duration_ms=max(0.0, waited - last.start_ms))
    return replace(row, total=running_seconds(waited), parts=(*row.parts[:-1], longer))


def _total(turn: Turn, phase: Phase, now: float) -> tuple[str, Token]:
    if turn.reported_ms is not None:
        return seconds(turn.reported_ms), delay_ink(turn.reported_ms)
    waited = waited_ms(turn, now) if phase is Phase.WAITING else None
    return (NONE if waited is None else running_seconds(waited)), Token.TEXT2


def _slowest(phase: Phase, parts: tuple[Part, ...]) -> tuple[str, Token | None]:
    if phase is Phase.WAITING and parts:
        return f"{parts[-1].label}, running", parts[-1].ink
    if parts:
        slowest = max(parts, key=lambda part: part.duration_ms)
        return slowest.label, slowest.ink
    words = {
        Phase.UNANSWERED: "No answer",
        Phase.CALLER_SPEAKS: "Caller speaks",
        Phase.WAITING: "Waiting",
    }
    return words.get(phase, NONE), None


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a delay lies in the widget."""

    left: float
    right: float
    span_ms: float

    def x(self, ms: float) -> float:
        return self.left + ms / self.span_ms * (self.right - self.left)


def draw_row(painter: QPainter, row: RowPicture, y: float, axis: Axis, left: float) -> None:
    """Paint what of a row lies right of `left`; its top is `y`."""
    if left < BARS_X - AROUND:
        _draw_words(painter, row, y)
    _draw_parts(painter, row, y, axis)
    if row.heard is not None:
        _draw_ear(painter, row.reported_ms, row.heard, y, axis)


def part_at(row: RowPicture, x: float, axis: Axis) -> Part | None:
    """The part of a row that lies at `x`."""
    hits = (part for part in row.parts if axis.x(part.start_ms) <= x < axis.x(part.end_ms))
    return next(hits, None)


def _draw_words(painter: QPainter, row: RowPicture, y: float) -> None:
    base = y + BASE
    draw_text(painter, NUMBER_X, base, row.number, font(Size.SECONDARY, num=True), Token.TEXT3)
    if row.cut_off:
        draw_icon(painter, "scissors", Token.BAD, CUT_X, y + 9, 12)
    bold = font(Size.BODY, Weight.DemiBold, num=True)
    draw_text(painter, TOTAL_X, base, row.total, bold, row.total_ink)
    x = float(SLOWEST_X)
    if row.slowest_ink is not None:
        draw_dot(painter, QPointF(x + 6, y + MIDDLE), 4, row.slowest_ink)
        x += 16
    room = SAID_X - x - 8
    slowest = elided(metrics(Size.SECONDARY), row.slowest, room)
    draw_text(painter, x, base, slowest, font(Size.SECONDARY), Token.TEXT2)
    said = elided(metrics(Size.BODY), row.said, SAID_WIDTH)
    draw_text(painter, SAID_X, base, said, font(Size.BODY), Token.TEXT)


def _draw_parts(painter: QPainter, row: RowPicture, y: float, axis: Axis) -> None:
    ratio = painter.deviceTransform().m11()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for part in row.parts:
        left, right = axis.x(part.start_ms), axis.x(part.end_ms)
        painter.setBrush(brush_of(part, ratio))
        box = QRectF(left, y + BAR_TOP, max(1.0, right - left - 1), BAR_HEIGHT)
        painter.drawRoundedRect(box, Radius.BAR, Radius.BAR)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if row.live:
        end = axis.x(row.parts[-1].end_ms if row.parts else 0.0)
        tail = QRectF(end, y + BAR_TOP, LIVE_TAIL, BAR_HEIGHT)
        draw_rounded(painter, tail, Radius.BAR, Token.RAISE)


def _draw_ear(painter: QPainter, reported_ms: float, heard: Gap, y: float, axis: Axis) -> None:
    """A dotted line from the report to a ring where the listener heard the answer."""
    middle = y + MIDDLE
    ink = theme.color(Token.ST_NET)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    dots = QPen(ink, 2, Qt.PenStyle.CustomDashLine)
    dots.setDashPattern([1, 1])
    dots.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(dots)
    ring_x = axis.x(heard.ms)
    if heard.ms > reported_ms:
        start = QPointF(axis.x(reported_ms), middle)
        painter.drawLine(start, QPointF(max(start.x(), ring_x - RING), middle))
    painter.setPen(QPen(ink, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(ring_x, middle), RING, RING)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if heard.uncertain:
        draw_text(painter, ring_x + RING + 4, y + BASE, "≈", font(Size.SECONDARY), Token.TEXT2)
