"""A link as a QR code that a camera reads from the screen."""

from itertools import groupby

import segno
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.fonts import font, metrics
from app.ui.paint import Align, draw_rounded, draw_text, middle_baseline
from app.ui.tokens import COLORS, Radius, Scheme, Size, Token

MOST = 180
"""Of its side, in pixels."""
LEAST = 132
QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""
PAPER = QColor(COLORS[Scheme.LIGHT][Token.CARD])
"""White in both themes: few readers take a code that is lighter than its ground."""


class QrCode(QWidget):
    """The code of one text, or a word where there is none. Its modules are whole device pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(LEAST, LEAST)
        self._rows: list[bytes] = []
        self._word = ""

    @property
    def modules(self) -> int:
        """How many modules wide the code is; 0 without one."""
        return len(self._rows)

    def show_text(self, text: str) -> None:
        """Show the code of `text`."""
        self._rows = [bytes(row) for row in segno.make(text, micro=False).matrix]
        self._word = ""
        across = len(self._rows) + 2 * QUIET
        side = max(LEAST, MOST // across * across)
        self.setFixedSize(side, side)
        self.setAccessibleName("QR code of the link")
        self.update()

    def show_word(self, word: str) -> None:
        """Show a word in place of a code that is of no use."""
        self._rows, self._word = [], word
        self.setAccessibleName(word)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        if not self._rows:
            draw_rounded(painter, box, Radius.CARD, Token.RAISE)
            base = middle_baseline(metrics(Size.SECONDARY), 0, box.height())
            face = font(Size.SECONDARY)
            draw_text(painter, box.center().x(), base, self._word, face, Token.TEXT2, Align.CENTRE)
            return
        draw_rounded(painter, box, Radius.CARD, PAPER)
        self._paint_modules(painter, box)

    def _paint_modules(self, painter: QPainter, box: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        across = len(self._rows) + 2 * QUIET
        module = max(1, int(box.width() * ratio / across)) / ratio
        margin = round((box.width() - module * len(self._rows)) / 2 * ratio) / ratio
        for y, row in enumerate(self._rows):
            x = 0
            for dark, run in groupby(row):
                length = len(list(run))
                if dark:
                    bar = QRectF(margin + x * module, margin + y * module, length * module, module)
                    painter.fillRect(bar, Qt.GlobalColor.black)
                x += length
