"""Lays out what is said in lines, and keeps the layouts of what was shown last."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTextCharFormat, QTextLayout, QTextOption

from app.ui.fonts import font, metrics
from app.ui.theme import theme
from app.ui.tokens import Size, Token

LINE = 21
"""Line height in pixels."""
KEPT_LAYOUTS = 300
"""4,400 kept layouts cost 60 MB."""
LINE_SEPARATOR = "\u2028"
"""What QTextLayout takes for a line break."""

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Said:
    """A text of which everything from `light_from` on is written in a lighter ink."""

    text: str
    light_from: int


@dataclass(frozen=True, slots=True)
class _Kept:
    said: Said
    room: int
    layout: QTextLayout
    lines: int


class ScriptLayouts:
    """Layouts by cell. A text is laid out only when it is drawn, or when it needs more than one line."""

    def __init__(self) -> None:
        self._kept: dict[Cell, _Kept] = {}
        self._widths: dict[Cell, tuple[str, float]] = {}

    @property
    def kept(self) -> int:
        """How many layouts are kept."""
        return len(self._kept)

    def clear(self) -> None:
        self._kept.clear()
        self._widths.clear()

    def layout(self, cell: Cell, said: Said, room: int) -> QTextLayout:
        """The text in lines no wider than `room`."""
        return self._find(cell, said, room).layout

    def line_count(self, cell: Cell, said: Said, room: int) -> int:
        """How many lines the text needs; 1 for none."""
        fits = self._width(cell, said.text) <= room - 1 and "\n" not in said.text
        return 1 if fits else self._find(cell, said, room).lines

    def _find(self, cell: Cell, said: Said, room: int) -> _Kept:
        kept = self._kept.pop(cell, None)
        if kept is None or kept.said != said or kept.room != room:
            kept = _Kept(said, room, *lay_out(said, room))
        self._kept[cell] = kept
        if len(self._kept) > KEPT_LAYOUTS:
            del self._kept[next(iter(self._kept))]
        return kept

    def _width(self, cell: Cell, text: str) -> float:
        known = self._widths.get(cell)
        if known is None or known[0] != text:
            known = (text, metrics(Size.SCRIPT).horizontalAdvance(text))
            self._widths[cell] = known
        return known[1]


def lay_out(said: Said, room: float) -> tuple[QTextLayout, int]:
    """Plain text in lines of `LINE` px no wider than `room`, and how many there are."""
    layout = QTextLayout(said.text.replace("\n", LINE_SEPARATOR), font(Size.SCRIPT))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    if said.light_from < len(said.text):
        layout.setFormats([_lighter(said)])
    lead = (LINE - metrics(Size.SCRIPT).height()) / 2
    lines = 0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(room)
        line.setPosition(QPointF(0, lines * LINE + lead))
        lines += 1
    layout.endLayout()
    return layout, max(1, lines)


def _lighter(said: Said) -> QTextLayout.FormatRange:
    """Positions count UTF-16 units, as Qt does."""
    ink = QTextCharFormat()
    ink.setForeground(theme.color(Token.TEXT3))
    piece = QTextLayout.FormatRange()
    piece.start = utf16_length(said.text[: said.light_from])
    piece.length = utf16_length(said.text[said.light_from :])
    piece.format = ink
    return piece


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
