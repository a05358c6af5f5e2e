"""The thin bar over an answer: as wide as its delay, coloured by who spent it."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from app.ui.paint import pixmap_for
from app.ui.theme import theme
from app.ui.tokens import Scheme
from app.ui.views.stages import Part, fill_bar

HEIGHT = 5
FULL_MS = 2600.0
"""The delay that fills the column."""


def draw_delay_bar(
    painter: QPainter, parts: tuple[Part, ...], at: QPointF, room: float, *, live: bool = False
) -> None:
    """Draw the parts from `at` on, cut off at the end of the `room`."""
    if not parts:
        return
    total_ms = parts[-1].end_ms - parts[0].start_ms
    width = min(room, total_ms / FULL_MS * room)
    ratio = painter.deviceTransform().m11()
    bar = _bar if live else _kept_bar
    painter.drawPixmap(at, bar(parts, max(1.0, width), FULL_MS / room, ratio, theme.scheme))


def _bar(
    parts: tuple[Part, ...], width: float, ms_per_px: float, ratio: float, scheme: Scheme
) -> QPixmap:
    """The bar with round ends, on transparent ground. `scheme` only tells kept bars apart."""
    box = QRectF(0, 0, width, HEIGHT)
    bar = pixmap_for(width, HEIGHT, ratio)
    painter = QPainter(bar)
    fill_bar(painter, parts, box, ms_per_px, ratio)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawPixmap(0, 0, _mask(width, ratio))
    painter.end()
    return bar


def _mask(width: float, ratio: float) -> QPixmap:
    mask = pixmap_for(width, HEIGHT, ratio)
    painter = QPainter(mask)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.black)
    painter.drawRoundedRect(QRectF(0, 0, width, HEIGHT), HEIGHT / 2, HEIGHT / 2)
    painter.end()
    return mask


_kept_bar = lru_cache(300)(_bar)
"""Round ends cost two path fills: the bar of a finished turn is made once."""
