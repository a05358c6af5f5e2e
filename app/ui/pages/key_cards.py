"""The cards of the Keys page: one for each provider with a key, a tile for each without."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QToolTip, QWidget

from app.domain.keys import KeyCard, KeyPlace
from app.domain.providers import Provider
from app.ui.controls import SEPARATOR, Button, Kind, MenuButton, MenuEntry, plain_tip
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.pages.keys_words import (
    ago,
    key_of,
    sentence_of,
    tones_of,
    use_of,
    wants_another,
    whole_card,
)
from app.ui.paint import (
    Align,
    draw_dashed_rounded,
    draw_dot,
    draw_focus_ring,
    draw_hline,
    draw_icon,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
    wants_focus_ring,
    wrapped,
)
from app.ui.plain_text import shown
from app.ui.running import Running
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token

CARD_LEAST_WIDTH, TILE_LEAST_WIDTH = 380, 230
_SIDE, _TOP = 16, 14
_LOGO, _SMALL_LOGO = 34, 28
_WORDS_X = _SIDE + _LOGO + 12
_KEY_Y, _LINE_Y, _FOOT_Y = 58, 90, 100
_KEY_HEIGHT, _TEXT_LINE = 22, 18
_ACT_HEIGHT = 26
_FOOT_WORDS_X = _SIDE + 16
_MOST_LINES = 3
_TILE_HEIGHT = 48


def _draw_logo(painter: QPainter, box: QRectF, letters: str, size: Size) -> None:
    draw_rounded(painter, box, Radius.CARD, Token.RAISE)
    base = middle_baseline(metrics(size, Weight.Bold), box.y(), box.height())
    face = font(size, Weight.Bold)
    draw_text(painter, box.center().x(), base, shown(letters, 3), face, Token.TEXT2, Align.CENTRE)


class KeyCardView(QWidget):
    """One key: whose it is, its tail, who uses it and how its last test went, with what can be done."""

    test_pressed = Signal(str)
    replace_pressed = Signal(str)
    copy_pressed = Signal(str)
    remove_pressed = Signal(str)
    """Each carries the provider's id."""

    def __init__(self, card: KeyCard, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self.card = card
        self.testing = ""
        """How far its test is, in words; empty while there is none."""
        name = shown(card.provider.name)
        self.menu = MenuButton(f"{name}: more", self._entries, side=24)
        self.menu.setParent(self)
        self.act = Button("Test", kind=Kind.GHOST)
        self.act.setParent(self)
        self.act.setFixedHeight(_ACT_HEIGHT)
        self.act.clicked.connect(self._press)
        self.mark = Running(self, side=13)
        self.mark.hide()
        theme.changed.connect(self.update)
        self.show_card(card)

    def show_card(self, card: KeyCard) -> None:
        """Show the key as it is now."""
        self.card = card
        self.refresh()

    def show_testing(self, words: str) -> None:
        """How far a test of the key is; empty while there is none."""
        if words != self.testing:
            self.testing = words
            self.refresh()

    def refresh(self) -> None:
        """Say anew what is shown, as time goes by too."""
        words = "Replace" if wants_another(self.card) else "Test"
        name = shown(self.card.provider.name)
        self.act.set_face(words, kind=Kind.GHOST)
        self.act.setAccessibleName(f"{words} the {name} key")
        self.act.setToolTip(plain_tip(self._act_tip(words, name)))
        self.act.setEnabled(not self.testing)
        self.mark.setVisible(bool(self.testing))
        self.setAccessibleName(self.text().replace("\n", ". "))
        self._place()
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """All of the card in lines."""
        lines = whole_card(self.card, self._now())
        return f"{lines}\n{self.testing}" if self.testing else lines

    def _act_tip(self, words: str, name: str) -> str:
        if words == "Replace":
            return f"Store another {name} key in place of this one"
        return f"Make {name}’s cheapest real call with this key"

    def _entries(self) -> Sequence[MenuEntry]:
        provider_id = self.card.provider.id
        copy = MenuEntry("Copy for 30 s", partial(self.copy_pressed.emit, provider_id))
        test = MenuEntry("Test", None if self.testing else self._test)
        if self.card.place is KeyPlace.ENVIRONMENT:
            where = MenuEntry(f"Read only: comes from {self.card.variable}")
            return (test, copy, SEPARATOR, where)
        return (
            test,
            MenuEntry("Replace…", partial(self.replace_pressed.emit, provider_id)),
            copy,
            SEPARATOR,
            MenuEntry("Remove…", partial(self.remove_pressed.emit, provider_id)),
        )

    @Slot()
    def _press(self) -> None:
        if wants_another(self.card):
            self.replace_pressed.emit(self.card.provider.id)
        else:
            self._test()

    def _test(self) -> None:
        self.test_pressed.emit(self.card.provider.id)

    # What it looks like

    def heightForWidth(self, arg__1: int) -> int:  # noqa: N802
        return _FOOT_Y + 20 + _TEXT_LINE * len(self._foot_lines(arg__1))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(CARD_LEAST_WIDTH, self.heightForWidth(CARD_LEAST_WIDTH))

    def _foot_lines(self, width: int) -> list[str]:
        """The sentence of the last test in lines; how long ago it was has room at the end of the last."""
        room = width - _FOOT_WORDS_X - self.act.sizeHint().width() - _SIDE
        test = self.card.last_test
        lines = wrapped(font(Size.SECONDARY), sentence_of(test), room, _MOST_LINES)
        used = metrics(Size.SECONDARY).horizontalAdvance(f"{lines[-1]}  {self._ago()}")
        return lines if used <= room or test is None else [*lines, ""]

    def _ago(self) -> str:
        test = self.card.last_test
        return "" if test is None else ago(test.at, self._now())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        width = self.width()
        draw_rounded(painter, QRectF(self.rect()), Radius.CARD, Token.CARD, Token.LINE)
        logo = QRectF(_SIDE, _TOP, _LOGO, _LOGO)
        _draw_logo(painter, logo, self.card.provider.monogram, Size.BODY)
        self._paint_head(painter, width - _WORDS_X - _SIDE - 32)
        self._paint_key(painter, width)
        draw_hline(painter, _SIDE, width - _SIDE, _LINE_Y, Token.LINE)
        self._paint_foot(painter, width)

    def _paint_head(self, painter: QPainter, room: float) -> None:
        provider = self.card.provider
        face = metrics(Size.BODY, Weight.Bold)
        name = elided(face, shown(provider.name), room)
        base = middle_baseline(face, _TOP - 2, 20)
        draw_text(painter, _WORDS_X, base, name, font(Size.BODY, Weight.Bold), Token.TEXT)
        serves = elided(metrics(Size.SECONDARY), shown(provider.serves), room)
        base = middle_baseline(metrics(Size.SECONDARY), _TOP + 17, 18)
        draw_text(painter, _WORDS_X, base, serves, font(Size.SECONDARY), Token.TEXT3)

    def _paint_key(self, painter: QPainter, width: int) -> None:
        """The masked key, and at the right who uses it; the use gives way down to two fifths."""
        mono, small = metrics(Size.SECONDARY, mono=True), metrics(Size.SECONDARY)
        room = width - _WORDS_X - _SIDE - 12.0
        key = key_of(self.card)
        left = max(room * 0.4, room - mono.horizontalAdvance(key))
        use = elided(small, use_of(self.card), left)
        ink = Token.WARN if self.card.place is KeyPlace.SESSION else Token.TEXT3
        base = middle_baseline(small, _KEY_Y, _KEY_HEIGHT)
        draw_text(painter, width - _SIDE, base, use, font(Size.SECONDARY), ink, Align.RIGHT)
        cut = elided(mono, key, room - small.horizontalAdvance(use))
        base = middle_baseline(mono, _KEY_Y, _KEY_HEIGHT)
        draw_text(painter, _WORDS_X, base, cut, font(Size.SECONDARY, mono=True), Token.TEXT)

    def _paint_foot(self, painter: QPainter, width: int) -> None:
        dot, ink = tones_of(self.card.last_test)
        if self.testing:
            self._paint_line(painter, 0, self.testing, Token.TEXT2)
            return
        draw_dot(painter, QPointF(_SIDE + 4, _FOOT_Y + _TEXT_LINE / 2 + 2), 4, dot)
        lines = self._foot_lines(width)
        for number, line in enumerate(lines):
            self._paint_line(painter, number, line, ink)
        last = lines[-1]
        x = metrics(Size.SECONDARY).horizontalAdvance(f"{last}  ") if last else 0.0
        self._paint_line(painter, len(lines) - 1, self._ago(), Token.TEXT3, x)

    def _paint_line(
        self, painter: QPainter, number: int, text: str, ink: Token, x: float = 0.0
    ) -> None:
        top = _FOOT_Y + 2 + number * _TEXT_LINE
        base = middle_baseline(metrics(Size.SECONDARY), top, _TEXT_LINE)
        draw_text(painter, _FOOT_WORDS_X + x, base, text, font(Size.SECONDARY), ink)

    def _place(self) -> None:
        width = self.act.sizeHint().width()
        self.act.setGeometry(self.width() - width - 5, _FOOT_Y - 2, width, _ACT_HEIGHT)
        self.menu.move(self.width() - self.menu.width() - 11, _TOP + 2)
        self.mark.move(_SIDE - 2, _FOOT_Y + 5)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._place()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        self.menu.open_menu()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), plain_tip(self.text()), self)
            return True
        return super().event(event)


class ServiceTile(QAbstractButton):
    """A provider without a key; pressing the tile adds one."""

    add_pressed = Signal(str)
    """Carries the provider's id."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.clicked.connect(self._press)
        name = shown(provider.name)
        self.setAccessibleName(f"Add a key for {name}")
        variables = ", ".join(provider.variables)
        self.setToolTip(
            plain_tip(f"{provider.name}: {provider.serves}\nOr start Greenroom with {variables}")
        )
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    @Slot()
    def _press(self) -> None:
        self.add_pressed.emit(self.provider.id)

    def heightForWidth(self, arg__1: int) -> int:  # noqa: N802
        return _TILE_HEIGHT

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(TILE_LEAST_WIDTH, _TILE_HEIGHT)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        if self.underMouse() or self.isDown():
            draw_rounded(painter, box, Radius.CARD, Token.CARD)
        draw_dashed_rounded(painter, box, Radius.CARD, Token.LINE2)
        logo = QRectF(12, (box.height() - _SMALL_LOGO) / 2, _SMALL_LOGO, _SMALL_LOGO)
        _draw_logo(painter, logo, self.provider.monogram, Size.CAPTION)
        face = metrics(Size.BODY)
        x = logo.right() + 14
        plus_x = box.width() - 14 - ICON_PX
        name = elided(face, shown(self.provider.name), plus_x - x - 8)
        base = middle_baseline(face, 0, box.height())
        draw_text(painter, x, base, name, font(Size.BODY), Token.TEXT2)
        draw_icon(painter, "plus", Token.TEXT3, plus_x, (box.height() - ICON_PX) / 2)
        if wants_focus_ring(self):
            draw_focus_ring(painter, box, Radius.CARD)
