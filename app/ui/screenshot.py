"""Pictures of the window."""

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.domain.errors import UserError

RATIO = 2


def render(window: QWidget, ratio: int = RATIO) -> QImage:
    """Draw the window as it is now, at `ratio` pixels for each of its own. UI thread only; 10 to 30 ms."""
    image = QImage(window.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    window.render(image)
    return image


def save_png(image: QImage, path: Path) -> None:
    """Write the picture in the format of its suffix. Any thread, and better not the UI's: it takes 100 ms.

    Raises UserError when the file cannot be written.
    """
    if not image.save(str(path)):
        raise UserError(
            f"The picture {path} could not be written.", "Check the folder and the disk."
        )
