"""Right of the Stage: who is how loud, whom you hear, and whether you are heard."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from app.domain.call import Call, Changes
from app.ui.audio.devices import AudioDevices, Search
from app.ui.controls import Pane, Role, StripButton, column, label, pane, row
from app.ui.pages.device_box import DeviceChoice
from app.ui.talk import Talk
from app.ui.tokens import SPACE_M, SPACE_S, Token
from app.ui.views.meter_bank import MeterBank

WIDTH = 264
MUTED = (Token.BAD_DIM, Token.BAD)
AGENT_COLUMN, YOU_COLUMN, COLUMNS = 1, 2, 4


class Mixer(QWidget):
    """The strips of the lanes, two mutes and the choice of devices."""

    def __init__(self, talk: Talk, audio: AudioDevices) -> None:
        super().__init__()
        self._talk = talk
        self._audio = audio
        self.setFixedWidth(WIDTH)
        self.bank = MeterBank()
        self.mute_agent = StripButton(
            ("volume-2", "volume-x"), "Mute the agent in your speaker", on=MUTED
        )
        self.mute_you = StripButton(("mic", "mic-off"), "Mute your microphone", on=MUTED)
        self.devices = DeviceChoice(audio)
        self.heard = label("", Role.HINT, wrap=True)
        self.heard.setContentsMargins(0, 0, 0, SPACE_S)
        """Which of several calls hears the operator."""
        self._hearer = ""
        self._lay_out()
        self.mute_agent.clicked.connect(self._mute_agent)
        self.mute_you.clicked.connect(talk.toggle)
        talk.changed.connect(self.refresh)
        audio.changed.connect(self.refresh)
        self.refresh()

    def set_call(self, call: Call) -> None:
        self.bank.set_call(call)

    def apply(self, changes: Changes) -> None:
        self.bank.apply(changes)

    def tick(self, now: float) -> None:
        self.bank.tick(now)

    def show_hearer(self, name: str) -> None:
        """Say which of several calls is talked into; an empty name says nothing."""
        self._hearer = name
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is muted, and offer only what does something."""
        attended = self._audio.search is not Search.UNWANTED
        for control in (self.devices, self.mute_agent, self.mute_you):
            control.setVisible(attended)
        self.heard.setVisible(bool(self._hearer) and attended)
        hears = f"Only {self._hearer} hears you."
        self.heard.setText(hears if self._talk.talking else "No call hears you.")
        self.mute_agent.setChecked(self._audio.speaker_muted)
        self.mute_agent.setEnabled(self._talk.possible and self._audio.speaker is not None)
        self.mute_you.setChecked(not self._talk.open)
        self.mute_you.setEnabled(self._talk.possible and self._audio.microphone is not None)

    @Slot(bool)
    def _mute_agent(self, muted: bool) -> None:
        self._audio.speaker_muted = muted

    def _lay_out(self) -> None:
        ground = pane(Pane.MIX)
        lines = column(ground, (SPACE_M + 1, 10, SPACE_M, SPACE_M))
        head = row()
        head.addWidget(label("Levels", Role.CAPTION))
        head.addStretch(1)
        head.addWidget(label("dBFS", Role.HINT))
        lines.addLayout(head)
        lines.addSpacing(6)
        lines.addWidget(self.bank, 100)
        lines.addLayout(self._strips())
        lines.addSpacing(SPACE_M)
        # The meters take all the height they can use; what is left lies below them.
        lines.addStretch(1)
        lines.addWidget(self.heard)
        lines.addWidget(self.devices)
        column(self).addWidget(ground)

    def _strips(self) -> QGridLayout:
        strips = QGridLayout()
        strips.setContentsMargins(0, 6, 0, 0)
        strips.setSpacing(0)
        for place in range(COLUMNS):
            strips.setColumnStretch(place, 1)
        for place, button in ((AGENT_COLUMN, self.mute_agent), (YOU_COLUMN, self.mute_you)):
            cell = row()
            cell.addStretch(1)
            cell.addWidget(button)
            cell.addStretch(1)
            strips.addLayout(cell, 0, place)
        return strips
