"""What QtMultimedia knows of the audio devices. Imports QtMultimedia and numpy: after the first frame only."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtMultimedia import QAudioDevice, QMediaDevices

from app.ui.audio.pulse_watch import PulseWatch
from app.ui.audio.streams import OpenMicrophone, OpenSpeaker

log = logging.getLogger(__name__)


def wake() -> None:
    """Make the first call to the audio server, which blocks for as long as that server hangs. Any thread."""
    QMediaDevices.audioInputs()


class Backend(QObject):
    """Lists devices and opens them by their id. UI thread only, after `wake` has returned."""

    inputs_changed = Signal()
    outputs_changed = Signal()
    lost = Signal()
    """The sound server went away. Qt does not come back to it, and a device opened now would end the process."""
    _listed = Signal(object, object)
    _server_gone = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self.inputs_changed)
        self._devices.audioOutputsChanged.connect(self.outputs_changed)
        self._listed.connect(self._take_list)
        self._server_gone.connect(self._take_loss)
        self._sources: frozenset[str] | None = None
        self._sinks: frozenset[str] | None = None
        self._watch = self._start_watch()

    def inputs(self) -> list[tuple[str, str]]:
        """Id and name of each microphone, the system's default first."""
        return _ordered(
            QMediaDevices.audioInputs(), QMediaDevices.defaultAudioInput(), self._sources
        )

    def outputs(self) -> list[tuple[str, str]]:
        """Id and name of each speaker, the system's default first."""
        return _ordered(
            QMediaDevices.audioOutputs(), QMediaDevices.defaultAudioOutput(), self._sinks
        )

    def open_microphone(self, device_id: str) -> OpenMicrophone | None:
        """None when it is gone or does not open."""
        if self._gone:
            return None
        device = _by_id(QMediaDevices.audioInputs(), device_id)
        stream = None if device is None else OpenMicrophone(device, self)
        return stream if stream is not None and stream.is_open else None

    def open_speaker(self, device_id: str, pull: Callable[[int], bytes]) -> OpenSpeaker | None:
        """Play mono int16 at 48 kHz from `pull(sample_count)`; None when it is gone or does not open."""
        if self._gone:
            return None
        device = _by_id(QMediaDevices.audioOutputs(), device_id)
        stream = None if device is None else OpenSpeaker(device, pull, self)
        return stream if stream is not None and stream.is_open else None

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _start_watch(self) -> PulseWatch | None:
        try:
            return PulseWatch(self._listed.emit, self._server_gone.emit)
        except OSError:
            log.debug("no libpulse: devices come and go as Qt tells")
            return None

    @property
    def _gone(self) -> bool:
        """Whether the server that Qt uses is gone."""
        believed = self._sources is not None
        return believed and self._watch is not None and not self._watch.alive

    @Slot()
    def _take_loss(self) -> None:
        if self._gone:
            self.lost.emit()

    @Slot(object, object)
    def _take_list(self, sources: frozenset[str], sinks: frozenset[str]) -> None:
        """Believe PulseAudio over Qt, unless Qt's devices have names of another kind."""
        if self._sources is None and not {_id(d) for d in QMediaDevices.audioInputs()} <= sources:
            log.debug("Qt's devices are not PulseAudio's")
            return
        self._sources, self._sinks = sources, sinks
        self.inputs_changed.emit()
        self.outputs_changed.emit()


def _ordered(
    devices: list[QAudioDevice], default: QAudioDevice, existing: frozenset[str] | None
) -> list[tuple[str, str]]:
    """The devices that exist, the default first."""
    listed = [(_id(device), device.description()) for device in devices]
    if existing is not None:
        listed = [device for device in listed if device[0] in existing]
    return sorted(listed, key=lambda device: device[0] != _id(default))


def _by_id(devices: list[QAudioDevice], device_id: str) -> QAudioDevice | None:
    return next((device for device in devices if _id(device) == device_id), None)


def _id(device: QAudioDevice) -> str:
    return bytes(device.id().data()).decode(errors="replace")
