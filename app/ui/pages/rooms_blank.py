"""What stands on a page in place of its list: that it is on its way, that there is nothing, or what failed."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.controls import Button, Kind, Role, column, label, row
from app.ui.plain_text import shown_lines
from app.ui.running import Running
from app.ui.tokens import SPACE_L, SPACE_S

WIDTH = 420


class Blank(QWidget):
    """A title, a sentence and the one act that helps."""

    def __init__(self) -> None:
        super().__init__()
        self.running = Running()
        self.title = label("", Role.TITLE)
        self.words = label("", Role.SECONDARY, wrap=True)
        self.words.setFixedWidth(WIDTH)
        self.words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.act = Button("", kind=Kind.PRIMARY)
        head = row(gap=SPACE_S)
        head.addStretch(1)
        head.addWidget(self.running)
        head.addWidget(self.title)
        head.addStretch(1)
        lines = column(self, gap=SPACE_S)
        lines.addStretch(2)
        lines.addLayout(head)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(self.words)
        middle.addStretch(1)
        lines.addLayout(middle)
        lines.addSpacing(SPACE_L)
        lines.addWidget(self.act, 0, Qt.AlignmentFlag.AlignHCenter)
        lines.addStretch(3)

    def show_running(self, title: str) -> None:
        """Say what is on its way."""
        self._show(title, "", "")
        self.running.show()

    def show_words(self, title: str, words: str, act: str) -> None:
        """Say that there is nothing, or what failed, and offer an act."""
        self._show(title, words, act)
        self.running.hide()

    def _show(self, title: str, words: str, act: str) -> None:
        self.title.setText(title)
        self.words.setText(shown_lines(words, 600))
        self.words.setVisible(bool(words))
        self.act.set_face(act, kind=Kind.PRIMARY)
        self.act.setVisible(bool(act))
