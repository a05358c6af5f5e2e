"""Something that is on or off, at once."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.ui.fonts import font, metrics
from app.ui.paint import (
    draw_dot,
    draw_focus_ring,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
    wants_focus_ring,
)
from app.ui.plain_text import plain_tip
from app.ui.tokens import Radius, Size, Token

TRACK = (26, 15)
RING = 4
"""Room for the focus ring around the track."""
GAP = 8


class Switch(QAbstractButton):
    """A switch. With words it stands at their right end; without, `name` is what a screen reader says.

    While it is `held` it does not move: what it asked for is not decided yet.
    """

    def __init__(self, name: str, *, tip: str = "", worded: bool = True) -> None:
        super().__init__()
        self.held = False
        self._worded = worded
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(tip or name))
        if worded:
            self.setText(name)
        across = QSizePolicy.Policy.Expanding if worded else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802
        width = TRACK[0] + 2 * RING
        if self._worded:
            width += GAP + round(metrics(Size.SECONDARY).horizontalAdvance(self.text())) + 1
        return QSize(width, TRACK[1] + 2 * RING)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def nextCheckState(self) -> None:  # noqa: N802
        if not self.held:
            super().nextCheckState()

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        top = (self.height() - TRACK[1]) / 2
        track = QRectF(self.width() - TRACK[0] - RING, top, *TRACK)
        self._paint_track(painter, track)
        if self._worded:
            face = metrics(Size.SECONDARY)
            base = middle_baseline(face, 0, self.height())
            ink = Token.TEXT2 if self.isEnabled() else Token.TEXT3
            text = elided(face, self.text(), track.left() - GAP + 1)
            draw_text(painter, 0, base, text, font(Size.SECONDARY), ink)
        if wants_focus_ring(self):
            around = track.adjusted(-RING + 1, -RING + 1, RING - 1, RING - 1)
            draw_focus_ring(painter, around, Radius.CARD)

    def _paint_track(self, painter: QPainter, track: QRectF) -> None:
        on = self.isChecked()
        fill, knob = (Token.ACCENT, Token.ACCENT_INK) if on else (Token.LINE2, Token.TEXT)
        if not self.isEnabled():
            fill, knob = Token.LINE, Token.TEXT3
        draw_rounded(painter, track, track.height() / 2, fill)
        spot = QRectF(track.right() - 13 if on else track.left() + 2, track.top() + 2, 11, 11)
        draw_dot(painter, spot.center(), 5.5, knob)
