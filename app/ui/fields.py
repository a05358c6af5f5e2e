"""What people type into and tick: text, secrets, searches, choices, switches, and the frame of a form."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QStyledItemDelegate,
    QWidget,
)

from app.ui.buttons import SquareButton
from app.ui.icons import ICON_PX
from app.ui.labels import Role, label
from app.ui.paint import draw_dot, draw_focus_ring, draw_icon, draw_rounded, wants_focus_ring
from app.ui.panes import column
from app.ui.plain_text import plain_tip, shown, shown_lines
from app.ui.tokens import Token

REVEAL_MS = 10_000
"""A secret is hidden again after this long, though the button is still held."""
LONGEST = 4096
_SIDE_BUTTON = 24
_INSET = 3


class TextField(QLineEdit):
    """One line of text. `name` is what a screen reader calls it."""

    def __init__(self, name: str, *, placeholder: str = "", longest: int = LONGEST) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setMaxLength(longest)

    def mark_wrong(self, *, wrong: bool) -> None:
        """Give the field a red border, or its own again; words must say why."""
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)

    def _add_side_button(self, button: QWidget) -> None:
        """Put a button into the right end of the field."""
        button.setParent(self)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setTextMargins(self.textMargins().left(), 0, _SIDE_BUTTON, 0)

    def _place_side_button(self, button: QWidget) -> None:
        y = (self.height() - button.height()) // 2
        button.move(self.width() - button.width() - _INSET, y)


class SecretField(TextField):
    """A line whose text is dots. It can be read while its eye is held down, ten seconds at most.

    Neither a screen reader nor the clipboard gets what the dots hide.
    """

    def __init__(self, name: str, *, placeholder: str = "", longest: int = LONGEST) -> None:
        super().__init__(name, placeholder=placeholder, longest=longest)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.eye = SquareButton("eye", f"{name}: show while held", side=_SIDE_BUTTON)
        self._add_side_button(self.eye)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self.hide_text)
        self.eye.pressed.connect(self._show_text)
        self.eye.released.connect(self.hide_text)

    @property
    def revealed(self) -> bool:
        return self.echoMode() is QLineEdit.EchoMode.Normal

    @Slot()
    def hide_text(self) -> None:
        self._limit.stop()
        self.setEchoMode(QLineEdit.EchoMode.Password)

    @Slot()
    def _show_text(self) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal)
        self._limit.start(REVEAL_MS)

    def resizeEvent(self, arg__1: QResizeEvent) -> None:  # noqa: N802
        self._place_side_button(self.eye)
        super().resizeEvent(arg__1)

    def changeEvent(self, arg__1: QEvent) -> None:  # noqa: N802
        super().changeEvent(arg__1)
        if arg__1.type() in (QEvent.Type.ActivationChange, QEvent.Type.EnabledChange):
            # The release of a held button goes to whoever is active now.
            self.hide_text()


class SearchField(TextField):
    """A line that filters: a magnifying glass, a cross that empties it, and Escape does too."""

    _ICON_X = 9.0

    def __init__(self, name: str, *, width: int = 220) -> None:
        super().__init__(name, placeholder=name, longest=200)
        self.setFixedWidth(width)
        self.setTextMargins(ICON_PX + 6, 0, 0, 0)
        self.cross = SquareButton("x", "Empty the search", side=_SIDE_BUTTON)
        self.cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._add_side_button(self.cross)
        self.cross.clicked.connect(self.clear)
        self.textChanged.connect(self._show_cross)
        self._show_cross()

    @Slot()
    def _show_cross(self) -> None:
        self.cross.setVisible(bool(self.text()))

    def resizeEvent(self, arg__1: QResizeEvent) -> None:  # noqa: N802
        self._place_side_button(self.cross)
        super().resizeEvent(arg__1)

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(arg__1)
        y = (self.height() - ICON_PX) / 2
        draw_icon(QPainter(self), "search", Token.TEXT3, self._ICON_X, y)

    def event(self, arg__1: QEvent) -> bool:
        if _is_escape(arg__1) and self.text():
            # Taken here, so that it does nothing else in the window.
            if arg__1.type() is QEvent.Type.KeyPress:
                self.clear()
            arg__1.accept()
            return True
        return super().event(arg__1)


def _is_escape(event: QEvent) -> bool:
    return (
        isinstance(event, QKeyEvent)
        and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        and event.key() == Qt.Key.Key_Escape
    )


class TextArea(QPlainTextEdit):
    """Several lines of plain text. Tab goes on to the next control."""

    def __init__(self, name: str, *, placeholder: str = "", lines: int = 4) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 16)


class Choice(QComboBox):
    """One of several, each with a value of its own. `chosen` carries the value that a person chose."""

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str]] = ()) -> None:
        """`options` are pairs of value and words."""
        super().__init__()
        self.setAccessibleName(name)
        # Its own delegate makes the popup follow the style sheet.
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(12)
        self.set_options(options)
        self.activated.connect(self._tell)

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer others, the same value chosen if it is among them."""
        held = self.value
        self.clear()
        for value, words in options:
            self.addItem(shown(words, 80), value)
        self.choose(held)

    @property
    def value(self) -> str:
        """Of the option chosen; empty without options."""
        return str(self.currentData() or "")

    def choose(self, value: str) -> None:
        """Choose by value; one that is not offered changes nothing."""
        if (index := self.findData(value)) >= 0:
            self.setCurrentIndex(index)

    @Slot()
    def _tell(self) -> None:
        self.chosen.emit(self.value)

    def wheelEvent(self, e: QWheelEvent) -> None:  # noqa: N802
        # Scrolling past must not choose.
        e.ignore()


class CheckBox(QCheckBox):
    """A tick with words, shown literally."""

    def __init__(self, text: str, *, checked: bool = False) -> None:
        # In a button an ampersand would underline the letter behind it.
        super().__init__(shown(text).replace("&", "&&"))
        self.setAccessibleName(shown(text))
        self.setChecked(checked)
        self.setCursor(Qt.CursorShape.PointingHandCursor)


class Switch(QAbstractButton):
    """On or off at once, without a button to confirm. It needs words beside it, which are its `name`."""

    def __init__(self, name: str, *, on: bool = False) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName(shown(name))
        self.setToolTip(plain_tip(name))
        self.setFixedSize(self.sizeHint())
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(30, 19)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        on, able = self.isChecked(), self.isEnabled()
        ground = Token.ACCENT if on and able else Token.LINE2
        draw_rounded(painter, box, box.height() / 2, ground)
        x = box.right() - 7.5 if on else box.left() + 7.5
        knob = Token.ACCENT_INK if on and able else Token.TEXT if able else Token.TEXT3
        draw_dot(painter, QPointF(x, box.center().y()), 5.5, knob)
        if wants_focus_ring(self):
            draw_focus_ring(painter, QRectF(self.rect()), self.height() / 2)


class Field(QWidget):
    """A control under its caption, with a line below that explains it or says what is wrong with it."""

    def __init__(self, caption: str, control: QWidget, *, hint: str = "") -> None:
        super().__init__()
        self.control = control
        self._hint = hint
        self._error = ""
        self._below = label("", Role.HINT, wrap=True)
        lines = column(self, gap=5)
        lines.addWidget(label(caption, Role.CAPTION))
        lines.addWidget(control)
        lines.addWidget(self._below)
        self._show()

    @property
    def error(self) -> str:
        return self._error

    def show_hint(self, hint: str) -> None:
        """Explain the control in other words."""
        self._hint = hint
        self._show()

    def show_error(self, error: str) -> None:
        """Say under the control what is wrong with it; empty once nothing is."""
        self._error = error
        self._show()

    def _show(self) -> None:
        words = self._error or self._hint
        self._below.setText(shown_lines(words, 600))
        self._below.set_ink(Token.BAD if self._error else Token.TEXT3)
        self._below.setVisible(bool(words))
        self.control.setAccessibleDescription(shown_lines(words, 600))
        if isinstance(self.control, TextField):
            self.control.mark_wrong(wrong=bool(self._error))
