"""The choice of a microphone or a speaker."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyledItemDelegate, QWidget

from app.ui.audio.devices import AudioDevice, AudioDevices, Search
from app.ui.controls import Role, column, label, plain_tip
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M


class DeviceBox(QComboBox):
    """A list of devices with the one in use on top. `chosen` carries an id, and only what a person chose."""

    chosen = Signal(str)

    def __init__(self, name: str, none: str) -> None:
        super().__init__()
        self._none = none
        self.setAccessibleName(name)
        # Its own delegate makes the popup follow the style sheet.
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(12)
        self.activated.connect(self._tell)

    def show_devices(self, devices: Sequence[AudioDevice], used: AudioDevice | None) -> None:
        """Show these devices, `used` chosen."""
        wanted = [(shown(device.name, 80), device.id) for device in devices]
        if wanted != [(self.itemText(i), self.itemData(i)) for i in range(self.count())]:
            self.clear()
            for name, device_id in wanted or [(self._none, "")]:
                self.addItem(name, device_id)
        if used is not None:
            self.setCurrentIndex(self.findData(used.id))
        self.setEnabled(bool(devices))
        self.setToolTip(plain_tip(used.name if used is not None else self._none))

    @Slot(int)
    def _tell(self, index: int) -> None:
        self.chosen.emit(str(self.itemData(index)))

    def wheelEvent(self, e: QWheelEvent) -> None:  # noqa: N802
        # Scrolling past must not change the microphone.
        e.ignore()


class DeviceChoice(QWidget):
    """Microphone and speaker, each under its caption."""

    def __init__(self, audio: AudioDevices) -> None:
        super().__init__()
        self._audio = audio
        self.microphone = DeviceBox("Microphone", "No microphone")
        self.speaker = DeviceBox("Speaker", "No speaker")
        lines = column(self, gap=5)
        for caption, box in (("Microphone", self.microphone), ("Speaker", self.speaker)):
            lines.addWidget(label(caption, Role.CAPTION))
            lines.addWidget(box)
            lines.addSpacing(SPACE_M - 5 if box is self.microphone else 0)
        self.microphone.chosen.connect(audio.choose_microphone)
        self.speaker.chosen.connect(audio.choose_speaker)
        audio.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        audio = self._audio
        self.microphone.show_devices(audio.microphones, audio.microphone)
        self.speaker.show_devices(audio.speakers, audio.speaker)
        if audio.search is not Search.DONE:
            words = "Looking…" if audio.search is Search.RUNNING else "Not available"
            self.microphone.setItemText(0, words)
            self.speaker.setItemText(0, words)
