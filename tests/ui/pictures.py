"""Looks at what was painted, by structure and not by golden bytes."""

from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget


def picture(widget: QWidget) -> QImage:
    """The widget as it is on the screen, one pixel for each device pixel."""
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def colors_in(image: QImage, area: QRect | QRectF | None = None) -> dict[str, int]:
    """How many pixels of each colour an area has."""
    counts: dict[str, int] = {}
    box = _box(image, area)
    for y in range(box.top(), box.bottom() + 1):
        for x in range(box.left(), box.right() + 1):
            name = image.pixelColor(x, y).name()
            counts[name] = counts.get(name, 0) + 1
    return counts


def shows(image: QImage, color: QColor, area: QRect | QRectF | None = None, least: int = 1) -> bool:
    """Whether at least `least` pixels of an area have a colour."""
    return colors_in(image, area).get(color.name(), 0) >= least


def differs(one: QImage, other: QImage, area: QRect | QRectF | None = None) -> bool:
    """Whether two pictures differ in an area."""
    box = _box(one, area)
    return one.copy(box) != other.copy(box)


def ink_at(image: QImage, x: float, y: float) -> str:
    """The colour of one logical pixel."""
    ratio = image.devicePixelRatio()
    return image.pixelColor(QPoint(round(x * ratio), round(y * ratio))).name()


def _box(image: QImage, area: QRect | QRectF | None) -> QRect:
    if area is None:
        return image.rect()
    ratio = image.devicePixelRatio()
    rect = QRectF(area)
    scaled = QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
    return scaled.toAlignedRect().intersected(image.rect())
