"""The colours of YAML in the editor."""

import re
from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.paint import color_of
from app.ui.theme import theme
from app.ui.tokens import Token

_KEY = re.compile(r"^(\s*(?:-\s+)*)([^\s#:'\"\[\]{},-][^#:]*?)(\s*:)(?=\s|$)")
_DASHES = re.compile(r"^\s*(?:-\s+)+|^\s*-$")
_COMMENT = re.compile(r"(?:^|\s)#")
_NUMBER = re.compile(
    r"^(?:[-+]?(?:\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|true|false|null|~)$", re.IGNORECASE
)
_BLOCK = re.compile(r"^[|>][-+0-9]*\s*(?:#.*)?$")
_FLOW_WORD = re.compile(r"[^\[\]{},]+")
_TOP_LEVEL = 0

Span = tuple[int, int, Token]
"""Start, length and ink."""


class YamlColours(QSyntaxHighlighter):
    """Comments grey, keys blue, texts green, numbers and switches amber; repainted with the theme.

    A block's state is the indentation of the key whose text goes on below it, plus one; 0 for none.
    """

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        theme.changed.connect(self._repaint)

    def highlightBlock(self, text: str) -> None:  # noqa: N802
        owner = max(0, self.previousBlockState())
        indent = len(text) - len(text.lstrip())
        if owner and (not text.strip() or indent >= owner):
            self.setCurrentBlockState(owner)
            self._paint((indent, len(text) - indent, Token.AGENT))
            return
        for span in spans_of(text):
            self._paint(span)
        self.setCurrentBlockState(opens_text(text))

    def _paint(self, span: Span) -> None:
        start, length, ink = span
        look = QTextCharFormat()
        look.setForeground(color_of(ink))
        self.setFormat(start, length, look)

    @Slot()
    def _repaint(self) -> None:
        self.rehighlight()


def opens_text(line: str) -> int:
    """One more than the indentation of a key whose text stands in the lines below it; 0 for other lines."""
    key = _KEY.match(line)
    value = line[key.end() :].strip() if key else line.strip().removeprefix("- ").strip()
    if not _BLOCK.match(value):
        return _TOP_LEVEL
    return (len(key.group(1)) if key else len(line) - len(line.lstrip())) + 1


def spans_of(line: str) -> Iterator[Span]:
    """What is coloured in one line that is not within a text."""
    comment = _comment_start(line)
    if comment < len(line):
        yield comment, len(line) - comment, Token.TEXT3
    code = line[:comment]
    start = 0
    if key := _KEY.match(code):
        yield key.start(2), len(key.group(2)), Token.CALLER
        start = key.end()
    elif dashes := _DASHES.match(code):
        start = dashes.end()
    yield from _value_spans(code, start)


def _value_spans(code: str, start: int) -> Iterator[Span]:
    value = code[start:]
    if not value.strip() or _BLOCK.match(value.strip()):
        return
    if value.strip()[0] not in "[{":
        left = start + len(value) - len(value.lstrip())
        yield left, len(value.strip()), _ink(value.strip())
        return
    for word in _FLOW_WORD.finditer(value):
        name, colon, rest = word.group().partition(": ")
        at = start + word.start()
        if colon:
            yield at, len(name), Token.CALLER
            yield at + len(name) + 2, len(rest), _ink(rest.strip())
        elif word.group().strip():
            yield at, len(word.group()), _ink(word.group().strip())


def _ink(value: str) -> Token:
    return Token.OPERATOR if _NUMBER.match(value) else Token.AGENT


def _comment_start(line: str) -> int:
    """Where a comment begins; quotes may hold the sign too."""
    for found in _COMMENT.finditer(line):
        before = line[: found.start()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return found.start() + (0 if found.group().startswith("#") else 1)
    return len(line)
