"""Short messages over the page: what happened, and what to do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.ui.announcing import announce
from app.ui.controls import Button, Role, SquareButton, column, label, row
from app.ui.icons import ICON_PX
from app.ui.paint import draw_icon, draw_rounded
from app.ui.plain_text import shown, shown_lines
from app.ui.tokens import SPACE_L, SPACE_M, SPACE_S, Radius, Token

log = logging.getLogger(__name__)

WIDTH = 360
INFO_MS = 5000
ACT_MS = 8000
"""How long an act is offered: long enough to see it and to go there with the keyboard."""
MOST = 4
"""More than these would hide the page; the oldest makes room."""
TITLE_CAP = 160
HINT_CAP = 400


class Level(StrEnum):
    """How long a toast stays: errors and warnings until they are dismissed."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Toast:
    """One message. A later one of the same `key` takes its place; all text is shown literally."""

    level: Level
    title: str
    hint: str = ""
    key: str = ""
    act: str = ""
    """What can be done about it, on a button; `on_act` does it, and the message goes."""
    on_act: Callable[[], None] | None = field(default=None, repr=False, compare=False)


_LOOKS = {
    Level.INFO: ("info", Token.CALLER, logging.INFO),
    Level.WARNING: ("triangle-alert", Token.WARN, logging.WARNING),
    Level.ERROR: ("circle-alert", Token.BAD, logging.ERROR),
}
"""Icon, ink and the level of the log."""


class _Card(QWidget):
    """One toast on the screen."""

    dismissed = Signal(object)

    def __init__(self, toast: Toast, parent: QWidget) -> None:
        super().__init__(parent)
        self.toast = toast
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(f"{toast.title} {toast.hint}".strip())
        layout = row(self, (SPACE_L + ICON_PX + SPACE_M, SPACE_M, SPACE_S, SPACE_M), SPACE_S)
        words = column(gap=2)
        words.addWidget(label(shown(toast.title, TITLE_CAP), Role.STRONG, wrap=True))
        if toast.hint:
            hint = label(shown_lines(toast.hint, HINT_CAP), Role.SECONDARY, wrap=True)
            hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(hint)
        layout.addLayout(words, 1)
        if toast.act:
            words.addStretch(1)
            act = Button(shown(toast.act, TITLE_CAP))
            act.clicked.connect(self._act)
            layout.addWidget(act, 0, Qt.AlignmentFlag.AlignVCenter)
        close = SquareButton("x", "Dismiss", side=24)
        close.clicked.connect(self._dismiss)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._dismiss)
        if toast.level is Level.INFO:
            self._rest.start(ACT_MS if toast.act else INFO_MS)

    @Slot()
    def _act(self) -> None:
        if self.toast.on_act is not None:
            self.toast.on_act()
        self._dismiss()

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self)

    def enterEvent(self, event: QEvent) -> None:  # noqa: N802
        # Who reads it with the pointer on it has all the time; what can be done about it has its own.
        if not self.toast.act:
            self._rest.stop()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        if self.toast.level is Level.INFO and not self.toast.act:
            self._rest.start(INFO_MS)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        icon, ink, _ = _LOOKS[self.toast.level]
        draw_rounded(painter, QRectF(self.rect()), Radius.CARD, Token.RAISE, Token.LINE2)
        draw_icon(painter, icon, ink, SPACE_L, SPACE_M + 2)


class Toasts(QWidget):
    """The stack of toasts in the upper right corner of its parent. UI thread only."""

    def __init__(self, parent: QWidget, redact: Callable[[str], str] = str) -> None:
        """`redact` takes the secrets out of what a message says."""
        super().__init__(parent)
        self._parent = parent
        self._redact = redact
        self.setAccessibleName("Messages")
        self._cards: list[_Card] = []
        self._offset = QPoint(SPACE_L, SPACE_L)
        self._column: QVBoxLayout = column(self, gap=SPACE_S)
        self._column.addStretch()
        parent.installEventFilter(self)
        self.hide()

    def show_toast(self, toast: Toast) -> None:
        """Show a message and write it to the log."""
        toast = replace(toast, title=self._redact(toast.title), hint=self._redact(toast.hint))
        _, _, level = _LOOKS[toast.level]
        log.log(level, "%s %s", toast.title, toast.hint)
        for card in list(self._cards):
            if toast.key and card.toast.key == toast.key:
                self._remove(card)
        while len(self._cards) >= MOST:
            self._remove(self._cards[0])
        card = _Card(toast, self)
        card.dismissed.connect(self._remove)
        self._cards.append(card)
        self._column.insertWidget(self._column.count() - 1, card)
        self._settle()
        announce(self, f"{toast.title} {toast.hint}".strip())

    @property
    def shown(self) -> list[Toast]:
        """What is on the screen, oldest first."""
        return [card.toast for card in self._cards]

    def dismiss_newest(self) -> bool:
        """Take the newest message away; whether there was one."""
        if not self._cards:
            return False
        self._remove(self._cards[-1])
        return True

    def withdraw(self, key: str) -> None:
        """Take away the message of a matter that has settled itself."""
        for card in list(self._cards):
            if card.toast.key == key:
                self._remove(card)

    def set_offset(self, right: int, top: int) -> None:
        """How far from the parent's upper right corner the messages keep."""
        self._offset = QPoint(right, top)
        self._settle()

    @Slot(object)
    def _remove(self, card: _Card) -> None:
        if card in self._cards:
            self._cards.remove(card)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
            self._settle()

    def _settle(self) -> None:
        self.setVisible(bool(self._cards))
        height = sum(card.heightForWidth(WIDTH) + SPACE_S for card in self._cards)
        size = QSize(WIDTH, height)
        x = self._parent.width() - WIDTH - self._offset.x()
        self.setGeometry(x, self._offset.y(), size.width(), size.height())
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Resize:
            self._settle()
        return False
