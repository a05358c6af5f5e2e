"""The dialog that imports keys from a `.env` file or from the environment."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDir, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.domain.back_office import KeyDesk
from app.domain.errors import UserError
from app.domain.keys import FoundKey
from app.ui.controls import (
    Button,
    CheckBox,
    Dialog,
    ElidedLabel,
    Role,
    Segmented,
    TextField,
    column,
    label,
    row,
    scrolled,
)
from app.ui.pages.keys_words import MASK
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 600
LIST_HEIGHT = 280
FILE, ENVIRONMENT = 0, 1
NOTHING_YET = "Choose a .env file to see the keys in it. Nothing is stored until you say so."
NONE_IN_FILE = "No key of a provider that Greenroom knows is in this file."
NONE_IN_ENVIRONMENT = "No key of a provider that Greenroom knows is in the environment."
LOOKING = "Looking…"


class FoundRow(QWidget):
    """One key that was found, with its tick and what storing it would do."""

    def __init__(self, found: FoundKey) -> None:
        super().__init__()
        self.found = found
        name, note = shown(found.provider.name), _note(found)
        self.tick = CheckBox(name, checked=not found.stored_already and not found.replaces)
        self.tick.setEnabled(not found.stored_already)
        variable = f"{shown(found.variable, 80)} {MASK} {shown(found.tail, 8)}"
        self.tick.setAccessibleName(f"{name}, {variable}, {note}")
        says = label(note, Role.TERTIARY)
        says.set_ink(Token.WARN if found.replaces else Token.TEXT3)
        across = row(self, (SPACE_M, 6, SPACE_M, 6), SPACE_M)
        across.addWidget(self.tick)
        across.addWidget(ElidedLabel(variable, Role.CLOCK), 1)
        across.addWidget(says)


def _note(found: FoundKey) -> str:
    if found.stored_already:
        return "stored already"
    return "replaces the stored key" if found.replaces else "new"


class ImportDialog(Dialog):
    """Shows what was found. It stores nothing itself: `entered` asks for what is ticked. UI loop only.

    Answer with `done` or with `show_error`.
    """

    entered = Signal(object, object)
    """The path of the file, None for the environment; and the keys, as a tuple of FoundKey."""

    def __init__(self, over: QWidget, desk: KeyDesk, tasks: TaskScope) -> None:
        super().__init__(over, "Import keys", act="Store", width=WIDTH)
        self._desk = desk
        self._tasks = tasks
        self._round = 0
        self._env_file: Path | None = None
        self.rows: list[FoundRow] = []
        self.source = Segmented("Where to look", ["A .env file", "The environment"])
        self.path = TextField("Path of the .env file", placeholder="/path/to/.env")
        self.browse = Button("Choose…", icon="folder-open")
        self._file_row = QWidget()
        self.says = label(NOTHING_YET, Role.SECONDARY, wrap=True)
        self._list = QWidget()
        self._lines = column(self._list)
        self._area = scrolled(self._list, most=LIST_HEIGHT)
        self._fill()
        self.source.chosen.connect(self._show_source)
        self.path.textEdited.connect(self._forget)
        self.path.returnPressed.connect(self._read_path)
        self.browse.clicked.connect(self._choose_file)
        self.accepted.connect(self._hand_over)
        self.finished.connect(self._leave)
        self._show_found((), NOTHING_YET)

    def look(self, env_file: Path | None) -> None:
        """Show what is in a file, or in the environment; stores nothing."""
        self._env_file = env_file
        self._round += 1
        self._show_found((), LOOKING)
        self._tasks.spawn(self._look(env_file, self._round), doing="look for keys to import")

    def ticked(self) -> list[FoundRow]:
        return [each for each in self.rows if each.tick.isChecked() and each.tick.isEnabled()]

    async def _look(self, env_file: Path | None, asked: int) -> None:
        none = NONE_IN_ENVIRONMENT if env_file is None else NONE_IN_FILE
        try:
            found = await self._desk.found(env_file)
        except UserError as error:
            if asked == self._round:
                self._show_found((), "")
                self.show_error(error.title, error.hint)
            return
        if asked == self._round:
            self._show_found(found, none)

    @Slot()
    def _hand_over(self) -> None:
        self.show_busy("Storing…")
        self.entered.emit(self._env_file, tuple(each.found for each in self.ticked()))

    @Slot()
    def _leave(self) -> None:
        """What is still being looked for has nowhere to be shown."""
        self._round += 1

    def _show_found(self, found: Sequence[FoundKey], none: str) -> None:
        for each in self.rows:
            each.hide()
            self._lines.removeWidget(each)
            each.deleteLater()
        self.rows = [FoundRow(key) for key in found]
        for each in self.rows:
            self._lines.addWidget(each)
            each.tick.toggled.connect(partial(self._ticked, each))
        self.show_error("")
        self.says.setText("Ticked keys are stored:" if found else none)
        self.says.setVisible(bool(self.says.text()))
        self._area.setVisible(bool(found))
        self._area.updateGeometry()
        self._untick_doubles()
        self._count()

    def _untick_doubles(self) -> None:
        """Of several new keys of one provider only the first is ticked: it has room for one."""
        seen: set[str] = set()
        for each in self.ticked():
            if each.found.provider.id in seen:
                each.tick.setChecked(False)
            seen.add(each.found.provider.id)

    def _ticked(self, ticked: FoundRow, checked: bool) -> None:
        if checked:
            for each in self.rows:
                if each is not ticked and each.found.provider == ticked.found.provider:
                    each.tick.setChecked(False)
        self._count()

    def _count(self) -> None:
        count = len(self.ticked())
        words = f"Store {count} {'key' if count == 1 else 'keys'}" if count else "Store"
        self.set_act(words, possible=bool(count))

    @Slot(int)
    def _show_source(self, source: int) -> None:
        self._file_row.setVisible(source == FILE)
        if source == ENVIRONMENT:
            self.look(None)
        elif self.path.text().strip():
            self._read_path()
        else:
            self._forget()

    @Slot()
    def _forget(self) -> None:
        """The path has changed: what was found elsewhere does not stand here any more."""
        self._round += 1
        self._show_found((), NOTHING_YET)

    @Slot()
    def _read_path(self) -> None:
        if path := self.path.text().strip():
            self.look(Path(path).expanduser())

    @Slot()
    def _choose_file(self) -> None:
        chooser = QFileDialog(self, "Choose a .env file", str(Path.home()))
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        # A .env file is hidden by its name.
        chooser.setFilter(QDir.Filter.AllEntries | QDir.Filter.Hidden)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self.take_file)
        chooser.open()

    @Slot(str)
    def take_file(self, path: str) -> None:
        """Read a file that was chosen."""
        self.path.setText(path)
        self._read_path()

    def _fill(self) -> None:
        head = row(gap=SPACE_S)
        head.addWidget(self.source)
        head.addStretch(1)
        self.body.addLayout(head)
        across = row(self._file_row, gap=SPACE_S)
        across.addWidget(self.path, 1)
        across.addWidget(self.browse)
        self.body.addWidget(self._file_row)
        self.body.addWidget(self.says)
        self.body.addWidget(self._area)
