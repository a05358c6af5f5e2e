"""A preset as a form. It shows a preset and tells what somebody changes; the text is kept elsewhere."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.domain.presets import FLOW_SUFFIXES, Preset
from app.ui.controls import (
    Button,
    Field,
    Role,
    TextArea,
    TextField,
    column,
    label,
    row,
)
from app.ui.pages.agents_limits import LimitsSection, show_text
from app.ui.pages.agents_rows import Fold, Rows
from app.ui.pages.agents_turns import TurnSection
from app.ui.tokens import SPACE_S

INSTRUCTION_LINES = 5
GAP = 18


class PresetForm(QWidget):
    """Everything of a preset but its services. UI thread only."""

    edited = Signal(object, object)
    """Where in the text, and the value; None removes it."""

    def __init__(self) -> None:
        super().__init__()
        self._preset: Preset | None = None
        self._focus_next: Rows | None = None
        self.name = TextField("Name", longest=80)
        self.description = TextField("Description", placeholder="What it is for")
        self.instructions = TextArea(
            "Instructions", placeholder="Who it is and how it answers", lines=INSTRUCTION_LINES
        )
        self.greeting = TextField(
            "Greeting", placeholder="Nothing: it waits for the caller to speak"
        )
        self.facts = Rows("Fact", ["What it knows"], more="Add a fact")
        self.examples = Rows("Example", ["The caller says", "It answers"], more="Add an example")
        self.turns = TurnSection()
        self.limits = LimitsSection()
        self.tools = Rows("Tool file", ["tools/name.py"], more="Name a file")
        self.choose_tool = Button("Choose a tool file…", icon="folder-open")
        self.flow = TextField("Flow file", placeholder="flows/name.yaml; none")
        self.choose_flow = Button("Choose…", icon="folder-open")
        self._facts = Fold("Facts", self.facts)
        self._examples = Fold("Examples", self.examples)
        self._naming = Fold("Name and description", self._naming_fields())
        self.folds = (self._facts, self._examples, self._naming)
        self._lay_out()
        self._connect()

    def show_preset(self, preset: Preset) -> None:
        """Show a preset. What is being typed stays where it means the same."""
        self._preset = preset
        show_text(self.name, preset.name)
        show_text(self.description, preset.description)
        show_text(self.greeting, preset.greeting)
        if self.instructions.toPlainText().strip() != preset.instructions.strip():
            self.instructions.blockSignals(True)
            self.instructions.setPlainText(preset.instructions.strip())
            self.instructions.blockSignals(False)
        self.facts.show_rows([(fact,) for fact in preset.facts])
        self.examples.show_rows([(each.user, each.assistant) for each in preset.examples])
        self._facts.show_words(_counted(len(preset.facts)))
        self._examples.show_words(_counted(len(preset.examples)))
        self.turns.show_preset(preset)
        self.limits.show_preset(preset)
        self.tools.show_rows([(tool,) for tool in preset.tools])
        show_text(self.flow, preset.flow)
        if self._focus_next is not None:
            self._focus_next.focus_last()
            self._focus_next = None

    # What is typed

    def _tell_text(self, name: str, text: str) -> None:
        text = text.strip()
        self.edited.emit((name,), text if text or name == "name" else None)

    @Slot()
    def _tell_instructions(self) -> None:
        self.edited.emit(("instructions",), self.instructions.toPlainText().strip())

    def _tell_fact(self, line: int, _column: int) -> None:
        self.edited.emit(("facts", line), self.facts.rows[line][0].strip())

    def _tell_tool(self, line: int, _column: int) -> None:
        self.edited.emit(("tools", line), self.tools.rows[line][0].strip())

    def _tell_example(self, line: int, index: int) -> None:
        part = ("user", "assistant")[index]
        self.edited.emit(("examples", line, part), self.examples.rows[line][index].strip())

    def _remove(self, name: str, line: int) -> None:
        if self._preset is not None and len(getattr(self._preset, name)) == 1:
            self.edited.emit((name,), None)
        else:
            self.edited.emit((name, line), None)

    def _append(self, name: str, rows: Rows, new: object) -> None:
        if self._preset is None:
            return
        count = len(getattr(self._preset, name))
        self._focus_next = rows
        if count:
            self.edited.emit((name, count), new)
        else:
            self.edited.emit((name,), [new])

    # Files

    def _choose(self, title: str, kinds: str, taken: Callable[[str], None]) -> None:
        chooser = QFileDialog(self, title, str(self._folder() or ""), kinds)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(taken)
        chooser.open()

    def _folder(self) -> object:
        return self._preset.folder if self._preset is not None else None

    @Slot()
    def _choose_tool(self) -> None:
        self._choose("Choose a tool file", "Python files (*.py)", self.take_tool)

    @Slot()
    def _choose_flow(self) -> None:
        kinds = f"Flows (*{' *'.join(FLOW_SUFFIXES)})"
        self._choose("Choose a flow file", kinds, self.take_flow)

    @Slot(str)
    def take_tool(self, path: str) -> None:
        """Add a tool file that was chosen."""
        self._append("tools", self.tools, self._beside(path))

    @Slot(str)
    def take_flow(self, path: str) -> None:
        """Take a flow file that was chosen."""
        self.edited.emit(("flow",), self._beside(path))

    def _beside(self, path: str) -> str:
        """A path from the preset's folder on, where the file lies in it."""
        folder = self._preset.folder if self._preset is not None else None
        start = f"{folder.as_posix()}/" if folder is not None else ""
        return path.removeprefix(start) if start else path

    # Parts

    def _connect(self) -> None:
        for name, field in (
            ("name", self.name),
            ("description", self.description),
            ("greeting", self.greeting),
            ("flow", self.flow),
        ):
            field.textEdited.connect(partial(self._tell_text, name))
        self.instructions.textChanged.connect(self._tell_instructions)
        self.facts.row_edited.connect(self._tell_fact)
        self.tools.row_edited.connect(self._tell_tool)
        self.examples.row_edited.connect(self._tell_example)
        news: tuple[tuple[str, Rows, object], ...] = (
            ("facts", self.facts, "New fact"),
            ("examples", self.examples, {"user": "Question", "assistant": "Answer"}),
            ("tools", self.tools, "tools/name.py"),
        )
        for name, rows, new in news:
            rows.row_removed.connect(partial(self._remove, name))
            rows.add_pressed.connect(partial(self._append, name, rows, new))
        self.choose_tool.clicked.connect(self._choose_tool)
        self.choose_flow.clicked.connect(self._choose_flow)
        self.turns.edited.connect(self.edited)
        self.limits.edited.connect(self.edited)

    def _naming_fields(self) -> QWidget:
        fields = QWidget()
        lines = column(fields, gap=SPACE_S)
        lines.addWidget(Field("Name", self.name))
        lines.addWidget(Field("Description", self.description))
        return fields

    def _lay_out(self) -> None:
        self.choose_tool.setToolTip("A Python file whose functions the model may call")
        self.choose_flow.setToolTip("A Pipecat Flows configuration, as .yaml or .json")
        lines = column(self, gap=GAP)
        lines.addWidget(_part("Instructions", self.instructions))
        lines.addWidget(_part("Greeting", self.greeting))
        folds = column(gap=SPACE_S)
        for fold in self.folds:
            folds.addWidget(fold)
        lines.addLayout(folds)
        lines.addWidget(_part("Turn taking", self.turns))
        lines.addWidget(_part("Limits", self.limits))
        lines.addWidget(_part("Tools", self.tools, "Python functions that the model may call"))
        lines.addWidget(self.choose_tool, 0, Qt.AlignmentFlag.AlignLeft)
        flow = QWidget()
        across = row(flow, gap=SPACE_S)
        across.addWidget(self.flow, 1)
        across.addWidget(self.choose_flow)
        lines.addWidget(_part("Flow", flow, "Pipecat Flows: the conversation step by step"))


def _part(title: str, content: QWidget, words: str = "") -> QWidget:
    """A part of the form under its title."""
    part = QWidget()
    lines = column(part, gap=SPACE_S)
    head = row(gap=SPACE_S)
    head.addWidget(label(title, Role.NAME))
    if words:
        head.addWidget(label(words, Role.TERTIARY))
    head.addStretch(1)
    lines.addLayout(head)
    lines.addWidget(content)
    return part


def _counted(count: int) -> str:
    return f"{count}" if count else "none"
