"""Covers the window while something ends that cannot be hurried."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.announcing import announce
from app.ui.fonts import Weight, font, metrics
from app.ui.paint import Align, draw_text, middle_baseline
from app.ui.theme import theme
from app.ui.tokens import Size, Token


class Veil(QWidget):
    """A word over a window that takes no more clicks."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._words = ""
        window.installEventFilter(self)
        self.hide()

    def fall(self, words: str) -> None:
        """Cover the window and say why."""
        self._words = words
        self.setAccessibleName(words)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, words)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.wash(Token.BG, 0.86))
        face = font(Size.STATE, Weight.DemiBold)
        base = middle_baseline(metrics(Size.STATE, Weight.DemiBold), 0, self.height())
        draw_text(painter, self.width() / 2, base, self._words, face, Token.TEXT, Align.CENTRE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
        return False
