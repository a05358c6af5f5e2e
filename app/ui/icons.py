"""Icons in any colour and size, drawn from the shipped SVG files."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.runtime.resources import resource

STROKE_PX = 1.75
"""Of an icon on its grid of 24."""
ICON_PX = 15


def icon_name(name: str) -> str:
    """`name`, or FileNotFoundError at once if no such icon ships: a paint event is too late to find out."""
    if name:
        _source(name)
    return name


def icon_svg(name: str, color: str) -> bytes:
    """The SVG of an icon with its strokes in `color`, as `#rrggbb`."""
    return _source(name).replace("currentColor", color).encode()


@lru_cache(512)
def icon_pixmap(name: str, color: str, size: int, ratio: float) -> QPixmap:
    """An icon of `size` logical pixels at the device pixel ratio `ratio`, on transparent ground."""
    side = round(size * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(icon_svg(name, color))).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(128)
def _source(name: str) -> str:
    source = resource(f"icons/{name}.svg").read_text("utf-8")
    return source.replace('stroke-width="2"', f'stroke-width="{STROKE_PX}"')
