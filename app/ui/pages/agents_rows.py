"""Short lists in the form: one or two fields a line, with a button that removes it and one that adds."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.controls import Button, Kind, Role, SquareButton, TextField, column, label, row
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.paint import (
    draw_focus_ring,
    draw_icon,
    draw_text,
    middle_baseline,
    wants_focus_ring,
)
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_S, Size, Token

Row = tuple[str, ...]


class Rows(QWidget):
    """A list that is edited line by line. It shows what it is given and tells what was changed."""

    row_edited = Signal(int, int)
    """A field was changed: its line and its column; `rows` has what it holds now."""
    row_removed = Signal(int)
    add_pressed = Signal()

    def __init__(self, thing: str, columns: Sequence[str], *, more: str) -> None:
        """`columns` are the placeholders; `more` is on the button that adds a line."""
        super().__init__()
        self._thing, self._columns = thing, tuple(columns)
        self.fields: list[tuple[TextField, ...]] = []
        """Of each line."""
        self._lines: list[QWidget] = []
        self._list = column(gap=4)
        self.add = Button(more, icon="plus", kind=Kind.GHOST)
        self.add.clicked.connect(self.add_pressed)
        around = column(self, gap=4)
        around.addLayout(self._list)
        around.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def rows(self) -> list[Row]:
        """What the fields hold."""
        return [tuple(field.text() for field in line) for line in self.fields]

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these; a field that holds its text already, but for blanks, is left alone."""
        while len(self._lines) > len(rows):
            self._drop_line()
        while len(self._lines) < len(rows):
            self._add_line()
        for line, texts in zip(self.fields, rows, strict=True):
            for field, text in zip(line, texts, strict=True):
                if field.text().strip() != text.replace("\n", " ").strip():
                    field.setText(text.replace("\n", " "))

    def focus_last(self) -> None:
        """Let somebody type into the line that was added."""
        if self.fields:
            self.fields[-1][0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_line(self) -> None:
        number = len(self._lines)
        line = QWidget()
        across = row(line, gap=SPACE_S)
        fields: list[TextField] = []
        for index, words in enumerate(self._columns):
            name = f"{self._thing} {number + 1}"
            field = TextField(f"{name}, {words}" if len(self._columns) > 1 else name)
            field.setPlaceholderText(words)
            field.textEdited.connect(partial(self._tell_edit, number, index))
            across.addWidget(field, 1)
            fields.append(field)
        remove = SquareButton("x", f"Remove {self._thing.lower()} {number + 1}")
        remove.clicked.connect(partial(self.row_removed.emit, number))
        across.addWidget(remove)
        self.fields.append(tuple(fields))
        self._lines.append(line)
        self._list.addWidget(line)

    def _drop_line(self) -> None:
        self.fields.pop()
        line = self._lines.pop()
        line.hide()
        self._list.removeWidget(line)
        line.deleteLater()

    def _tell_edit(self, line: int, index: int, _text: str) -> None:
        self.row_edited.emit(line, index)


class _FoldHead(QAbstractButton):
    """The title of a part that can be shut: words and a chevron."""

    _HEIGHT = 26

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setCheckable(True)
        self.setFixedHeight(self._HEIGHT)
        self.setToolTip("Show or hide this part")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        width = metrics(Size.BODY, Weight.Bold).horizontalAdvance(title)
        self.setFixedWidth(round(width) + ICON_PX + 12)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        face = metrics(Size.BODY, Weight.Bold)
        base = middle_baseline(face, 0, self.height())
        ink = Token.TEXT if self.isEnabled() else Token.TEXT3
        draw_text(painter, 0, base, self.text(), font(Size.BODY, Weight.Bold), ink)
        icon = "chevron-up" if self.isChecked() else "chevron-down"
        x = face.horizontalAdvance(self.text()) + 6
        draw_icon(painter, icon, Token.TEXT2, x, (self.height() - ICON_PX) / 2)
        if wants_focus_ring(self):
            draw_focus_ring(painter, QRectF(self.rect()))


class Fold(QWidget):
    """A part of the form under its title, which can be shut. Beside it stands what is in it."""

    def __init__(self, title: str, content: QWidget, *, is_open: bool = False) -> None:
        super().__init__()
        self.content = content
        self.head = _FoldHead(title)
        self.says = label("", Role.TERTIARY)
        across = row(gap=SPACE_S)
        across.addWidget(self.head)
        across.addWidget(self.says)
        across.addStretch(1)
        lines = column(self, gap=4)
        lines.addLayout(across)
        lines.addWidget(content)
        self.head.toggled.connect(self._show)
        self.head.setChecked(is_open)
        self._show()

    def show_words(self, words: str) -> None:
        """What is in it, beside the title."""
        self.says.setText(shown(words, 80))

    @Slot()
    def _show(self) -> None:
        self.content.setVisible(self.head.isChecked())
