"""How everything painted by hand is put on the screen: crisp lines, text on its baseline, cards, hatching, icons."""

import math
from enum import Enum, auto
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPixmap,
    QTextLayout,
    QTextOption,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from app.ui.icons import ICON_PX, icon_pixmap
from app.ui.theme import theme
from app.ui.tokens import Radius, Token

DASH_PX = 3
HATCH_PX = 7
HATCH_GROUND = 0.38
"""How much of the colour lies between the stripes."""

Ink = Token | QColor
"""A colour of the theme, or one made from it."""


class Align(Enum):
    LEFT = auto()
    CENTRE = auto()
    RIGHT = auto()


def color_of(ink: Ink) -> QColor:
    return theme.color(ink) if isinstance(ink, Token) else ink


def draw_text(
    painter: QPainter,
    x: float,
    baseline: float,
    text: str,
    face: QFont,
    ink: Ink,
    align: Align = Align.LEFT,
) -> None:
    """One line of plain text whose baseline lies at `baseline`."""
    painter.setFont(face)
    painter.setPen(color_of(ink))
    if align is not Align.LEFT:
        width = QFontMetricsF(face).horizontalAdvance(text)
        x -= width if align is Align.RIGHT else width / 2
    painter.drawText(QPointF(x, baseline), text)


def middle_baseline(metrics: QFontMetricsF, top: float, height: float) -> float:
    """The baseline that centres capitals in a box."""
    return top + (height + metrics.capHeight()) / 2


def elided(metrics: QFontMetricsF, text: str, width: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def draw_rounded(
    painter: QPainter, rect: QRectF, radius: float, fill: Ink | None, edge: Ink | None = None
) -> None:
    """A rounded box. Its 1 px edge lies inside `rect`, on whole pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else color_of(fill))
    if edge is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, radius, radius)
    else:
        painter.setPen(QPen(color_of(edge), 1))
        inner = max(0.0, radius - 0.5)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), inner, inner)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_dashed_rounded(painter: QPainter, rect: QRectF, radius: float, edge: Ink) -> None:
    """A rounded box of dashes, inside `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(color_of(edge), 1)
    pen.setDashPattern([DASH_PX, DASH_PX])
    painter.setPen(pen)
    inner = max(0.0, radius - 0.5)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), inner, inner)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def wrapped(face: QFont, text: str, width: float, most: int) -> list[str]:
    """`text` in at most `most` lines of `width` pixels; the last ends in an ellipsis where there is more."""
    layout = QTextLayout(text, face)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    lines: list[str] = []
    while len(lines) < most and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        start = line.textStart()
        last = len(lines) == most - 1
        lines.append(text[start:] if last else text[start : start + line.textLength()].rstrip())
    layout.endLayout()
    if len(lines) == most:
        lines[-1] = elided(QFontMetricsF(face), lines[-1], width)
    return lines


def draw_dot(painter: QPainter, centre: QPointF, radius: float, ink: Ink) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color_of(ink))
    painter.drawEllipse(centre, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_hline(painter: QPainter, x0: float, x1: float, y: float, ink: Ink) -> None:
    """A horizontal line of one logical pixel, on whole device pixels at any ratio."""
    painter.fillRect(_hline(painter, x0, x1, y), color_of(ink))


def draw_vline(painter: QPainter, x: float, y0: float, y1: float, ink: Ink) -> None:
    """A vertical line of one logical pixel, on whole device pixels at any ratio."""
    painter.fillRect(_vline(painter, x, y0, y1), color_of(ink))


def draw_dashed_hline(painter: QPainter, x0: float, x1: float, y: float, ink: Ink) -> None:
    """A dashed horizontal line, each dash on whole device pixels."""
    box = _hline(painter, x0, x1, y)
    painter.setBrushOrigin(box.topLeft())
    dashes = _dashes(color_of(ink).rgba(), painter.deviceTransform().m11(), across=True)
    painter.fillRect(box, dashes)


def draw_dashed_vline(painter: QPainter, x: float, y0: float, y1: float, ink: Ink) -> None:
    """A dashed vertical line, each dash on whole device pixels."""
    box = _vline(painter, x, y0, y1)
    painter.setBrushOrigin(box.topLeft())
    dashes = _dashes(color_of(ink).rgba(), painter.deviceTransform().m22(), across=False)
    painter.fillRect(box, dashes)


def draw_icon(
    painter: QPainter, name: str, ink: Ink, x: float, y: float, size: int = ICON_PX
) -> None:
    """An icon with its corner snapped to a device pixel, so that it is neither shifted nor blurred."""
    device = painter.deviceTransform()
    corner = device.map(QPointF(x, y))
    snapped = _logical(device).map(QPointF(round(corner.x()), round(corner.y())))
    painter.drawPixmap(snapped, icon_pixmap(name, color_of(ink).name(), size, device.m11()))


def draw_focus_ring(
    painter: QPainter, rect: QRectF, radius: float = Radius.CONTROL, ink: Ink = Token.ACCENT
) -> None:
    """The ring of whatever has the keyboard, inside `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color_of(ink), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def wants_focus_ring(widget: QWidget) -> bool:
    """Whether `widget` has the focus and got it by the keyboard, which its window remembers."""
    window = widget.window()
    return widget.hasFocus() and window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)


def hatch(ink: Ink, ratio: float) -> QBrush:
    """Diagonal stripes, for time that a setting costs; seamless, one texel for one device pixel."""
    return _hatch(color_of(ink).rgba(), ratio)


def pixmap_for(width: float, height: float, ratio: float, ground: Ink | None = None) -> QPixmap:
    """A pixmap of a size in logical pixels: transparent, or opaque on a ground, which is copied faster."""
    pixmap = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent if ground is None else color_of(ground))
    return pixmap


def on_device(rect: QRectF, ratio: float) -> QRect:
    """A rectangle in whole device pixels."""
    left, top = round(rect.left() * ratio), round(rect.top() * ratio)
    return QRect(left, top, round(rect.right() * ratio) - left, round(rect.bottom() * ratio) - top)


@lru_cache(128)
def _hatch(rgba: int, ratio: float) -> QBrush:
    side = max(4, round(HATCH_PX * ratio))
    color = QColor.fromRgba(rgba)
    ground = QColor(color)
    ground.setAlphaF(HATCH_GROUND)
    tile = QPixmap(side, side)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.fillRect(0, 0, side, side, ground)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, side * 0.4 / math.sqrt(2)))
    for shift in (-side, 0, side):
        painter.drawLine(QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1))
    painter.end()
    brush = QBrush(tile)
    brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    return brush


@lru_cache(32)
def _dashes(rgba: int, ratio: float, *, across: bool) -> QBrush:
    """One dash and its gap, seamless, one texel for one device pixel."""
    dash = max(1, round(DASH_PX * ratio))
    tile = QPixmap(2 * dash, 1) if across else QPixmap(1, 2 * dash)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.fillRect(QRect(0, 0, dash, dash), QColor.fromRgba(rgba))
    painter.end()
    brush = QBrush(tile)
    brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    return brush


def _hline(painter: QPainter, x0: float, x1: float, y: float) -> QRectF:
    """Where a horizontal line lies: on whole device pixels, given in logical ones."""
    device = painter.deviceTransform()
    start, end = device.map(QPointF(x0, y)), device.map(QPointF(x1, y))
    left = round(start.x())
    box = QRectF(left, round(start.y()), round(end.x()) - left, max(1, int(device.m22())))
    return _logical(device).mapRect(box)


def _vline(painter: QPainter, x: float, y0: float, y1: float) -> QRectF:
    """Where a vertical line lies: on whole device pixels, given in logical ones."""
    device = painter.deviceTransform()
    start, end = device.map(QPointF(x, y0)), device.map(QPointF(x, y1))
    top = round(start.y())
    box = QRectF(round(start.x()), top, max(1, int(device.m11())), round(end.y()) - top)
    return _logical(device).mapRect(box)


def _logical(device: QTransform) -> QTransform:
    inverted, _ = device.inverted()
    return inverted
