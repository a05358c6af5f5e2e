"""The first page: one button, what is loading and how far, what failed, and what this computer has."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.domain.errors import UserError
from app.ui.announcing import announce
from app.ui.audio.devices import AudioDevices
from app.ui.controls import Button, Kind, Pane, Role, column, label, pane, row
from app.ui.pages.lights import Lights
from app.ui.pages.steps import Steps
from app.ui.plain_text import shown, shown_lines
from app.ui.tokens import SPACE_L, SPACE_XL, Token

WIDTH = 860
TALK = "Talk to the local agent"


class FirstRun(QWidget):
    """What there is before a call. It never starts or ends one itself."""

    start_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, audio: AudioDevices) -> None:
        super().__init__()
        self._call = Call()
        self._busy = False
        self.lights = Lights(audio)
        self.button = Button(TALK, icon="mic", kind=Kind.PRIMARY, big=True)
        self.button.clicked.connect(self._pressed)
        self.steps = Steps()
        self.error_title = label("", Role.STRONG, wrap=True)
        self.error_title.set_ink(Token.BAD)
        self.error_hint = label("", Role.SECONDARY, wrap=True)
        self.error_hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self._show_error("", "")
        self.show_phase(busy=False)

    def set_call(self, call: Call) -> None:
        self._call = call
        self.steps.show_steps(call.steps)

    def apply(self, changes: Changes) -> None:
        if changes.steps:
            self.steps.show_steps(self._call.steps)

    def tick(self, now: float) -> None:
        self.lights.tick(now)

    def show_phase(self, *, busy: bool, cancelling: bool = False) -> None:
        """Show the start in progress, with the button that cancels it; or the button that starts."""
        if busy and not self._busy:
            self._show_error("", "")
        self._busy = busy
        self.steps.setVisible(busy)
        self.button.setEnabled(not cancelling)
        if cancelling:
            self.button.set_face("Stopping…")
        elif busy:
            self.button.set_face("Cancel")
        else:
            words = "Try again" if self.error_title.text() else TALK
            self.button.set_face(words, icon="mic", kind=Kind.PRIMARY)

    @Slot(object)
    def show_error(self, error: UserError) -> None:
        """Say in the card why the start failed; the button tries again."""
        self._show_error(error.title, error.hint)
        announce(self, str(error))

    def _show_error(self, title: str, hint: str) -> None:
        self.error_title.setText(shown(title, 200))
        self.error_hint.setText(shown_lines(hint, 800))
        self.error_title.setVisible(bool(title))
        self.error_hint.setVisible(bool(hint))

    @Slot()
    def _pressed(self) -> None:
        if self._busy:
            self.cancel_requested.emit()
        else:
            self.start_requested.emit()

    def _lay_out(self) -> None:
        content = QWidget()
        content.setFixedWidth(WIDTH)
        lines = column(content)
        lines.addWidget(label("Talk to an agent", Role.HEADLINE))
        lines.addSpacing(6)
        lead = "Nothing to sign up for. Everything runs on this computer, also without a network."
        lines.addWidget(label(lead, Role.LEAD))
        lines.addSpacing(26)
        lines.addWidget(self._hero())
        lines.addSpacing(SPACE_XL)
        lines.addWidget(self.lights)
        page = row(self)
        page.addStretch(1)
        page.addWidget(content, 0, Qt.AlignmentFlag.AlignVCenter)
        page.addStretch(1)

    def _hero(self) -> QWidget:
        hero = pane(Pane.HERO)
        across = row(hero, (SPACE_XL, 22, SPACE_XL, 22), 20)
        words = column(gap=3)
        words.addWidget(label("Local agent", Role.TITLE))
        words.addWidget(label("Whisper hears you, SmolLM2 answers, Piper speaks.", Role.SECONDARY))
        for part in (self.steps, self.error_title):
            part.setContentsMargins(0, SPACE_L - 3, 0, 0)
        words.addWidget(self.steps)
        words.addWidget(self.error_title)
        words.addWidget(self.error_hint)
        across.addLayout(words, 1)
        across.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        return hero
