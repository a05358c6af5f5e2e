"""The card of a call that is about to be: one button, what is loading and how far, and what failed."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.ui.call_acts import Held, Phase
from app.ui.controls import Button, Kind, Pane, Role, column, label, pane, row
from app.ui.pages.call_words import start_words
from app.ui.pages.steps import Steps
from app.ui.plain_text import shown, shown_lines
from app.ui.tokens import SPACE_L, SPACE_S, SPACE_XL, Token

TALK = "Talk to the local agent"
AGAIN = "Try again"


class StartCard(QWidget):
    """Says what a start does. It never starts or ends a call itself."""

    start_requested = Signal()
    """A call with the local agent, or the one that failed again."""
    cancel_requested = Signal()
    close_requested = Signal()
    """The call that failed is not wanted any more."""

    def __init__(self) -> None:
        super().__init__()
        self._call = Call()
        self._busy = False
        self._title = label("", Role.TITLE)
        self._line = label("", Role.SECONDARY)
        self.button = Button(TALK, icon="mic", kind=Kind.PRIMARY, big=True)
        self.close_button = Button("Close", kind=Kind.GHOST)
        self.steps = Steps()
        self.error_title = label("", Role.STRONG, wrap=True)
        self.error_title.set_ink(Token.BAD)
        self.error_hint = label("", Role.SECONDARY, wrap=True)
        self.error_hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button.clicked.connect(self._pressed)
        self.close_button.clicked.connect(self.close_requested)
        self._lay_out()
        self.show_held(Held(CallPlan(), Phase.IDLE))

    def set_call(self, call: Call) -> None:
        self._call = call
        self.steps.show_steps(call.steps)

    def apply(self, changes: Changes) -> None:
        if changes.steps:
            self.steps.show_steps(self._call.steps)

    def show_held(self, held: Held) -> None:
        """Show the start in progress with the button that cancels it, why it failed, or the button that starts."""
        self._busy = held.phase in (Phase.STARTING, Phase.CANCELLING)
        title, line = start_words(held.plan)
        self._title.setText(title)
        self._line.setText(line)
        self._show_error(held.error)
        self.steps.setVisible(self._busy and bool(held.plan.preset))
        self.close_button.setVisible(held.phase is Phase.FAILED)
        self.button.setEnabled(held.phase is not Phase.CANCELLING)
        if held.phase is Phase.CANCELLING:
            self.button.set_face("Stopping…")
        elif self._busy:
            self.button.set_face("Cancel")
        else:
            words = AGAIN if held.phase is Phase.FAILED else TALK
            self.button.set_face(words, icon="mic", kind=Kind.PRIMARY)

    def _show_error(self, error: UserError | None) -> None:
        title, hint = ("", "") if error is None else (error.title, error.hint)
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
        hero = pane(Pane.HERO)
        across = row(hero, (SPACE_XL, 22, SPACE_XL, 22), 20)
        words = column(gap=3)
        words.addWidget(self._title)
        words.addWidget(self._line)
        for part in (self.steps, self.error_title):
            part.setContentsMargins(0, SPACE_L - 3, 0, 0)
        words.addWidget(self.steps)
        words.addWidget(self.error_title)
        words.addWidget(self.error_hint)
        across.addLayout(words, 1)
        buttons = column(gap=SPACE_S)
        buttons.addStretch(1)
        buttons.addWidget(self.button)
        buttons.addWidget(self.close_button)
        buttons.addStretch(1)
        across.addLayout(buttons)
        column(self).addWidget(hero)
