"""How the panel looks: the choice of the theme."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRect, QRectF, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.controls import Role, column, label
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.paint import draw_dot, draw_icon, draw_rounded, draw_text, middle_baseline
from app.ui.painted import Painted
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import COLORS, SPACE_L, SPACE_M, SPACE_XL, Radius, Scheme, Size, Token
from app.ui.window_memory import WindowMemory

CARD, PREVIEW, GAP, FOOT = 190.0, 116.0, 14.0, 40.0
_CHOICES = (
    (ThemeChoice.DARK, "Dark", (Scheme.DARK,)),
    (ThemeChoice.LIGHT, "Light", (Scheme.LIGHT,)),
    (ThemeChoice.SYSTEM, "As the system", (Scheme.DARK, Scheme.LIGHT)),
)
_Colours = Mapping[Token, str]


class ThemeCards(Painted):
    """A card with a small window for each theme, of which one is chosen."""

    ground = Token.BG

    def __init__(self, memory: WindowMemory) -> None:
        super().__init__("Theme")
        self._memory = memory
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(round(len(_CHOICES) * (CARD + GAP) - GAP), round(PREVIEW + FOOT))
        self.activated.connect(self._choose)

    @Slot(int)
    def _choose(self, index: int) -> None:
        choice = _CHOICES[index][0]
        self._memory.theme = choice
        if choice is not theme.choice:
            theme.apply(choice)

    # Painted

    def item_count(self) -> int:
        return len(_CHOICES)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(index * (CARD + GAP), 0, CARD, PREVIEW + FOOT)

    def item_text(self, index: int) -> str:
        choice, words, _ = _CHOICES[index]
        return f"{words}, chosen" if choice is theme.choice else words

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, (choice, words, schemes) in enumerate(_CHOICES):
            box = self.item_rect(index)
            chosen = choice is theme.choice
            edge = Token.ACCENT if chosen else Token.LINE2 if index == self.hovered else Token.LINE
            draw_rounded(painter, box, Radius.CARD, Token.CARD, edge)
            self._paint_windows(painter, box, schemes)
            base = middle_baseline(metrics(Size.BODY, Weight.Medium), box.bottom() - FOOT, FOOT)
            draw_text(
                painter,
                box.left() + SPACE_M,
                base,
                words,
                font(Size.BODY, Weight.Medium),
                Token.TEXT,
            )
            if chosen:
                y = box.bottom() - (FOOT + ICON_PX) / 2
                draw_icon(painter, "check", Token.ACCENT, box.right() - SPACE_M - ICON_PX, y)

    def _paint_windows(self, painter: QPainter, card: QRectF, schemes: tuple[Scheme, ...]) -> None:
        whole = QRectF(card.left() + 10, card.top() + 10, CARD - 20, PREVIEW - 10)
        share = whole.width() / len(schemes)
        for place, scheme in enumerate(schemes):
            painter.save()
            painter.setClipRect(
                QRectF(whole.left() + place * share, whole.top(), share, whole.height())
            )
            _paint_window(painter, whole, COLORS[scheme])
            painter.restore()


def _paint_window(painter: QPainter, box: QRectF, colours: _Colours) -> None:
    """A panel in small: rail, transcript, meters."""

    def ink(token: Token) -> QColor:
        return QColor(colours[token])

    draw_rounded(painter, box, Radius.CONTROL, ink(Token.BG), ink(Token.LINE2))
    draw_rounded(
        painter,
        QRectF(box.left() + 1, box.top() + 1, 14, box.height() - 2),
        Radius.INNER,
        ink(Token.PANEL),
    )
    draw_dot(painter, QPointF(box.left() + 8, box.top() + 10), 3.5, ink(Token.ACCENT))
    lines = (
        (Token.CALLER, 54.0),
        (Token.TEXT2, 84.0),
        (Token.AGENT, 48.0),
        (Token.TEXT2, 96.0),
        (Token.TEXT3, 66.0),
    )
    for number, (token, width) in enumerate(lines):
        line = QRectF(box.left() + 26, box.top() + 16 + 15 * number, width, 5)
        draw_rounded(painter, line, Radius.BAR, ink(token))
    for number, (token, height) in enumerate(((Token.CALLER, 44.0), (Token.AGENT, 64.0))):
        meter = QRectF(box.right() - 26 + 10 * number, box.bottom() - 10 - height, 6, height)
        draw_rounded(painter, meter, Radius.BAR, ink(token))


class Appearance(QWidget):
    """The section of the Settings page."""

    def __init__(self, memory: WindowMemory) -> None:
        super().__init__()
        self.cards = ThemeCards(memory)
        lines = column(self, (SPACE_XL, 18, SPACE_XL, SPACE_XL), SPACE_M)
        lines.addWidget(label("Theme", Role.TITLE))
        words = "“As the system” follows the desktop while Greenroom runs. Ctrl+T switches between dark and light."
        lines.addWidget(label(words, Role.SECONDARY, wrap=True))
        lines.addSpacing(SPACE_L - SPACE_M)
        lines.addWidget(self.cards)
        lines.addStretch(1)
