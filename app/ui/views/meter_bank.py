"""The meters of the mixer: all strips in one widget."""

from dataclasses import dataclass
from itertools import product

from PySide6.QtCore import QRect, QRectF, Slot
from PySide6.QtGui import QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.facts import Lane
from app.domain.levels import FLOOR_DBFS, HOT_DBFS, WATCH_DBFS, Meter
from app.ui.fonts import Weight, font, metrics
from app.ui.paint import Align, draw_hline, draw_rounded, draw_text
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token
from app.ui.views.call_view import CallView
from app.ui.views.figures import decibels

TICKS_DBFS = (0.0, HOT_DBFS, WATCH_DBFS, -40.0, FLOOR_DBFS)
TOP = 24
"""Room for the numbers."""
FOOT = 25
"""Room for the names."""
LEAST_BAR, MOST_BAR = 80, 318
BAR = 9
BAR_STEP = 11
"""From the peak bar to the RMS bar."""
STRIP_GAP = 4


@dataclass(frozen=True, slots=True)
class Strip:
    """One lane of the mixer: what it is called and its colour."""

    lane: Lane
    name: str
    ink: Token


STRIPS = (
    Strip(Lane.CALLER, "Caller", Token.CALLER),
    Strip(Lane.AGENT, "Agent", Token.AGENT),
    Strip(Lane.OPERATOR, "You", Token.OPERATOR),
    Strip(Lane.EAR, "Ear", Token.EAR),
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A meter in whole pixels, as it was painted last."""

    peak_y: int
    rms_y: int
    held_y: int
    number: str
    clipped: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a strip is painted."""

    bars: tuple[int, int]
    """The left edges of the peak bar and the RMS bar."""
    centre: float
    moving: QRect
    """All that a level changes."""


class MeterBank(CallView):
    """Peak and RMS of each lane from −60 to 0 dBFS, with held peaks and latched clips.

    New levels are shown by the tick that ends their frame. Choosing a strip, by click or key, clears its clip.
    """

    def __init__(self, strips: tuple[Strip, ...] = STRIPS, parent: QWidget | None = None) -> None:
        super().__init__("Levels", parent)
        self._strips = strips
        self._readings: list[_Reading] = []
        self._columns: list[_Column] = []
        self._lit: QPixmap | None = None
        """The bank with every bar at the top. What is lit of a bar is cut out of it."""
        self.setMinimumHeight(TOP + LEAST_BAR + FOOT)
        self.setMaximumHeight(TOP + MOST_BAR + FOOT)
        self.activated.connect(self._clear_clip)

    def meter(self, index: int) -> Meter:
        """The meter of a strip; one at rest for a lane that has no audio."""
        return self.call.meters.get(self._strips[index].lane) or Meter()

    # The call

    def show_call(self) -> None:
        self._readings = self._read()

    def show_time(self) -> None:
        for meter in self.call.meters.values():
            meter.fall(self.now)
        self._show_readings()

    def _show_readings(self) -> None:
        """Repaint the strips whose pixels changed, as one rectangle: Qt paints several far slower."""
        before, self._readings = self._readings, self._read()
        moved = QRect()
        for index, reading in enumerate(self._readings):
            if index >= len(before) or reading != before[index]:
                moved = moved.united(self._columns[index].moving)
        self.update(moved)

    def _read(self) -> list[_Reading]:
        return [self._reading(self.meter(index)) for index in range(len(self._strips))]

    def _reading(self, meter: Meter) -> _Reading:
        return _Reading(
            peak_y=self._y(meter.shown_dbfs),
            rms_y=self._y(meter.rms_dbfs),
            held_y=self._y(meter.held_dbfs),
            number=decibels(meter.shown_dbfs, FLOOR_DBFS),
            clipped=meter.clipped,
        )

    @Slot(int)
    def _clear_clip(self, index: int) -> None:
        self.meter(index).clear_clip()
        self._show_readings()

    # Items

    def item_count(self) -> int:
        return len(self._strips)

    def item_rect(self, index: int) -> QRectF:
        width = (self.width() - STRIP_GAP * (len(self._strips) - 1)) / len(self._strips)
        return QRectF(index * (width + STRIP_GAP), 0, width, self.height())

    def item_text(self, index: int) -> str:
        meter = self.meter(index)
        name = self._strips[index].name
        peak, rms, held = (
            decibels(level, FLOOR_DBFS)
            for level in (meter.shown_dbfs, meter.rms_dbfs, meter.held_dbfs)
        )
        clipped = ". It clipped: press Return to clear" if meter.clipped else ""
        return f"{name}: peak {peak}, RMS {rms}, held {held} dBFS{clipped}"

    # Painting

    def _y(self, dbfs: float) -> int:
        height = self.height() - TOP - FOOT
        return round(TOP + height * min(1.0, max(0.0, dbfs / FLOOR_DBFS)))

    def _column(self, index: int) -> _Column:
        box = self.item_rect(index)
        centre = box.center().x()
        left = round(centre - BAR_STEP)
        whole = box.toAlignedRect()
        moving = QRect(whole.x(), 0, whole.width(), self._y(FLOOR_DBFS) + 2)
        return _Column((left, left + BAR_STEP), centre, moving)

    def paint_static(self, painter: QPainter) -> None:
        self._lit = self.layer(self._paint_lit)
        height = self._y(FLOOR_DBFS) - TOP
        face = font(Size.SECONDARY, Weight.Medium)
        base = TOP + height + 18
        for strip, column in zip(self._strips, self._columns, strict=True):
            for bar in column.bars:
                draw_rounded(painter, QRectF(bar, TOP, BAR, height), Radius.BAR, Token.RAISE)
            draw_text(painter, column.centre, base, strip.name, face, strip.ink, Align.CENTRE)
        self._paint_scale(painter)

    def _paint_lit(self, painter: QPainter) -> None:
        """Whole bars in their lane's colour, amber from the watch mark, red from the hot one, under the scale."""
        watch, hot, floor = self._y(WATCH_DBFS), self._y(HOT_DBFS), self._y(FLOOR_DBFS)
        for strip, column in zip(self._strips, self._columns, strict=True):
            zones = ((watch, floor, strip.ink), (hot, watch, Token.WARN), (TOP, hot, Token.BAD))
            for bar, (upper, lower, zone) in product(column.bars, zones):
                painter.fillRect(bar, upper, BAR, lower - upper, theme.color(zone))
        for dbfs in TICKS_DBFS[1:-1]:
            draw_hline(painter, 0, self.width(), self._y(dbfs), theme.wash(Token.LINE, 0.5))

    def _paint_scale(self, painter: QPainter) -> None:
        face = font(Size.SCALE, mono=True)
        for dbfs in TICKS_DBFS:
            y = self._y(dbfs)
            draw_hline(painter, 0, self.width(), y, Token.LINE)
            below = 9 if dbfs == 0 else -3
            number = decibels(dbfs, FLOOR_DBFS - 1).removesuffix(".0")
            draw_text(painter, self.width() / 2, y + below, number, face, Token.TEXT3, Align.CENTRE)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for column, reading in zip(self._columns, self._readings, strict=True):
            if clip.intersects(column.moving):
                self._light(painter, column, reading)
                self._paint_held(painter, column, reading)
                self._paint_number(painter, column, reading)

    def _light(self, painter: QPainter, column: _Column, reading: _Reading) -> None:
        """Paint the lit part of both bars, each cut out of the lit picture."""
        floor = self._y(FLOOR_DBFS)
        for bar, top in zip(column.bars, (reading.peak_y, reading.rms_y), strict=True):
            if self._lit is not None and top < floor:
                painter.setClipRect(bar, top, BAR, floor - top)
                painter.drawPixmap(0, 0, self._lit)
        painter.setClipping(False)

    def _paint_held(self, painter: QPainter, column: _Column, reading: _Reading) -> None:
        if reading.held_y < self._y(FLOOR_DBFS):
            for bar in column.bars:
                painter.fillRect(bar, reading.held_y, BAR, 2, theme.color(Token.TEXT))

    def _paint_number(self, painter: QPainter, column: _Column, reading: _Reading) -> None:
        if not reading.clipped:
            face, measure = font(Size.CAPTION, mono=True), metrics(Size.CAPTION, mono=True)
            x = column.centre - measure.averageCharWidth() * len(reading.number) / 2
            draw_text(painter, x, 14, reading.number, face, Token.TEXT2)
            return
        width = metrics(Size.CAPTION, Weight.Bold).horizontalAdvance("CLIP") + 8
        box = QRectF(column.centre - width / 2, 3, width, 15)
        draw_rounded(painter, box, Radius.INNER, Token.BAD)
        face = font(Size.CAPTION, Weight.Bold)
        draw_text(painter, column.centre, 14.5, "CLIP", face, Token.PANEL, Align.CENTRE)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._columns = [self._column(index) for index in range(len(self._strips))]
        self._readings = self._read()
        super().resizeEvent(event)
