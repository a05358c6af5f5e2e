"""A preset that is being edited: its text, what the text says, and whether it is saved."""

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextDocumentLayout

from app.domain.agent_desk import AgentDesk, KeptDraft, PresetReading, content_of
from app.domain.presets import Preset
from app.ui.fonts import font
from app.ui.pages.agents_highlight import YamlColours
from app.ui.pages.agents_values import Path
from app.ui.tokens import Size

READ_AFTER_MS = 200
"""How long typing must rest before the text is read."""
_ONE_STEP_S = 1.0
"""Edits of one setting within this time are undone together."""


class Draft(QObject):
    """One preset's text with its undo history, and the preset that it was last. UI loop only.

    An edit of the form goes through `edit`, an edit of the text through `document`; both end in `read`.
    """

    read = Signal()
    """The text was read anew; `reading` and `preset` hold what it says."""
    changed = Signal()
    """The text or what is on the disk has changed, so `unsaved` may have."""

    def __init__(self, desk: AgentDesk, agent_id: str, text: str, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.agent_id = agent_id
        self.on_disk: str = _normal(text)
        self.moved_on = False
        """The file was changed by somebody else while the text here was not saved."""
        self.restored = False
        """It was left unsaved when Greenroom was closed, and neither saved nor discarded since."""
        self.masked = False
        """What looked like a key in it was left out meanwhile."""
        self.document = QTextDocument(self)
        self.document.setDocumentLayout(QPlainTextDocumentLayout(self.document))
        self.document.setDefaultFont(font(Size.SECONDARY, mono=True))
        self._colours = YamlColours(self.document)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(READ_AFTER_MS)
        self._rest.timeout.connect(self.read_now)
        self._by_form = False
        self._last: tuple[Path, float] = ((), 0.0)
        """Which setting the form edited last, and when."""
        self.document.setPlainText(self.on_disk)
        self._seen = self.text
        self.reading: PresetReading = desk.read(agent_id, self.text)
        self.preset: Preset | None = self.reading.preset
        """What the text last was, when it was right."""
        self.from_form = False
        """The last edit came from the form, which therefore may go on although the text is wrong."""
        self.document.contentsChange.connect(self._note_change)

    @property
    def text(self) -> str:
        """As it stands in the editor. A document's own plain text would turn hard spaces into others."""
        return self.document.toRawText().replace("\u2029", "\n")

    @property
    def unsaved(self) -> bool:
        return self.text != self.on_disk

    def edit(self, path: Path, value: object) -> None:
        """Set one value in the text; None removes it. At once, and one step of undo."""
        now = time.monotonic()
        joined = self._last[0] == path and now - self._last[1] < _ONE_STEP_S
        self._last = (path, now)
        self._by_form = True
        self._replace(self._desk.changed(self.text, path, value), joined=joined)
        self._by_form = False
        self.from_form = True
        self.read_now()

    def put(self, text: str) -> None:
        """Replace the whole text, which can be undone."""
        self._replace(_normal(text), joined=False)
        self.read_now()

    def restore(self, kept: KeptDraft) -> None:
        """Go on where somebody has left it; undo goes back to what is in the file."""
        self.restored = _normal(kept.text) != self.on_disk
        self.masked = self.restored and kept.masked
        self.moved_on = self.restored and kept.begun_from != content_of(self.on_disk)
        self.put(kept.text)

    @property
    def kept(self) -> KeptDraft:
        """What is needed to restore it."""
        return KeptDraft(self.text, content_of(self.on_disk), self.masked)

    def show_disk(self, text: str) -> None:
        """Follow the file where nothing would be lost."""
        text = _normal(text)
        if text == self.on_disk:
            return
        if self.unsaved:
            self.moved_on = text != self.text
            if not self.moved_on:
                self.on_disk = text
        else:
            self.on_disk = text
            self.put(text)
        self.changed.emit()

    def note_saved(self, text: str) -> None:
        """This text is on the disk now."""
        self.on_disk = text
        self._settle()
        self._last = ((), 0.0)
        self.changed.emit()

    def revert(self) -> None:
        """Go back to what is on the disk; undo brings the edits back."""
        self._settle()
        self.put(self.on_disk)

    def _settle(self) -> None:
        """What was to be said of the text has been decided on."""
        self.moved_on = self.restored = self.masked = False

    @Slot()
    def read_now(self) -> None:
        """Read the text without waiting for a rest."""
        self._rest.stop()
        self.reading = self._desk.read(self.agent_id, self.text)
        if self.reading.preset is not None:
            self.preset = self.reading.preset
        self.read.emit()

    @Slot()
    def _note_change(self) -> None:
        # Colours are changes of a document too.
        if self.text == self._seen:
            return
        self._seen = self.text
        if not self._by_form:
            self.from_form = False
            self._last = ((), 0.0)
            self._rest.start()
        self.changed.emit()

    def _replace(self, text: str, *, joined: bool) -> None:
        """Replace what differs, so that the cursor and the view stay where they are."""
        before = self.text
        if text == before:
            return
        start, end = _differing(before, text)
        cursor = QTextCursor(self.document)
        if joined:
            cursor.joinPreviousEditBlock()
        else:
            cursor.beginEditBlock()
        cursor.setPosition(_units(before[:start]))
        keep = QTextCursor.MoveMode.KeepAnchor
        cursor.setPosition(_units(before[: len(before) - end]), keep)
        cursor.insertText(text[start : len(text) - end])
        cursor.endEditBlock()


def _normal(text: str) -> str:
    """With the line ends that a document has."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n")


def _differing(one: str, other: str) -> tuple[int, int]:
    """How many characters two texts share at their start and at their end."""
    most = min(len(one), len(other))
    start = next((i for i in range(most) if one[i] != other[i]), most)
    most -= start
    end = next((i for i in range(most) if one[-1 - i] != other[-1 - i]), most)
    return start, end


def _units(text: str) -> int:
    """The length of a text as a document counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
