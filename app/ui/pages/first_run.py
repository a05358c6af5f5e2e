"""The first page: one button, what is loading and how far, what failed, and what this computer has."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.ui.audio.devices import AudioDevices
from app.ui.call_acts import Held
from app.ui.controls import Role, column, label, row
from app.ui.pages.lights import Lights
from app.ui.pages.start_card import StartCard
from app.ui.tokens import SPACE_XL

WIDTH = 860


class FirstRun(QWidget):
    """What there is before a call. It never starts or ends one itself."""

    start_requested = Signal()
    cancel_requested = Signal()
    close_requested = Signal()

    def __init__(self, audio: AudioDevices) -> None:
        super().__init__()
        self.lights = Lights(audio)
        self.card = StartCard()
        self.card.start_requested.connect(self.start_requested)
        self.card.cancel_requested.connect(self.cancel_requested)
        self.card.close_requested.connect(self.close_requested)
        self._lay_out()

    def set_call(self, call: Call) -> None:
        self.card.set_call(call)

    def apply(self, changes: Changes) -> None:
        self.card.apply(changes)

    def tick(self, now: float) -> None:
        self.lights.tick(now)

    def show_held(self, held: Held) -> None:
        """Show how far the start of a call is, or the button that starts one."""
        self.card.show_held(held)

    def _lay_out(self) -> None:
        content = QWidget()
        content.setFixedWidth(WIDTH)
        lines = column(content)
        lines.addWidget(label("Talk to an agent", Role.HEADLINE))
        lines.addSpacing(6)
        lead = "Nothing to sign up for. Everything runs on this computer, also without a network."
        lines.addWidget(label(lead, Role.LEAD))
        lines.addSpacing(26)
        lines.addWidget(self.card)
        lines.addSpacing(SPACE_XL)
        lines.addWidget(self.lights)
        page = row(self)
        page.addStretch(1)
        page.addWidget(content, 0, Qt.AlignmentFlag.AlignVCenter)
        page.addStretch(1)
