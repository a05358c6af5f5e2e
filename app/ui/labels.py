"""Words on the screen: always plain text, each in the style of what it is for."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.fonts import Weight, font, metrics
from app.ui.paint import color_of, draw_dot, draw_rounded, draw_text, middle_baseline
from app.ui.plain_text import plain_tip, shown
from app.ui.theme import theme
from app.ui.tokens import Size, Token


@dataclass(frozen=True, slots=True)
class _Style:
    size: Size
    weight: Weight
    ink: Token
    num: bool = False
    mono: bool = False


class Role(StrEnum):
    """What a piece of text is for; decides its size, weight and ink."""

    HEADLINE = "headline"
    HEADING = "heading"
    LEAD = "lead"
    TITLE = "title"
    SUBTITLE = "subtitle"
    BODY = "body"
    NAME = "name"
    STRONG = "strong"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    CAPTION = "caption"
    HINT = "hint"
    FIGURE = "figure"
    CLOCK = "clock"


_STYLES = {
    Role.HEADLINE: _Style(Size.HEADLINE, Weight.Bold, Token.TEXT),
    Role.HEADING: _Style(Size.HEADING, Weight.Bold, Token.TEXT),
    Role.LEAD: _Style(Size.LEAD, Weight.Normal, Token.TEXT2),
    Role.TITLE: _Style(Size.TITLE, Weight.DemiBold, Token.TEXT),
    Role.SUBTITLE: _Style(Size.SCRIPT, Weight.DemiBold, Token.TEXT),
    Role.BODY: _Style(Size.BODY, Weight.Normal, Token.TEXT),
    Role.NAME: _Style(Size.BODY, Weight.Bold, Token.TEXT),
    Role.STRONG: _Style(Size.BODY, Weight.Medium, Token.TEXT),
    Role.SECONDARY: _Style(Size.BODY, Weight.Normal, Token.TEXT2),
    Role.TERTIARY: _Style(Size.SECONDARY, Weight.Normal, Token.TEXT3),
    Role.CAPTION: _Style(Size.CAPTION, Weight.DemiBold, Token.TEXT3),
    Role.HINT: _Style(Size.CAPTION, Weight.Normal, Token.TEXT3),
    Role.FIGURE: _Style(Size.SCRIPT, Weight.DemiBold, Token.TEXT, num=True),
    Role.CLOCK: _Style(Size.SECONDARY, Weight.Normal, Token.TEXT2, mono=True),
}


class Label(QLabel):
    """Plain text in one of the roles, in an ink that may change."""

    def __init__(self, text: str, role: Role = Role.BODY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style = _STYLES[role]
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(style.size, style.weight, mono=style.mono, num=style.num))
        self.setText(text)
        self._ink = style.ink
        theme.changed.connect(self._dye)
        self._dye()

    def set_ink(self, ink: Token) -> None:
        """Write the text in another colour of the theme."""
        if ink is not self._ink:
            self._ink = ink
            self._dye()

    @Slot()
    def _dye(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, color_of(self._ink))
        self.setPalette(palette)


def label(text: str, role: Role = Role.BODY, *, wrap: bool = False) -> Label:
    """A label of plain text; with `wrap` it breaks into lines."""
    made = Label(text, role)
    made.setWordWrap(wrap)
    return made


class ElidedLabel(Label):
    """One line of foreign text that ends in an ellipsis where the room ends; the whole is in the tooltip."""

    def __init__(self, text: str = "", role: Role = Role.BODY) -> None:
        super().__init__("", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text; it is made harmless first."""
        self.setText(shown(text))
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, int(flags), text)


class BareLabel(QLabel):
    """Text that paints itself: a screen reader still finds its words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)


class Tone(StrEnum):
    """Good, watch and bad; never shown by colour alone."""

    NEUTRAL = "neutral"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


_TONE_INKS = {
    Tone.NEUTRAL: (Token.RAISE, Token.TEXT2, Token.TEXT3),
    Tone.OK: (Token.OK_DIM, Token.OK, Token.OK),
    Tone.WARN: (Token.WARN_DIM, Token.WARN, Token.WARN),
    Tone.BAD: (Token.BAD_DIM, Token.BAD, Token.BAD),
}
"""Fill, ink and dot of each tone."""


def tone_inks(tone: Tone) -> tuple[Token, Token]:
    """The fill and the ink of a chip that another view paints."""
    return _TONE_INKS[tone][:2]


class Chip(BareLabel):
    """A short word on a pill, with or without a dot before it."""

    _HEIGHT = 22
    _DOT_SPACE = 14

    def __init__(self, text: str = "", tone: Tone = Tone.NEUTRAL, *, dot: bool = False) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._dot = dot
        self._tone = tone
        self.show_as(text, tone)

    def show_as(self, text: str, tone: Tone) -> None:
        """Show another word in another tone."""
        self._tone = tone
        self.setText(shown(text, 60))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        width = metrics(Size.SECONDARY).horizontalAdvance(self.text()) + 17
        return QSize(round(width + (self._DOT_SPACE if self._dot else 0)), self._HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        fill, ink, dot = _TONE_INKS[self._tone]
        box = QRectF(self.rect())
        draw_rounded(painter, box, box.height() / 2, fill)
        x = 8.0
        if self._dot:
            draw_dot(painter, QRectF(x, 0, 8, box.height()).center(), 4, dot)
            x += self._DOT_SPACE
        base = middle_baseline(metrics(Size.SECONDARY), 0, box.height())
        draw_text(painter, x, base, self.text(), font(Size.SECONDARY), ink)


class Dot(QWidget):
    """A light of 8 px. It needs words beside it."""

    def __init__(self, ink: Token = Token.TEXT3) -> None:
        super().__init__()
        self.setFixedSize(8, 8)
        self._ink = ink

    def set_ink(self, ink: Token) -> None:
        self._ink = ink
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        draw_dot(QPainter(self), QRectF(self.rect()).center(), 4, self._ink)
