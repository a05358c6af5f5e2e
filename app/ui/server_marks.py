"""The colour of a server, wherever it is shown."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.domain.servers import ServerColour
from app.ui.paint import draw_rounded, pixmap_for
from app.ui.tokens import Radius, Token

SERVER_INKS: Mapping[ServerColour, Token] = {
    ServerColour.GREEN: Token.ACCENT,
    ServerColour.RED: Token.BAD,
    ServerColour.BLUE: Token.CALLER,
    ServerColour.VIOLET: Token.EAR,
    ServerColour.AMBER: Token.WARN,
    ServerColour.GREY: Token.TEXT3,
}
BAR_WIDTH = 6
SWATCH = 12


class ServerBar(QWidget):
    """The bar of a server's colour that stands before its name."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.setFixedSize(QSize(BAR_WIDTH, height))
        self._colour = ServerColour.GREY

    def show_colour(self, colour: ServerColour) -> None:
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        draw_rounded(QPainter(self), QRectF(self.rect()), Radius.BAR + 1, SERVER_INKS[self._colour])


def swatch(colour: ServerColour, ratio: float) -> QIcon:
    """A square of the colour, for lists of choices. It keeps the colours of the theme it was made in."""
    pixmap = pixmap_for(SWATCH, SWATCH, ratio)
    painter = QPainter(pixmap)
    draw_rounded(painter, QRectF(0, 0, SWATCH, SWATCH), Radius.INNER, SERVER_INKS[colour])
    painter.end()
    return QIcon(pixmap)
