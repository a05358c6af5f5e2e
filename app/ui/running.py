"""The mark of something that is going on."""

from PySide6.QtCore import QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.paint import color_of, draw_icon
from app.ui.theme import theme
from app.ui.tokens import Token

STEP_MS = 60
STEP_DEG = 24
_ARC_DEG = 270


class Running(QWidget):
    """A ring that turns while it is seen; an hourglass where less motion is wanted. It needs words beside it."""

    def __init__(self, parent: QWidget | None = None, *, side: int = 15) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)
        self._turn_deg = 0
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._turn)

    @Slot()
    def _turn(self) -> None:
        self._turn_deg = (self._turn_deg - STEP_DEG) % 360
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        if not theme.reduced_motion:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if theme.reduced_motion:
            draw_icon(painter, "hourglass", Token.TEXT2, 0, 0, self.width())
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color_of(Token.ACCENT), 1.75)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        ring = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawArc(ring, self._turn_deg * 16, _ARC_DEG * 16)
