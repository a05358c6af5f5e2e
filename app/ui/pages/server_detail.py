"""One server: what it is, what can be done with it, and its connection test."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QWidget

from app.domain.servers import ServerKind, ServerView
from app.ui.controls import (
    Button,
    Chip,
    ElidedLabel,
    Kind,
    Pane,
    Role,
    Tone,
    column,
    label,
    pane,
    row,
)
from app.ui.pages.connection_tests import Run
from app.ui.pages.progress_line import ProgressLine
from app.ui.pages.server_words import (
    KIND_WORDS,
    NO_KEY,
    address_of,
    outcome,
    reach_words,
    report_text,
)
from app.ui.pages.step_list import StepList
from app.ui.plain_text import shown, shown_lines
from app.ui.server_marks import ServerBar
from app.ui.tokens import SPACE_L, SPACE_M, SPACE_XL, Token

TEST_FACE, CANCEL_FACE, CANCELLING_FACE = "Test the connection", "Cancel the test", "Cancelling…"
UNTESTED = (
    "Fourteen steps, from the address to sound in both directions. They take about half a minute, "
    "and leave nothing behind on the server."
)
COPIED_MS = 2000


class ServerDetail(QWidget):
    """Shows a `ServerView` and its `Run`; what is pressed it only tells."""

    test_pressed = Signal()
    """Begin the test, or cancel the one that runs."""
    edit_pressed = Signal()
    token_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._view: ServerView | None = None
        self._run: Run | None = None
        self.bar = ServerBar(22)
        self.title = ElidedLabel(role=Role.TITLE)
        self.chip = Chip("closing and removing here ask first", Tone.BAD)
        self.token = Button("Token…")
        self.token.setToolTip("Read what a join token says, and whether this server takes it")
        self.edit = Button("Edit")
        self.edit.setToolTip("Change the name, the address, the colour or the key, or remove it")
        self.test = Button(TEST_FACE)
        self.test.setToolTip("Fourteen steps, from the address to sound in both directions")
        self.address, self.key = ElidedLabel(role=Role.CLOCK), ElidedLabel(role=Role.CLOCK)
        self.kind = ElidedLabel(role=Role.SECONDARY)
        self.state = label("", Role.SECONDARY, wrap=True)
        self.progress_words = label("", Role.SECONDARY)
        self.progress = ProgressLine()
        self.outcome = Chip()
        self.copy = Button("Copy the report", kind=Kind.GHOST)
        self.copy.setToolTip("Put the steps on the clipboard, without keys and tokens")
        self.untested = label(UNTESTED, Role.SECONDARY, wrap=True)
        self.error_title = label("", Role.STRONG, wrap=True)
        self.error_title.set_ink(Token.BAD)
        self.error_hint = label("", Role.SECONDARY, wrap=True)
        self.steps = StepList()
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(COPIED_MS)
        self._lay_out()
        self._connect()

    def show_server(self, view: ServerView) -> None:
        """Show what is known of a server now."""
        self._view = view
        profile = view.profile
        own = profile.kind is ServerKind.THIS_COMPUTER
        self.bar.show_colour(profile.colour)
        self.title.set_text(profile.name)
        self.chip.setVisible(profile.asks_first)
        self.edit.setVisible(not own)
        self.address.set_text(address_of(profile) + self._in_the_clear(view))
        self.key.set_text(view.key_label or ("made for each run" if own else NO_KEY))
        self.key.set_ink(Token.TEXT2 if view.key_label or own else Token.WARN)
        self.kind.set_text(KIND_WORDS[profile.kind])
        self.state.setText(shown(view.state) or reach_words(view))
        self.state.set_ink(Token.BAD if view.reachable is False else Token.TEXT2)

    def show_run(self, run: Run | None) -> None:
        """Show a test as far as it is, or that there was none."""
        self._run = run
        self.untested.setVisible(run is None)
        self.steps.setVisible(run is not None and not (run.error and not run.ended))
        self.steps.show_steps(run.steps if run else [])
        self._show_progress()

    def show_step(self, index: int) -> None:
        """A step of the test that is shown has changed."""
        if self._run is not None:
            self.steps.show_step(index, self._run.steps[index])
            self._show_progress()

    def report(self) -> str:
        """The test as text, without secrets."""
        if self._view is None or self._run is None:
            return ""
        return report_text(self._view, self._run.steps, self._outcome()[0])

    def _show_progress(self) -> None:
        run = self._run
        running = run is not None and run.running
        self.progress.setVisible(running)
        self.outcome.setVisible(run is not None and not running)
        self.copy.setVisible(run is not None)
        self.progress_words.setText(f"{run.ended} of {len(run.steps)}" if run else "not tested yet")
        self._show_error(run)
        if run is None:
            self.test.set_face(TEST_FACE)
            self.test.setEnabled(True)
            return
        self.progress.show_share(run.ended / len(run.steps))
        self.outcome.show_as(*self._outcome())
        face = CANCELLING_FACE if run.cancelling else CANCEL_FACE if running else TEST_FACE
        self.test.set_face(face)
        self.test.setEnabled(not run.cancelling)

    def _show_error(self, run: Run | None) -> None:
        error = run.error if run else None
        self.error_title.setText(shown(error.title) if error else "")
        self.error_hint.setText(shown_lines(error.hint, 800) if error else "")
        self.error_title.setVisible(error is not None)
        self.error_hint.setVisible(error is not None and bool(error.hint))

    def _outcome(self) -> tuple[str, Tone]:
        run = self._run
        if run is None or run.running:
            return "running", Tone.NEUTRAL
        if run.error is not None:
            return "could not be made", Tone.BAD
        return outcome(run.steps, whole=not run.cancelled)

    @staticmethod
    def _in_the_clear(view: ServerView) -> str:
        return ", not encrypted" if view.profile.unencrypted_confirmed else ""

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
        self.copy.set_face("Copied", kind=Kind.GHOST)
        self._copied.start()

    @Slot()
    def _show_copy(self) -> None:
        self.copy.set_face("Copy the report", kind=Kind.GHOST)

    @Slot(int)
    def _reveal(self, index: int) -> None:
        box = self.steps.item_rect(index).toAlignedRect()
        self._scroll.ensureVisible(0, box.center().y(), 0, box.height())

    def _connect(self) -> None:
        self.test.clicked.connect(self.test_pressed)
        self.edit.clicked.connect(self.edit_pressed)
        self.token.clicked.connect(self.token_pressed)
        self.copy.clicked.connect(self._copy)
        self._copied.timeout.connect(self._show_copy)
        self.steps.shown_item.connect(self._reveal)

    def _lay_out(self) -> None:
        lines = column(self, (SPACE_XL, 18, SPACE_XL, 0), SPACE_M)
        head = row(gap=10)
        for widget in (self.bar, self.title, self.chip):
            head.addWidget(widget)
        head.addStretch(1)
        for button in (self.token, self.edit, self.test):
            head.addWidget(button)
        lines.addLayout(head)
        lines.addLayout(self._facts())
        lines.addLayout(self._test_head())
        for widget in (self.error_title, self.error_hint, self.untested):
            lines.addWidget(widget)
        lines.addWidget(self._scrolled_steps(), 1)

    def _facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_M)
        grid.setVerticalSpacing(6)
        pairs = (
            (("Address", self.address), ("Key", self.key)),
            (("Kind", self.kind), ("Now", self.state)),
        )
        for line, both in enumerate(pairs):
            for place, (caption, value) in enumerate(both):
                top = Qt.AlignmentFlag.AlignTop
                grid.addWidget(label(caption, Role.TERTIARY), line, 2 * place, top)
                grid.addWidget(value, line, 2 * place + 1, top)
        for place in (0, 2):
            grid.setColumnMinimumWidth(place, 72)
            grid.setColumnStretch(place + 1, 1)
        return grid

    def _test_head(self) -> QHBoxLayout:
        head = row(gap=10)
        head.addWidget(label("Connection test", Role.SUBTITLE))
        head.addWidget(self.progress_words)
        head.addWidget(self.progress, 1)
        head.addWidget(self.outcome)
        head.addStretch(0)
        head.addWidget(self.copy)
        return head

    def _scrolled_steps(self) -> QScrollArea:
        content = pane(Pane.PAGE)
        lines = column(content, (0, 0, 0, SPACE_L))
        lines.addWidget(self.steps)
        lines.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(content)
        return self._scroll
