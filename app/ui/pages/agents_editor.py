"""The text of a preset beside its form: the editor, what is wrong with the text, and whether it is saved."""

import re

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.domain.agent_desk import PresetProblem
from app.ui.announcing import announce
from app.ui.controls import Button, Kind, Pane, Role, column, label, pane, row
from app.ui.pages.agents_draft import Draft
from app.ui.plain_text import breakable, plain_tip, shown
from app.ui.theme import theme
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 280
_REASON_CAP = 240
SAVED, UNSAVED = "saved", "not saved"
MOVED_ON = "The file has changed on the disk meanwhile. Saving overwrites that, Revert takes it."
RESTORED = "You left this without saving it. Here it is again."
RESTORED_MOVED_ON = (
    "You left this without saving it, and its file has changed since. "
    "Saving overwrites that, Discard takes it."
)
MASKED = "What looked like a key in it was left out: keys belong on the page Keys."
REVERT, DISCARD = "Revert", "Discard"
GONE_ON = "Mend this line, and the form follows."


class YamlEditor(QPlainTextEdit):
    """Plain text in one width, its wrong line marked. Tab goes on to the next control, Return keeps the indent."""

    def __init__(self) -> None:
        super().__init__()
        self._wrong_line = 0
        self.setAccessibleName("The preset as YAML")
        self.setProperty("editor", "code")
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        theme.changed.connect(self._mark)
        self.cursorPositionChanged.connect(self._mark)

    def show_wrong_line(self, line: int) -> None:
        """Mark a line, counted from 1; 0 marks none."""
        self._wrong_line = line
        self._mark()

    def go_to_line(self, line: int) -> None:
        """Put the cursor at the end of a line."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            cursor = QTextCursor(block)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
            self.setTextCursor(cursor)
            self.ensureCursorVisible()

    @Slot()
    def _mark(self) -> None:
        block = self.document().findBlockByNumber(self._wrong_line - 1)
        if self._wrong_line < 1 or not block.isValid():
            self.setExtraSelections([])
            return
        mark = QTextEdit.ExtraSelection()
        look, cursor = mark.format, QTextCursor(block)
        look.setBackground(QColor(theme.color(Token.BAD_DIM)))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        mark.cursor = cursor
        mark.format = look
        self.setExtraSelections([mark])

    def keyPressEvent(self, e: QKeyEvent) -> None:  # noqa: N802
        if e.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not e.modifiers():
            cursor = self.textCursor()
            before = cursor.block().text()[: cursor.positionInBlock()]
            found = re.match(r"\s*", before)
            cursor.insertText("\n" + (found.group() if found else ""))
            self.ensureCursorVisible()
            return
        super().keyPressEvent(e)


class EditorPane(QWidget):
    """The editor, the reason why its text is no preset, and the buttons that save and revert."""

    save_pressed = Signal()
    revert_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        self._problem: PresetProblem | None = None
        self.editor = YamlEditor()
        self.reason = label("", Role.STRONG, wrap=True)
        self.reason.set_ink(Token.BAD)
        self.hint = label("", Role.SECONDARY, wrap=True)
        self.go = Button("Go to the line")
        self.note = label("", Role.HINT, wrap=True)
        self.state = label("", Role.TERTIARY)
        self.revert = Button(REVERT, kind=Kind.GHOST)
        self.save = Button("Save")
        self._wrong = QWidget()
        self._lay_out()
        self.go.clicked.connect(self._go)
        self.save.clicked.connect(self.save_pressed)
        self.revert.clicked.connect(self.revert_pressed)

    def show_draft(self, draft: Draft, note: str) -> None:
        """Edit another text from now on, with its own undo history. `note` stands above the buttons."""
        if draft is not self._draft:
            self._draft = draft
            self.editor.setDocument(draft.document)
        self._note = note
        self.show_reading()
        self.show_saved(busy=False)

    def show_reading(self) -> None:
        """Say what is wrong with the text, or nothing."""
        if self._draft is None:
            return
        problem = self._draft.reading.problem
        told = problem is not None and problem != self._problem
        self._problem = problem
        self._wrong.setVisible(problem is not None)
        self.editor.show_wrong_line(problem.line if problem is not None else 0)
        if problem is not None:
            reason = f"Line {problem.line}: {problem.reason}"
            hint = problem.hint or GONE_ON
            self.reason.setText(breakable(shown(reason, _REASON_CAP)))
            self.hint.setText(breakable(shown(hint, _REASON_CAP)))
            self.reason.setToolTip(plain_tip(reason))
            self.hint.setToolTip(plain_tip(hint))
            if told:
                announce(self, f"{self.reason.text()} {self.hint.text()}")

    def show_saved(self, *, busy: bool) -> None:
        """Say whether the text is on the disk."""
        if self._draft is None:
            return
        unsaved = self._draft.unsaved
        self.state.setText("saving…" if busy else UNSAVED if unsaved else SAVED)
        self.state.set_ink(Token.OPERATOR if unsaved else Token.TEXT3)
        self.save.setEnabled(unsaved and not busy)
        self.revert.setEnabled((unsaved or self._draft.moved_on) and not busy)
        left = unsaved and self._draft.restored
        self.revert.set_face(DISCARD if left else REVERT, kind=Kind.GHOST)
        words = self._words_on(self._draft)
        self.note.setText(shown(words, _REASON_CAP))
        self.note.setVisible(bool(words))

    def _words_on(self, draft: Draft) -> str:
        """What is to be known before this text is saved."""
        if not (draft.restored and draft.unsaved):
            return MOVED_ON if draft.moved_on else self._note
        words = RESTORED_MOVED_ON if draft.moved_on else RESTORED
        return f"{words} {MASKED}" if draft.masked else words

    @Slot()
    def _go(self) -> None:
        if self._problem is not None:
            self.editor.go_to_line(self._problem.line)
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        self._note = ""
        self.save.setToolTip("Write the file (Ctrl+S)")
        self.revert.setToolTip("Back to what is in the file; undo brings the edits back")
        self.go.setToolTip("Put the cursor into the line that is wrong")
        ground = pane(Pane.MIX)
        lines = column(ground)
        lines.addWidget(self.editor, 1)
        line = pane(Pane.LINE)
        line.setFixedHeight(1)
        lines.addWidget(line)
        wrong = column(self._wrong, (SPACE_M, SPACE_S, SPACE_M, 0), 2)
        wrong.addWidget(self.reason)
        wrong.addWidget(self.hint)
        wrong.addWidget(self.go, 0, Qt.AlignmentFlag.AlignLeft)
        lines.addWidget(self._wrong)
        self.note.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, 0)
        lines.addWidget(self.note)
        foot = row(margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        foot.addWidget(self.state)
        foot.addStretch(1)
        foot.addWidget(self.revert)
        foot.addWidget(self.save)
        lines.addLayout(foot)
        self.setMinimumWidth(WIDTH)
        row(self).addWidget(ground)
