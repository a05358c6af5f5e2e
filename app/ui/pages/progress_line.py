"""A thin bar that says how far something has come. It needs words beside it."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.paint import draw_rounded
from app.ui.tokens import Radius, Token

HEIGHT = 4


class ProgressLine(QWidget):
    """Grey, with its done share in the accent."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.share = 0.0

    def show_share(self, share: float) -> None:
        """From 0 to 1."""
        self.share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        draw_rounded(painter, box, Radius.BAR, Token.LINE)
        if self.share > 0:
            done = QRectF(0, 0, max(HEIGHT, box.width() * self.share), HEIGHT)
            draw_rounded(painter, done, Radius.BAR, Token.ACCENT)
