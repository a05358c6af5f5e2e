"""The bar over the rooms: which server, how many rooms, how old that is, the search, a new room."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.domain.rooms import RoomsSnapshot
from app.ui.controls import (
    Button,
    ElidedLabel,
    Kind,
    Pane,
    Role,
    SearchField,
    column,
    label,
    pane,
    plain_tip,
    row,
)
from app.ui.icons import ICON_PX
from app.ui.pages.rooms_words import kept_fresh, summary
from app.ui.pages.server_switch import ServerSwitch
from app.ui.paint import draw_icon, draw_rounded
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_L, SPACE_M, SPACE_S, TOP_HEIGHT, Radius, Token


class RoomsBar(QWidget):
    """The parts of the bar; the page connects them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(TOP_HEIGHT)
        self.switch = ServerSwitch()
        self.summary = ElidedLabel("", Role.SECONDARY)
        self.search = SearchField("Find a room, person, word", width=252)
        self.search.setToolTip("Find a room, person, word (Ctrl+F)")
        self.new = Button("New room", icon="plus", kind=Kind.PRIMARY)
        self.new.setToolTip("Make a room on this server (Ctrl+N)")
        ground = pane(Pane.TOP)
        column(self).addWidget(ground)
        across = row(ground, (SPACE_L, 0, SPACE_L, 0), 14)
        across.addWidget(label("Rooms", Role.TITLE))
        across.addWidget(self.switch)
        across.addWidget(self.summary, 1)
        across.addWidget(self.search)
        across.addWidget(self.new)

    def tick(self, snapshot: RoomsSnapshot | None, now: float) -> None:
        """Say how many rooms there are, and how old that is at the time `now`."""
        troubled = snapshot is not None and bool(snapshot.trouble or snapshot.unheard)
        text = summary(snapshot, now) if snapshot is not None else ""
        self.summary.set_ink(Token.WARN if troubled else Token.TEXT3)
        fresh = kept_fresh(snapshot) if snapshot is not None else ""
        words = f"{text}\n{fresh}"
        if plain_tip(words) != self.summary.toolTip():
            self.summary.set_text(text)
            self.summary.setToolTip(plain_tip(words))


class TroubleLine(QWidget):
    """What is wrong with the server, over the list that it last gave."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ElidedLabel("", Role.BODY)
        self.again = Button("Try now")
        self.again.setToolTip("Ask the server again (F5)")
        across = row(self, (SPACE_L + SPACE_M + ICON_PX, SPACE_S + 2, SPACE_L, SPACE_S), SPACE_M)
        across.addWidget(self.words, 1)
        across.addWidget(self.again, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def show_trouble(self, trouble: str) -> None:
        """Say what is wrong; nothing where nothing is."""
        self.words.set_text(f"{shown(trouble)} This is what was known before." if trouble else "")
        self.setVisible(bool(trouble))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(10, 8, -10, 0)
        draw_rounded(painter, box, Radius.CONTROL, Token.WARN_DIM)
        y = box.center().y() - ICON_PX / 2
        draw_icon(painter, "triangle-alert", Token.WARN, SPACE_L + 4, y)
