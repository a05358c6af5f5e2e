"""Dialogs: a card over the veiled window, which blocks nothing and answers by signals."""

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.ui.announcing import announce
from app.ui.buttons import Button, Kind, SquareButton
from app.ui.labels import Role, label
from app.ui.paint import draw_rounded
from app.ui.panes import Pane, column, pane, row
from app.ui.plain_text import shown, shown_lines
from app.ui.theme import theme
from app.ui.tokens import SHADOW_STRENGTH, SPACE_M, SPACE_S, SPACE_XL, Radius, Token

WIDTH = 470
_PAD = 20
_THROUGH = (Qt.Key.Key_T, Qt.Key.Key_Q)
"""With Ctrl: the theme and the end of the program work over a dialog too."""
_SHADOW, _SHADOW_STEP, _SHADOW_DROP = 30, 3, 8
_VEIL = 0.66
_FRAME = 8
"""Above and below what scrolls."""


class Dialog(QWidget):
    """A title, a body and two buttons over a window that waits. UI thread only.

    Fill `body`, connect `accepted`, then `open`. It stays open when its act is pressed: say `show_busy`, then
    `done` when it worked or `show_error` when it did not; what was typed stays. Escape and Cancel end it.
    """

    accepted = Signal()
    """Its act was pressed."""
    rejected = Signal()
    """It was cancelled; it is gone already."""
    finished = Signal()
    """It is gone, however it ended."""

    def __init__(
        self,
        over: QWidget,
        title: str,
        *,
        act: str = "",
        kind: Kind = Kind.PRIMARY,
        cancel: str = "Cancel",
        width: int = WIDTH,
    ) -> None:
        """`over` is any widget of the window to cover. Without an `act` there is only the button `cancel`."""
        super().__init__(over.window())
        self._window = over.window()
        self._back: QWidget | None = None
        self._words, self._kind = act, kind
        self.title = shown(title)
        self.setAccessibleName(self.title)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body: QVBoxLayout = column(gap=SPACE_M)
        self.act = Button(act, kind=kind)
        self.cancel = Button(cancel)
        self.cross = SquareButton("x", "Close (Escape)", side=24)
        self.error_title = label("", Role.STRONG, wrap=True)
        self.error_title.set_ink(Token.BAD)
        self.error_hint = label("", Role.SECONDARY, wrap=True)
        self.error_hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.foot = row(gap=SPACE_S)
        """The buttons; what is inserted at 0 stands at the left."""
        self.card = self._build_card(width)
        self.act.setVisible(bool(act))
        self.act.clicked.connect(self.press_act)
        self.cancel.clicked.connect(self.reject)
        self.cross.clicked.connect(self.reject)
        self.show_error("")
        self.hide()
        self._window.installEventFilter(self)

    def open(self, first: QWidget | None = None) -> None:
        """Cover the window, and put the keyboard into `first`, or on the act."""
        self._back = self._window.focusWidget()
        self._place_card()
        self.show()
        self.raise_()
        start = first or (
            self.act if self._words and self._kind is not Kind.DANGER else self.cancel
        )
        start.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, self.title)

    def show_error(self, title: str, hint: str = "") -> None:
        """Say above the buttons what failed and what to do; the dialog can be used again."""
        self.error_title.setText(shown(title))
        self.error_hint.setText(shown_lines(hint, 800))
        self.error_title.setVisible(bool(title))
        self.error_hint.setVisible(bool(hint))
        self._show_on_act("")
        if title:
            announce(self, f"{title} {hint}".strip())

    def show_busy(self, words: str) -> None:
        """Say on the act's button that it is being done; it cannot be pressed meanwhile."""
        self.show_error("")
        self._show_on_act(words)

    @property
    def busy(self) -> bool:
        return bool(self._words) and self.act.text() != self._words

    def set_act(self, words: str, *, possible: bool = True) -> None:
        """Change what the act is called and whether it can be pressed."""
        self._words = words
        self.act.set_face(words, kind=self._kind)
        self.act.setEnabled(possible)

    def done(self) -> None:
        """Take the dialog away; the keyboard goes back to where it was."""
        if not self.isVisible():
            return
        self.hide()
        self._window.removeEventFilter(self)
        if self._back is not None and self._back.isVisible():
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)
        self.finished.emit()
        self.deleteLater()

    @Slot()
    def reject(self) -> None:
        """End it without its act."""
        if self.isVisible():
            self.done()
            self.rejected.emit()

    @Slot()
    def press_act(self) -> None:
        """Do what its act does, as Return in a field does too."""
        if self._words and self.act.isEnabled():
            self.accepted.emit()

    def _show_on_act(self, words: str) -> None:
        self.act.set_face(words or self._words, kind=self._kind)
        self.act.setEnabled(not words)

    def _build_card(self, width: int) -> QWidget:
        card = pane(Pane.DIALOG, self)
        card.setFixedWidth(width)
        lines = column(card, (_PAD, _PAD - 4, _PAD, _PAD), SPACE_M)
        head = row()
        head.addWidget(label(self.title, Role.TITLE, wrap=True), 1)
        head.addWidget(self.cross, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(head)
        lines.addLayout(self.body)
        errors = column(gap=2)
        errors.addWidget(self.error_title)
        errors.addWidget(self.error_hint)
        lines.addLayout(errors)
        lines.addSpacing(SPACE_S)
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel)
        self.foot.addWidget(self.act)
        lines.addLayout(self.foot)
        return card

    def _place_card(self) -> None:
        """Cover the window, the card in its middle, a little high."""
        self.setGeometry(self._window.rect())
        width = self.card.width()
        layout = self.card.layout()
        assert layout is not None
        layout.activate()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else -1
        height = min(max(height, layout.totalMinimumSize().height()), self.height() - 2 * SPACE_XL)
        top = max(SPACE_XL, (self.height() - height) * 2 // 5)
        self.card.setGeometry((self.width() - width) // 2, top, width, height)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, N802
        """Keep Tab within the dialog: what lies below cannot be used."""
        here = self._window.focusWidget() or self
        reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
        widget = _neighbour(here, ahead=next)
        while widget is not here:
            if self.isAncestorOf(widget) and _takes_tab(widget):
                widget.setFocus(reason)
                break
            widget = _neighbour(widget, ahead=next)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.wash(Token.BG, _VEIL))
        layers = range(_SHADOW, 0, -_SHADOW_STEP)
        shade = theme.wash(Token.SHADOW, SHADOW_STRENGTH[theme.scheme] / len(layers))
        card = QRectF(self.card.geometry()).translated(0, _SHADOW_DROP)
        for spread in layers:
            box = card.adjusted(-spread, -spread, spread, spread)
            draw_rounded(painter, box, Radius.DIALOG + spread, shade)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._place_card()
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride:
            # The keys of the window and of the page below it rest.
            ctrl = event.modifiers() == Qt.KeyboardModifier.ControlModifier
            event.setAccepted(not (ctrl and event.key() in _THROUGH))
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.reject()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._press_return()
        event.accept()

    def _press_return(self) -> None:
        """Return presses the button it stands on; in a field it is the act, unless that destroys."""
        here = self._window.focusWidget()
        if isinstance(here, Button | SquareButton) and self.isAncestorOf(here):
            here.click()
        elif self._kind is not Kind.DANGER:
            self.press_act()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place_card()
        return False


def _neighbour(widget: QWidget, *, ahead: bool) -> QWidget:
    """The widget beside one in the order of Tab, which is a ring."""
    beside = widget.nextInFocusChain() if ahead else widget.previousInFocusChain()
    return beside or widget


def _takes_tab(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes and widget.isVisible() and widget.isEnabled()


def confirmation(
    over: QWidget, title: str, words: str, act: str, *, kind: Kind = Kind.DANGER
) -> Dialog:
    """A question before an act: `title` asks, `words` says what the act does. Not open yet."""
    dialog = Dialog(over, title, act=act, kind=kind)
    dialog.body.addWidget(label(shown_lines(words, 1200), Role.SECONDARY, wrap=True))
    return dialog


def scrolled(content: QWidget, *, most: int) -> QScrollArea:
    """A list within a dialog that scrolls once it is higher than `most` pixels."""
    area = _Scrolled(most)
    area.setWidget(content)
    return area


class _Scrolled(QScrollArea):
    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self.setProperty("frame", "list")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        content = self.widget()
        height = content.sizeHint().height() + _FRAME if content else 0
        return QSize(super().sizeHint().width(), min(self._most, height))
