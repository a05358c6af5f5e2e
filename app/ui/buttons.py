"""Everything that is pressed, painted by hand: a style sheet can set neither icon colour, icon gap nor key hint."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX, icon_name
from app.ui.paint import (
    Align,
    color_of,
    draw_focus_ring,
    draw_icon,
    draw_rounded,
    draw_text,
    middle_baseline,
    wants_focus_ring,
)
from app.ui.panes import row
from app.ui.plain_text import plain_tip
from app.ui.tokens import BIG_BUTTON_HEIGHT, BUTTON_HEIGHT, RAIL_WIDTH, Radius, Size, Token


class Kind(StrEnum):
    """How much a button asks to be pressed."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"
    GHOST = "ghost"


@dataclass(frozen=True, slots=True)
class _Coat:
    fill: Token | None
    edge: Token | None
    ink: Token


_COATS = {
    Kind.PLAIN: _Coat(Token.CARD, Token.LINE2, Token.TEXT),
    Kind.PRIMARY: _Coat(Token.ACCENT, Token.ACCENT, Token.ACCENT_INK),
    Kind.DANGER: _Coat(Token.CARD, Token.LINE2, Token.BAD),
    Kind.GHOST: _Coat(None, None, Token.TEXT2),
}
_DISABLED = _Coat(Token.PANEL, Token.LINE, Token.TEXT3)
_CHECKED = _Coat(Token.ACCENT_DIM, Token.ACCENT, Token.ACCENT)
_GAP = 7
_SIDE = 13
_KEY_PAD = 5


class _PaintedButton(QPushButton):
    """What the painted buttons share: the hand, the hover and the coat of the moment."""

    def __init__(self, text: str, kind: Kind) -> None:
        super().__init__(text)
        self.kind = kind
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoDefault(False)

    def _coat(self) -> _Coat:
        coat = _COATS[self.kind]
        if not self.isEnabled():
            return _Coat(None, None, Token.TEXT3) if self.kind is Kind.GHOST else _DISABLED
        if self.isChecked():
            return _CHECKED
        pressed_or_hot = self.isDown() or self.underMouse()
        if pressed_or_hot and self.kind is not Kind.PRIMARY:
            return _Coat(Token.RAISE, coat.edge, coat.ink)
        return coat

    def _paint_coat(self, painter: QPainter, coat: _Coat, radius: float) -> None:
        box = QRectF(self.rect())
        fill: Token | QColor | None = coat.fill
        if coat.fill is Token.ACCENT and (self.isDown() or self.underMouse()):
            fill = color_of(Token.ACCENT).lighter(90 if self.isDown() else 106)
        if fill is not None or coat.edge is not None:
            draw_rounded(painter, box, radius, fill, coat.edge)
        if wants_focus_ring(self):
            ink = Token.TEXT if self.kind is Kind.PRIMARY else Token.ACCENT
            draw_focus_ring(painter, box, radius, ink)


class Button(_PaintedButton):
    """A push button with words, and where wanted an icon before and the key that does the same behind them."""

    def __init__(
        self,
        text: str,
        *,
        icon: str = "",
        kind: Kind = Kind.PLAIN,
        key: str = "",
        big: bool = False,
    ) -> None:
        super().__init__(text, kind)
        self._icon = icon_name(icon)
        self._key = key
        self._big = big
        self.setFixedHeight(BIG_BUTTON_HEIGHT if big else BUTTON_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        if key:
            self.setAccessibleDescription(f"Key: {key}")

    def set_face(self, text: str, *, icon: str = "", kind: Kind = Kind.PLAIN) -> None:
        """Change what the button says and how."""
        self._icon, self.kind = icon_name(icon), kind
        self.setText(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        width = 2.0 * self._side + self._measure().horizontalAdvance(self.text())
        if self._icon:
            width += ICON_PX + _GAP
        if self._key:
            width += _GAP + self._key_width()
        return QSize(round(width), self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        coat = self._coat()
        self._paint_coat(painter, coat, Radius.CARD if self._big else Radius.CONTROL)
        x = self._side + max(0.0, (self.width() - self.sizeHint().width()) / 2)
        if self._icon:
            draw_icon(painter, self._icon, coat.ink, x, (self.height() - ICON_PX) / 2)
            x += ICON_PX + _GAP
        face = self._measure()
        base = middle_baseline(face, 0, self.height())
        draw_text(painter, x, base, self.text(), self._face(), coat.ink)
        if self._key:
            self._paint_key(painter, x + face.horizontalAdvance(self.text()) + _GAP)

    @property
    def _side(self) -> int:
        return 20 if self._big else _SIDE

    def _weight(self) -> Weight:
        return Weight.DemiBold if self.kind is Kind.PRIMARY else Weight.Medium

    def _face(self) -> QFont:
        return font(Size.LEAD if self._big else Size.BODY, self._weight())

    def _measure(self) -> QFontMetricsF:
        return metrics(Size.LEAD if self._big else Size.BODY, self._weight())

    def _key_width(self) -> float:
        return metrics(Size.CAPTION, mono=True).horizontalAdvance(self._key) + 2 * _KEY_PAD

    def _paint_key(self, painter: QPainter, x: float) -> None:
        cap = QRectF(x, (self.height() - 18) / 2, self._key_width(), 18)
        edge, ink = Token.LINE2, Token.TEXT3
        if self.kind is Kind.PRIMARY and self.isEnabled():
            edge = ink = Token.ACCENT_INK
        draw_rounded(painter, cap, Radius.INNER, None, edge)
        painter.fillRect(QRectF(cap.x() + 3, cap.bottom() - 2, cap.width() - 6, 1), color_of(edge))
        base = middle_baseline(metrics(Size.CAPTION, mono=True), cap.y(), cap.height() - 1)
        draw_text(painter, x + _KEY_PAD, base, self._key, font(Size.CAPTION, mono=True), ink)


class SquareButton(_PaintedButton):
    """A button that is only an icon. `name` is its tooltip and what a screen reader says."""

    def __init__(
        self, icon: str, name: str, *, kind: Kind = Kind.GHOST, side: int = BUTTON_HEIGHT
    ) -> None:
        super().__init__("", kind)
        self.setFixedSize(side, side)
        self.set_face(icon, name)

    def set_face(self, icon: str, name: str) -> None:
        """Change the icon, and with it what the button is called."""
        self._icon = icon_name(icon)
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.update()

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        coat = self._coat()
        self._paint_coat(painter, coat, Radius.CONTROL)
        edge = (self.width() - ICON_PX) / 2
        draw_icon(painter, self._icon, coat.ink, edge, edge)


class StripButton(QAbstractButton):
    """A small switch under a meter: an icon for off, one for on, and the tone it takes when on."""

    def __init__(self, icons: tuple[str, str], name: str, *, on: tuple[Token, Token]) -> None:
        """`icons` are off and on, `on` the fill and the ink while it is on."""
        super().__init__()
        self._icons = icon_name(icons[0]), icon_name(icons[1])
        self._on = on
        self.setCheckable(True)
        self.setFixedSize(24, 22)
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        fill, ink = self._on if self.isChecked() else (Token.RAISE, Token.TEXT2)
        hot = self.isEnabled() and self.underMouse()
        draw_rounded(painter, box, Radius.INNER, fill, Token.LINE2 if hot else None)
        draw_icon(
            painter,
            self._icons[int(self.isChecked())],
            ink if self.isEnabled() else Token.TEXT3,
            (box.width() - ICON_PX) / 2,
            (box.height() - ICON_PX) / 2,
        )
        if wants_focus_ring(self):
            draw_focus_ring(painter, box, Radius.INNER)


class RailButton(QAbstractButton):
    """A page in the left rail: icon, word, and a badge when something there wants to be looked at."""

    _INSET = 6
    _HEIGHT = 46

    def __init__(self, icon: str, text: str) -> None:
        super().__init__()
        self._icon = icon_name(icon)
        self._badge = 0
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedSize(RAIL_WIDTH - 1, self._HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_badge(self, count: int) -> None:
        """Say how many things on the page want to be looked at; 0 for none."""
        self._badge = count
        self.setAccessibleDescription(f"{count} to look at" if count else "")
        self.update()

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(self._INSET, 0, -self._INSET + 1, 0)
        ink = self._ink()
        if self.isChecked():
            draw_rounded(painter, box, Radius.CARD, Token.RAISE)
            draw_rounded(painter, QRectF(0, 12, 2.5, self._HEIGHT - 24), Radius.BAR, Token.ACCENT)
        if wants_focus_ring(self):
            draw_focus_ring(painter, box, Radius.CARD)
        draw_icon(painter, self._icon, ink, box.center().x() - 9, 6, 18)
        face = font(Size.RAIL)
        draw_text(painter, box.center().x(), 37, self.text(), face, ink, Align.CENTRE)
        if self._badge:
            self._paint_badge(painter, box.center().x() + 2)

    def _ink(self) -> Token:
        if self.isChecked():
            return Token.TEXT
        return Token.TEXT2 if self.underMouse() else Token.TEXT3

    def _paint_badge(self, painter: QPainter, x: float) -> None:
        text = str(min(self._badge, 99))
        face = metrics(Size.SCALE, Weight.Bold)
        pill = QRectF(x, 5, max(14.0, face.horizontalAdvance(text) + 6), 14)
        draw_rounded(painter, pill, pill.height() / 2, Token.BAD)
        base = middle_baseline(face, pill.y(), pill.height())
        ink = Token.PANEL
        draw_text(
            painter, pill.center().x(), base, text, font(Size.SCALE, Weight.Bold), ink, Align.CENTRE
        )


class _Segment(QAbstractButton):
    def __init__(self, text: str, on: tuple[Token, Token]) -> None:
        super().__init__()
        self._on = on
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedHeight(BUTTON_HEIGHT - 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802
        width = metrics(Size.SECONDARY, Weight.DemiBold).horizontalAdvance(self.text())
        return QSize(round(width) + 16, self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        on = self.isChecked()
        fill, on_ink = self._on
        ink = on_ink if on else Token.TEXT if self.underMouse() else Token.TEXT2
        if not self.isEnabled():
            ink = Token.TEXT3
        if on:
            draw_rounded(painter, box, Radius.INNER, fill if self.isEnabled() else Token.CARD)
        weight = Weight.DemiBold if on else Weight.Normal
        base = middle_baseline(metrics(Size.SECONDARY, weight), 0, box.height())
        face = font(Size.SECONDARY, weight)
        draw_text(painter, box.center().x(), base, self.text(), face, ink, Align.CENTRE)
        if wants_focus_ring(self):
            draw_focus_ring(painter, box, Radius.INNER, Token.TEXT)


class Segmented(QFrame):
    """A few words of which one holds. A screen reader sees radio buttons; the arrow keys choose."""

    chosen = Signal(int)

    def __init__(
        self,
        name: str,
        words: list[str],
        *,
        start: int = 0,
        on: tuple[Token, Token] = (Token.CARD, Token.TEXT),
    ) -> None:
        """`on` is the fill and the ink of the word that holds."""
        super().__init__()
        self.setAccessibleName(name)
        self.setProperty("pane", "well")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = row(self, (2, 2, 2, 2))
        self._segments = [_Segment(word, on) for word in words]
        for segment in self._segments:
            layout.addWidget(segment, 1)
            segment.toggled.connect(self._tell)
        self._told = start
        self._segments[start].setChecked(True)

    def current(self) -> int:
        return next(i for i, segment in enumerate(self._segments) if segment.isChecked())

    def choose(self, index: int) -> None:
        self._segments[index].setChecked(True)

    @Slot()
    def _tell(self) -> None:
        checked = [i for i, segment in enumerate(self._segments) if segment.isChecked()]
        if checked and checked[0] != self._told:
            self._told = checked[0]
            self.chosen.emit(self._told)


class Logo(QWidget):
    """Greenroom's mark: four bars of a voice on a rounded square."""

    _SIDE = 34
    _BARS = ((9.0, 15, 19), (14.0, 11, 23), (19.5, 8, 26), (25.0, 13, 21))

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(self._SIDE, self._SIDE)
        self.setAccessibleName("Greenroom")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        draw_rounded(painter, QRectF(self.rect()), Radius.CARD + 1, Token.ACCENT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color_of(Token.ACCENT_INK), 2.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for x, top, bottom in self._BARS:
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
