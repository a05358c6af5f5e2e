"""The line below the script: type as the caller, or talk."""

from collections.abc import Container

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from app.domain.call import Call
from app.ui.audio.devices import AudioDevices, Search
from app.ui.controls import Button, Kind, plain_tip, row
from app.ui.talk import Talk
from app.ui.tokens import SPACE_L, SPACE_S

LONGEST = 500
"""Characters of a typed question."""
OPEN_FACE = ("Mic open", "mic")
MUTED_FACE = ("Mic muted", "mic-off")
NONE_FACE = ("No microphone", "mic-off")
FACES = (OPEN_FACE[0], MUTED_FACE[0])
"""Between these the button does not change its width."""


class Compose(QWidget):
    """A text field, the switch of the microphone, and the button that is held to talk."""

    text_entered = Signal(str)

    def __init__(self, talk: Talk, audio: AudioDevices) -> None:
        super().__init__()
        self._talk = talk
        self._audio = audio
        self._call = Call()
        self._key = ""
        self._drafts: dict[str, str] = {}
        """What was typed and not sent, by call."""
        self.field = QLineEdit()
        self.field.setProperty("field", "compose")
        self.field.setMaxLength(LONGEST)
        self.field.setAccessibleName("Type as the caller")
        self.switch = Button(OPEN_FACE[0], icon=OPEN_FACE[1], key="M")
        self.hold = Button("Hold to talk", icon="mic", key="Space")
        layout = row(self, (SPACE_L, SPACE_S, SPACE_L, 10), SPACE_S)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.switch)
        layout.addWidget(self.hold)
        self.field.returnPressed.connect(self._enter)
        self.switch.clicked.connect(talk.toggle)
        self.hold.pressed.connect(talk.hold)
        self.hold.released.connect(talk.release)
        talk.changed.connect(self.refresh)
        audio.changed.connect(self.refresh)
        self._keep_widths()
        self.refresh()

    def set_call(self, call: Call, key: str = "") -> None:
        """The call to type and talk into, if it is live; what was typed for it before stands there again."""
        if key != self._key:
            self._drafts[self._key] = self.field.text()
            self._key = key
            self.field.setText(self._drafts.pop(key, ""))
        self._call = call
        self.refresh()

    def forget(self, keys: Container[str]) -> None:
        """Keep drafts of these calls alone."""
        self._drafts = {key: draft for key, draft in self._drafts.items() if key in keys}

    @Slot()
    def refresh(self) -> None:
        """Say what can be typed, and what the microphone does."""
        talk, live = self._talk, self._call.live
        can_talk = live and talk.possible and bool(self._microphone)
        self.field.setEnabled(live and not self._call.watched)
        self.field.setPlaceholderText(self._placeholder(can_talk=can_talk))
        self.switch.setVisible(self._audio.search is not Search.UNWANTED)
        text, icon = OPEN_FACE if talk.open else MUTED_FACE
        if live and not self._microphone:
            text, icon = NONE_FACE
        self.switch.set_face(text, icon=icon)
        self.switch.setEnabled(can_talk)
        self.switch.setToolTip(plain_tip(self._microphone))
        self.hold.setVisible(can_talk and not talk.open)
        if talk.held:
            self.hold.set_face("Talking", icon="mic", kind=Kind.PRIMARY)
        else:
            self.hold.set_face("Hold to talk", icon="mic")

    @property
    def _microphone(self) -> str:
        return self._audio.microphone.name if self._audio.microphone is not None else ""

    def _placeholder(self, *, can_talk: bool) -> str:
        if not self._call.live:
            return "The call has ended"
        if self._call.watched:
            return "You can talk" if can_talk else "You are listening"
        if self._audio.search is Search.UNWANTED:
            return "Type as the caller"
        if not can_talk:
            return "Type as the caller: there is no microphone"
        return (
            "Type as the caller, or just talk"
            if self._talk.open
            else ("Type as the caller, or hold Space to talk")
        )

    def _keep_widths(self) -> None:
        """Faces change; what is beside them stays where it is."""
        for button, faces in ((self.switch, FACES), (self.hold, ())):
            widths = [button.sizeHint().width()]
            for face in faces:
                button.setText(face)
                widths.append(button.sizeHint().width())
            button.setMinimumWidth(max(widths))

    @Slot()
    def _enter(self) -> None:
        if text := self.field.text().strip():
            self.field.clear()
            self.text_entered.emit(text)
