"""One preset: its head, what would fail, its services, its form, and its text beside them."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QSplitter, QWidget

from app.domain.agent_desk import AgentView, Expected
from app.domain.bot_files import Trouble
from app.domain.preset_services import AnyServices, Realtime
from app.domain.services import ServiceEntry
from app.ui.controls import (
    Button,
    Chip,
    ElidedLabel,
    Kind,
    MenuButton,
    MenuEntry,
    Pane,
    Role,
    Segmented,
    Tone,
    column,
    label,
    pane,
    row,
)
from app.ui.pages.agents_cards import Pipe
from app.ui.pages.agents_draft import Draft
from app.ui.pages.agents_editor import WIDTH as TEXT_LEAST
from app.ui.pages.agents_editor import EditorPane
from app.ui.pages.agents_extras import Installs
from app.ui.pages.agents_form import GAP, PresetForm
from app.ui.pages.agents_live import LiveChanges
from app.ui.pages.agents_troubles import TroubleList
from app.ui.pages.agents_values import plain_services
from app.ui.pages.agents_words import SAVE_TO_SEE, SHIPPED, expectation, file_name
from app.ui.plain_text import breakable, shown
from app.ui.tokens import SPACE_S, SPACE_XL, Token

CASCADE, REALTIME = 0, 1
TEXT_SHARE = 0.3
"""Of the width, for the text beside the form."""
TEST, SAVE_AND_TEST = "Test this agent", "Save and test"
LOCKED = (
    "The text beside is wrong, so this form rests. It shows what was right last; nothing is lost."
)
NEVER_RIGHT = "The text beside is no preset yet. The form shows up once it is."
_WRONG_BY_FORM = "This cannot be saved as it is: {}"
_START: dict[int, Mapping[str, object]] = {
    CASCADE: {
        "stt": {"service": "whisper-tiny-en"},
        "llm": {"service": "smollm2-135m"},
        "tts": {"service": "piper-joe"},
    },
    REALTIME: {"realtime": {"service": "openai_realtime"}},
}
"""What a preset begins with when it turns from one to the other."""


class PresetView(QWidget):
    """Shows a draft on both sides. What is pressed it only tells. UI thread only."""

    test_pressed = Signal()
    service_pressed = Signal(str)
    """A card was pressed; carries its part."""
    key_wanted = Signal(str)
    copy_pressed = Signal()
    remove_pressed = Signal()

    def __init__(self, installs: Installs, live: LiveChanges) -> None:
        super().__init__()
        self.live = live
        self._view: AgentView | None = None
        self._draft: Draft | None = None
        self._entries: Mapping[str, ServiceEntry] = {}
        self._expected: Expected | None = None
        self._saved_services: AnyServices | None = None
        self._other: dict[tuple[str, int], Mapping[str, object]] = {}
        self._busy = ""
        self._split_is_kept = False
        self.title = ElidedLabel(role=Role.HEADING)
        self.file = Chip()
        self.way = Segmented("How it hears and speaks", ["Cascade", "Speech to speech"])
        self.test = Button(TEST, icon="play", kind=Kind.PRIMARY)
        self.menu = MenuButton("More for this preset", self._entries_of_menu)
        self.locked = label("", Role.SECONDARY, wrap=True)
        self.locked.set_ink(Token.BAD)
        self.troubles = TroubleList(installs)
        self.pipe = Pipe()
        self.sentence = QWidget()
        self._sentence = row(self.sentence, gap=4)
        self.form = PresetForm()
        self.editor = EditorPane()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()

    @property
    def draft(self) -> Draft | None:
        """What is shown."""
        return self._draft

    # What is shown

    def show_draft(self, view: AgentView, draft: Draft) -> None:
        """Show a preset's draft from now on."""
        if self._draft is not draft:
            if self._draft is not None:
                self._draft.read.disconnect(self._show_reading)
                self._draft.changed.disconnect(self._show_saved)
            self._draft = draft
            self._expected = None
            self.troubles.show_troubles(())
            draft.read.connect(self._show_reading)
            draft.changed.connect(self._show_saved)
            self._area.verticalScrollBar().setValue(0)
        self.live.show_draft(draft)
        self._view = view
        self._saved_services = None
        if not draft.unsaved and draft.preset is not None:
            self._saved_services = draft.preset.services
        self.editor.show_draft(draft, SHIPPED if view.shipped else "")
        self.file.show_as(file_name(view), Tone.NEUTRAL)
        self._show_reading()
        self._show_saved()

    def scroll_to_end(self) -> None:
        """Bring the end of the form into sight."""
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def show_catalogue(self, entries: Mapping[str, ServiceEntry]) -> None:
        """Name the services as the catalogue does."""
        self._entries = entries
        self._show_services()

    def show_expected(self, expected: Expected) -> None:
        """What calls with the saved services have measured."""
        self._expected = expected
        self._show_services()

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """What would fail if it were started now."""
        self.troubles.show_troubles(troubles)

    def show_busy(self, words: str) -> None:
        """Say on the button that something is being done; empty once it is."""
        self._busy = words
        self._show_saved()

    @Slot()
    def _show_reading(self) -> None:
        if self._draft is None:
            return
        wrong = self._draft.reading.problem
        locked = wrong is not None and not self._draft.from_form
        words = ""
        if wrong is not None:
            words = _WRONG_BY_FORM.format(breakable(shown(wrong.reason)))
            if locked:
                words = LOCKED if self._draft.preset is not None else NEVER_RIGHT
        self.locked.setText(words)
        self.locked.setVisible(bool(words))
        known = self._draft.preset is not None
        for part in (self._services_head, self.pipe, self.sentence, self.form, self.way):
            part.setVisible(known)
            part.setEnabled(not locked)
        if self._draft.preset is not None and (wrong is None or locked):
            self.form.show_preset(self._draft.preset)
        self._show_name()
        self._show_services()
        self.editor.show_reading()
        self._show_saved()

    def _show_name(self) -> None:
        preset = self._draft.preset if self._draft is not None else None
        listed = self._view.name if self._view is not None else ""
        self.title.set_text(preset.name if preset is not None else listed)
        self._head.settle()

    def _show_services(self) -> None:
        preset = self._draft.preset if self._draft is not None else None
        if preset is None:
            return
        self.pipe.show_services(preset.services, self._entries)
        self.way.blockSignals(True)
        self.way.choose(REALTIME if isinstance(preset.services, Realtime) else CASCADE)
        self.way.blockSignals(False)
        measured = self._saved_services is None or preset.services == self._saved_services
        expected = self._expected if measured else None
        self.pipe.show_took(dict(expected.stage_s) if expected is not None else {})
        if not measured:
            self._say(((SAVE_TO_SEE, None),))
        elif expected is not None:
            self._say(expectation(expected))
        else:
            self._say((("Looking at what was measured…", None),))

    def _say(self, pieces: Sequence[tuple[str, Token | None]]) -> None:
        while (item := self._sentence.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for number, (words, ink) in enumerate(pieces, start=1):
            # The last one may break into lines, so that no sentence makes the form wider than its place.
            last = number == len(pieces)
            piece = label(words, Role.SECONDARY if ink is None else Role.NAME, wrap=last)
            if ink is not None:
                piece.set_ink(ink)
            self._sentence.addWidget(piece, 1 if last else 0, Qt.AlignmentFlag.AlignTop)
        self.sentence.setAccessibleName(" ".join(words for words, _ in pieces))

    @Slot()
    def _show_saved(self) -> None:
        if self._draft is None:
            return
        self.live.look()
        words = SAVE_AND_TEST if self._draft.unsaved else TEST
        self.test.set_face(self._busy or words, icon="play", kind=Kind.PRIMARY)
        self.test.setEnabled(not self._busy and self._draft.reading.preset is not None)
        self.editor.show_saved(busy=bool(self._busy))

    # What is pressed

    @Slot(object, object)
    def _edit(self, path: tuple[str | int, ...], value: object) -> None:
        if self._draft is not None:
            self._draft.edit(path, value)

    @Slot(int)
    def _turn(self, way: int) -> None:
        """Change between cascade and speech to speech; the other's services are remembered."""
        if self._draft is None or self._draft.preset is None:
            return
        agent = self._draft.agent_id
        self._other[agent, 1 - way] = plain_services(self._draft.preset.services)
        self._draft.edit(("services",), self._other.get((agent, way), _START[way]))

    def _entries_of_menu(self) -> list[MenuEntry]:
        own = self._view is not None and not self._view.shipped
        remove = self.remove_pressed.emit if own else None
        return [
            MenuEntry("Make a copy…", self.copy_pressed.emit),
            MenuEntry("Remove…" if own else "It came with Greenroom and stays", remove),
        ]

    def _connect(self) -> None:
        self.test.clicked.connect(self.test_pressed)
        self.pipe.pressed.connect(self.service_pressed)
        self.form.edited.connect(self._edit)
        self.way.chosen.connect(self._turn)
        self.troubles.key_wanted.connect(self.key_wanted)
        self.locked.hide()

    # Parts

    def _lay_out(self) -> None:
        self.test.setToolTip("Open a call with it on the Stage, you as the caller (Ctrl+Return)")
        self.way.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.way.setToolTip("Three services one behind the other, or one that does all")
        body = pane(Pane.PAGE)
        lines = column(body, (SPACE_XL, 6, SPACE_XL, SPACE_XL), GAP)
        lines.addWidget(self.live)
        lines.addWidget(self.locked)
        lines.addWidget(self.troubles)
        services = column(gap=SPACE_S)
        self._services_head = label("Services", Role.NAME)
        services.addWidget(self._services_head)
        services.addWidget(self.pipe)
        services.addWidget(self.sentence)
        lines.addLayout(services)
        lines.addWidget(self.form)
        lines.addStretch(1)
        self._area = page_scroll(body)
        left = pane(Pane.PAGE)
        whole = column(left)
        self._head = self._build_head()
        whole.addWidget(self._head)
        whole.addWidget(self._area, 1)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.editor)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.splitterMoved.connect(self._keep_split)
        row(self).addWidget(self.splitter)

    @Slot()
    def _keep_split(self) -> None:
        """Somebody has said how wide the text shall be."""
        self._split_is_kept = True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if not self._split_is_kept:
            text = max(TEXT_LEAST, round(self.width() * TEXT_SHARE))
            self.splitter.setSizes([self.width() - text, text])

    def _build_head(self) -> "AgentHead":
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        return AgentHead(self.title, self.file, (self.way, self.test, self.menu))


class AgentHead(QWidget):
    """An agent's name, its file, and what can be done with it. The file gives way where there is no room."""

    _MARGIN, _GAP = SPACE_XL, 10

    def __init__(self, title: ElidedLabel, file: Chip, controls: Sequence[QWidget]) -> None:
        super().__init__()
        self._title, self._file, self._controls = title, file, tuple(controls)
        bar = row(self, (self._MARGIN, 14, self._MARGIN, 10), self._GAP)
        bar.addWidget(title, 1)
        bar.addWidget(file)
        bar.addStretch(0)
        for control in controls:
            bar.addWidget(control)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.settle()

    def settle(self) -> None:
        """Show the file where there is room for it: the name may have changed."""
        parts = (self._title, self._file, *self._controls)
        wanted = sum(part.sizeHint().width() + self._GAP for part in parts)
        self._file.setVisible(wanted + 2 * self._MARGIN <= self.width())


def page_scroll(body: QWidget) -> QScrollArea:
    """A part of the page that scrolls up and down."""
    area = QScrollArea()
    area.setWidget(body)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
