"""The legend of the stage colours."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath

from app.ui.fonts import font, metrics
from app.ui.paint import draw_text
from app.ui.tokens import Radius, Size, Token
from app.ui.views.stages import LEGEND, TO_THE_EAR, look_brush, look_of

SWATCH = 11
GAP = 16
HEIGHT = 16


def draw_legend(painter: QPainter, x: float, y: float, right: float) -> None:
    """A swatch and a name for each stage and for the way to the ear, as many as fit before `right`."""
    face, measure = font(Size.CAPTION), metrics(Size.CAPTION)
    ratio = painter.deviceTransform().m11()
    for look in (*(look_of(key) for key in LEGEND), TO_THE_EAR):
        width = SWATCH + 5 + measure.horizontalAdvance(look.label)
        if x + width > right:
            return
        swatch = QPainterPath()
        swatch.addRoundedRect(QRectF(x, y + 2, SWATCH, SWATCH), Radius.BAR, Radius.BAR)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(swatch, look_brush(look.ink, hatched=look.setting, ratio=ratio))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        draw_text(painter, x + SWATCH + 5, y + 12, look.label, face, Token.TEXT2)
        x += width + GAP
