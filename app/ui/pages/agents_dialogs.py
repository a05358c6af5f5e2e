"""What the Agents page asks: which bot file, whether to run it, what a new preset is called, whether to go on."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.domain.agent_desk import AgentView
from app.domain.bot_files import BotLook, Trouble
from app.domain.errors import UserError
from app.ui.controls import (
    Button,
    Choice,
    Dialog,
    Field,
    Kind,
    Role,
    TextField,
    column,
    confirmation,
    label,
    row,
    scrolled,
)
from app.ui.pages.agents_bot import BotFacts
from app.ui.pages.agents_troubles import TroubleList
from app.ui.pages.agents_words import A_PROGRAM
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 640
LIST_HEIGHT = 200
NOTHING_YET = (
    "Choose a bot.py, or the folder of a Pipecat project. It is read and not run until you agree."
)
LOOKING = "Looking at it…"
AGREE = "I agree to run it"
ADD = "Agree and add it"


class NewPresetDialog(Dialog):
    """Asks for a name, and for the preset that the new one is made from."""

    entered = Signal(str, str)
    """The name, and the id of the preset that it is like."""

    def __init__(self, over: QWidget, presets: Sequence[AgentView], like: str = "") -> None:
        super().__init__(over, "New preset", act="Make it")
        self.name = TextField("Name", placeholder="Front desk", longest=80)
        self.like = Choice("Made from", [(view.id, view.name) for view in presets])
        self.like.choose(like)
        self.name_field = Field("Name", self.name)
        self.body.addWidget(self.name_field)
        hint = "Everything of it is copied, then yours to change."
        self.body.addWidget(Field("Made from", self.like, hint=hint))
        self.accepted.connect(self._hand_over)
        self.name.textEdited.connect(self._forgive)

    @Slot()
    def _hand_over(self) -> None:
        name = self.name.text().strip()
        if not name:
            self.name_field.show_error("It needs a name.")
            self.name.setFocus()
            return
        self.show_busy("Making it…")
        self.entered.emit(name, self.like.value)

    @Slot()
    def _forgive(self) -> None:
        self.name_field.show_error("")


class BotDialog(Dialog):
    """Shows what a bot file is and asks whether it may run: of a new one, or of one that has changed.

    It adds nothing itself: `agreed` asks for that. Answer with `done` or with `show_error`. UI loop only.
    """

    agreed = Signal(object, str)
    """BotLook, and the name that it shall have."""

    def __init__(
        self,
        over: QWidget,
        look_at: Callable[[Path], Coroutine[Any, Any, BotLook]],
        tasks: TaskScope,
        *,
        known: AgentView | None = None,
    ) -> None:
        """`known` is the agent whose file has changed; None adds one."""
        title = "Run a bot.py" if known is None else f"Run {shown(known.name, 60)} as it is now?"
        super().__init__(over, title, act=ADD if known is None else AGREE, width=WIDTH)
        self._look_at, self._tasks, self._known = look_at, tasks, known
        self._round = 0
        self.look: BotLook | None = None
        self.path = TextField("Path of the bot file or its project folder")
        self.path.setPlaceholderText("/path/to/bot.py")
        self.file = Button("Choose a file…", icon="folder-open")
        self.folder = Button("Choose a folder…", icon="folder-open")
        self.says = label(NOTHING_YET, Role.SECONDARY, wrap=True)
        self.name = TextField("Name", longest=80)
        self.facts = BotFacts()
        self.troubles = TroubleList()
        self.warning = label(A_PROGRAM, Role.SECONDARY, wrap=True)
        self.warning.set_ink(Token.WARN)
        self._choice, self._found = QWidget(), QWidget()
        self._area = scrolled(self.troubles, most=LIST_HEIGHT)
        self._fill()
        self._connect()
        self._choice.setVisible(known is None)
        self._named.setVisible(known is None)
        self._show_look(None, NOTHING_YET if known is None else LOOKING)

    def take(self, path: str) -> None:
        """Look at a file or a folder that was chosen; nothing of it runs."""
        self.path.setText(path)
        self._round += 1
        self._show_look(None, LOOKING)
        looking = self._look(Path(path).expanduser(), self._round)
        self._tasks.spawn(looking, doing="look at the bot file")

    async def _look(self, path: Path, asked: int) -> None:
        try:
            look = await self._look_at(path)
        except UserError as error:
            if asked == self._round:
                self._show_look(None, "")
                self.show_error(error.title, error.hint)
                self.act.setEnabled(False)
            return
        if asked == self._round:
            self._show_look(look, "")

    def _show_look(self, look: BotLook | None, words: str) -> None:
        self.look = look
        self.show_error("")
        self.says.setText(words)
        self.says.setVisible(bool(words))
        self._found.setVisible(look is not None)
        self.warning.setVisible(look is not None)
        if look is not None:
            self.facts.show_look(look)
            self.name.setText(self.name.text() or _name_of(look.path))
            self.troubles.show_troubles(look.troubles)
        self._area.setVisible(look is not None and bool(look.troubles))
        self._area.updateGeometry()
        self.set_act(ADD if self._known is None else AGREE, possible=look is not None)

    @Slot()
    def _hand_over(self) -> None:
        if self.look is not None:
            self.show_busy("Adding it…" if self._known is None else "Noted…")
            self.agreed.emit(self.look, self.name.text().strip() or _name_of(self.look.path))

    @Slot()
    def _read_path(self) -> None:
        if path := self.path.text().strip():
            self.take(path)

    @Slot()
    def _forget(self) -> None:
        """The path has changed: what was found elsewhere does not stand here any more."""
        self._round += 1
        self._show_look(None, NOTHING_YET)

    @Slot()
    def _choose_file(self) -> None:
        self._choose("Choose a bot file", QFileDialog.FileMode.ExistingFile)

    @Slot()
    def _choose_folder(self) -> None:
        self._choose("Choose a project folder", QFileDialog.FileMode.Directory)

    def _choose(self, title: str, mode: QFileDialog.FileMode) -> None:
        chooser = QFileDialog(self, title, str(Path.home()))
        chooser.setFileMode(mode)
        if mode is QFileDialog.FileMode.ExistingFile:
            chooser.setNameFilter("Python files (*.py)")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self.take)
        chooser.open()

    @Slot()
    def _leave(self) -> None:
        """What is still being looked at has nowhere to be shown."""
        self._round += 1

    def _connect(self) -> None:
        self.path.textEdited.connect(self._forget)
        self.path.returnPressed.connect(self._read_path)
        self.file.clicked.connect(self._choose_file)
        self.folder.clicked.connect(self._choose_folder)
        self.accepted.connect(self._hand_over)
        self.finished.connect(self._leave)

    def _fill(self) -> None:
        self.file.setToolTip("A Python file that has async def bot(runner_args)")
        self.folder.setToolTip("Its bot.py or server/bot.py is taken")
        lines = column(self._choice, gap=SPACE_S)
        lines.addWidget(self.path)
        buttons = row(gap=SPACE_S)
        buttons.addWidget(self.file)
        buttons.addWidget(self.folder)
        buttons.addStretch(1)
        lines.addLayout(buttons)
        found = column(self._found, gap=SPACE_M)
        self._named = Field("Name", self.name)
        found.addWidget(self._named)
        found.addWidget(self.facts)
        found.addWidget(self._area)
        for part in (self._choice, self.says, self._found, self.warning):
            self.body.addWidget(part)


def _name_of(path: Path) -> str:
    """What a bot file is called at first: its folder says more than bot.py does."""
    folder = path.parent.name
    if folder == "server":
        folder = path.parent.parent.name
    return folder or path.name


def what_will_fail(over: QWidget, troubles: Sequence[Trouble]) -> Dialog:
    """Says before a start what will fail in it, and leaves the start to the person."""
    dialog = Dialog(
        over, "This will fail", act="Start it anyway", kind=Kind.PLAIN, cancel="Back", width=WIDTH
    )
    found = TroubleList()
    found.show_troubles(troubles)
    dialog.body.addWidget(scrolled(found, most=2 * LIST_HEIGHT))
    return dialog


def removal_of(over: QWidget, view: AgentView) -> Dialog:
    """Asks whether to remove a preset or to forget a bot file."""
    name = shown(view.name, 60)
    if view.bot is not None:
        words = "Greenroom forgets it. The program and its files stay as they are."
        return confirmation(over, f"Forget {name}?", words, "Forget it")
    words = "Its file is deleted. What was recorded of calls with it stays."
    return confirmation(over, f"Remove {name}?", words, "Remove the preset")
