"""One open microphone and one open speaker."""

import logging
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QIODevice, QObject, Signal, Slot
from PySide6.QtMultimedia import QAudioDevice, QAudioFormat, QAudioSink, QAudioSource, QtAudio

from app.runtime.pcm import SILENCE, Level, level
from app.ui.audio.pcm import Intake, Layout, Outlet

log = logging.getLogger(__name__)

RATE_HZ = 48_000
SPEAKER_BUFFER_MS = 80
"""The speaker's buffer alone decides the latency of what is heard; it rides over a stall of the UI thread."""
BROKEN = (QtAudio.Error.OpenError, QtAudio.Error.FatalError)
"""An underrun is no failure: a speaker reports one before its first samples."""
DTYPES = {
    QAudioFormat.SampleFormat.UInt8: "u1",
    QAudioFormat.SampleFormat.Int16: "i2",
    QAudioFormat.SampleFormat.Int32: "i4",
    QAudioFormat.SampleFormat.Float: "f4",
}


class OpenMicrophone(QObject):
    """Hears one input until `close`. UI thread only.

    The source keeps its own buffer of 250 ms: it costs no latency and loses nothing when the reader is late.
    """

    heard = Signal(object)
    """bytes: mono int16 at 48 kHz, as they come (some 20 ms at a time)."""
    failed = Signal(str)

    def __init__(self, device: QAudioDevice, parent: QObject) -> None:
        super().__init__(parent)
        audio_format = _format_for(device)
        self._intake = Intake(_layout(audio_format), RATE_HZ)
        self._level = SILENCE
        self._source = QAudioSource(device, audio_format, self)
        self._source.stateChanged.connect(self._on_state)
        self._stream: QIODevice | None = self._source.start()
        if self._stream is None:  # pyright: ignore[reportUnnecessaryComparison]  The stub is wrong.
            log.warning(
                "microphone %s does not open: %s", device.description(), self._source.error()
            )
        else:
            self._stream.readyRead.connect(self._read)

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    def take_level(self) -> Level:
        """Highest peak and RMS since the last call."""
        heard, self._level = self._level, SILENCE
        return heard

    def close(self) -> None:
        self._source.stateChanged.disconnect(self._on_state)
        if self._stream is not None:
            self._stream.readyRead.disconnect(self._read)
            self._stream = None
        self._source.stop()
        self.deleteLater()

    @Slot()
    def _read(self) -> None:
        if self._stream is None:
            return
        if pcm := self._intake(bytes(self._stream.readAll().data())):
            now = level(np.frombuffer(pcm, np.int16))
            self._level = Level(
                max(self._level.peak_dbfs, now.peak_dbfs), max(self._level.rms_dbfs, now.rms_dbfs)
            )
            self.heard.emit(pcm)

    @Slot(QtAudio.State)
    def _on_state(self, state: QtAudio.State) -> None:
        if (
            state is QtAudio.State.StoppedState
            and self._source.error() is not QtAudio.Error.NoError
        ):
            self.failed.emit(self._source.error().name)


class _Pulled(QIODevice):
    """What a QAudioSink reads from: it asks whenever its buffer has room."""

    def __init__(self, take: Callable[[int], bytes], parent: QObject) -> None:
        super().__init__(parent)
        self._take = take
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def readData(self, maxlen: int) -> bytes:  # noqa: N802
        return self._take(maxlen)

    def writeData(self, data: bytes | bytearray | memoryview, len: int) -> int:  # noqa: A002, N802
        return -1

    def bytesAvailable(self) -> int:  # noqa: N802
        return RATE_HZ

    def isSequential(self) -> bool:  # noqa: N802
        return True


class OpenSpeaker(QObject):
    """Plays on one output what `pull(sample_count)` gives (mono int16 at 48 kHz) until `close`. UI thread only."""

    def __init__(self, device: QAudioDevice, pull: Callable[[int], bytes], parent: QObject) -> None:
        super().__init__(parent)
        audio_format = _format_for(device)
        self._outlet = Outlet(_layout(audio_format), RATE_HZ, pull)
        self._pulled = _Pulled(self._outlet.take, self)
        self._sink = QAudioSink(device, audio_format, self)
        self._sink.setBufferSize(audio_format.bytesForDuration(SPEAKER_BUFFER_MS * 1000))
        self._sink.start(self._pulled)
        self.is_open = self._sink.error() not in BROKEN
        if not self.is_open:
            log.warning("speaker %s does not open: %s", device.description(), self._sink.error())

    def close(self) -> None:
        self._sink.stop()
        self._pulled.close()
        self.deleteLater()


def _format_for(device: QAudioDevice) -> QAudioFormat:
    """48 kHz mono int16 where the device takes it, else what it likes best."""
    wanted = QAudioFormat()
    wanted.setSampleRate(RATE_HZ)
    wanted.setChannelCount(1)
    wanted.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    return wanted if device.isFormatSupported(wanted) else device.preferredFormat()


def _layout(audio_format: QAudioFormat) -> Layout:
    return Layout(
        DTYPES[audio_format.sampleFormat()], audio_format.channelCount(), audio_format.sampleRate()
    )
