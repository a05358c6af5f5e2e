"""Looks at what was painted, by structure and not by golden bytes."""

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget


def picture(widget: QWidget) -> QImage:
    """The widget painted anew, one pixel for each device pixel."""
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def on_screen(window: QWidget) -> QImage:
    """What of a window has been painted so far, without painting it anew."""
    shot = window.screen().grabWindow(window.winId())
    return shot.toImage().convertToFormat(QImage.Format.Format_RGB32)


def colors_in(image: QImage, area: QRect | QRectF | None = None) -> dict[str, int]:
    """How many pixels of each colour an area has."""
    part = image.copy(_box(image, area)).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(part.constBits(), np.uint32).reshape(part.height(), -1)
    values, counts = np.unique(pixels[:, : part.width()] & 0xFFFFFF, return_counts=True)
    return {f"#{value:06x}": int(count) for value, count in zip(values, counts, strict=True)}


def shows(image: QImage, color: QColor, area: QRect | QRectF | None = None, least: int = 1) -> bool:
    """Whether at least `least` pixels of an area have a colour."""
    return colors_in(image, area).get(color.name(), 0) >= least


def differs(one: QImage, other: QImage, area: QRect | QRectF | None = None) -> bool:
    """Whether two pictures differ in an area."""
    box = _box(one, area)
    return one.copy(box) != other.copy(box)


def _box(image: QImage, area: QRect | QRectF | None) -> QRect:
    if area is None:
        return image.rect()
    ratio = image.devicePixelRatio()
    rect = QRectF(area)
    scaled = QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
    return scaled.toAlignedRect().intersected(image.rect())
