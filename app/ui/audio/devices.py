"""The operator's microphone and speaker: which ones there are, which are in use, and where their audio goes."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.facts import AudioDeviceChanged
from app.domain.ports import Clock, OperatorAudio
from app.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from app.ui.audio.backend import Backend
    from app.ui.audio.streams import OpenMicrophone, OpenSpeaker

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 5.0
LEAVE_WITHIN_S = 2.0
RATE_HZ = 48_000
UNPLUGGED = "{name} was unplugged"
DEFAULT_CHANGED = "the system's default changed"
BACK = "it was plugged in again"
NO_DEVICE = "none"


class Search(StrEnum):
    """How far the search for audio devices is."""

    RUNNING = "running"
    DONE = "done"
    UNANSWERED = "unanswered"
    """The audio server does not answer. Should it answer later, the search is done then."""
    LOST = "lost"
    """The audio server went away while it was in use."""
    IMPOSSIBLE = "impossible"
    """This computer lacks a library that sound needs."""
    UNWANTED = "unwanted"
    """Nobody sits here to talk or to listen."""


@dataclass(frozen=True, slots=True)
class AudioDevice:
    id: str
    name: str


def pick(devices: Sequence[AudioDevice], chosen_id: str) -> AudioDevice | None:
    """The device chosen if it is there, else the first, which is the system's default."""
    chosen = next((device for device in devices if device.id == chosen_id), None)
    return chosen or (devices[0] if devices else None)


class AudioDevices(QObject):
    """Owns the open microphone and speaker, and follows what is plugged in and out. UI thread only.

    A device that is pulled out is no error to the system: another one silently takes its place. So the list is
    compared each time it changes, and `switched` says what is in use from then on.
    """

    changed = Signal()
    """The lists, the devices in use, the search or the speaker's mute."""
    switched = Signal(object)
    """AudioDeviceChanged: another device is in use, and nobody asked for it."""
    failed = Signal(str, str)
    """A device does not work: what, and what to do."""

    def __init__(
        self,
        memory: WindowMemory,
        clock: Clock,
        parent: QObject | None = None,
        *,
        wanted: bool = True,
    ) -> None:
        super().__init__(parent)
        self._memory = memory
        self._clock = clock
        self._backend: Backend | None = None
        self._asking: Thread | None = None
        self._audio: OperatorAudio | None = None
        self._listening = False
        self._open_microphone: OpenMicrophone | None = None
        self._open_speaker: OpenSpeaker | None = None
        self._speaker_muted = False
        self.search = Search.RUNNING if wanted else Search.UNWANTED
        self.microphones: tuple[AudioDevice, ...] = ()
        self.speakers: tuple[AudioDevice, ...] = ()
        self.microphone: AudioDevice | None = None
        """In use, or about to be."""
        self.speaker: AudioDevice | None = None

    @property
    def attached(self) -> OperatorAudio | None:
        """Where the microphone goes and the speaker's sound comes from."""
        return self._audio

    @property
    def speaker_muted(self) -> bool:
        return self._speaker_muted

    @speaker_muted.setter
    def speaker_muted(self, muted: bool) -> None:
        self._speaker_muted = muted
        self.changed.emit()

    async def find(self) -> None:
        """Look for devices, once. A server that hangs costs a thread, never the UI; it is awaited all the same."""
        if self.search is Search.UNWANTED:
            return
        asked: Future[None] = Future()
        self._asking = Thread(target=_ask, args=[asked], name="audio-devices", daemon=True)
        self._asking.start()
        answer = asyncio.wrap_future(asked)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await asyncio.shield(answer)
        except TimeoutError:
            log.warning("the audio server has not answered within %.0f s", ANSWER_WITHIN_S)
            self._searched(Search.UNANSWERED)
            await answer
        except ImportError as error:
            log.warning("no sound: %s", error)
            self._searched(Search.IMPOSSIBLE)
            return
        self._start()

    def choose_microphone(self, device_id: str) -> None:
        """Use this microphone from now on, and after the next start too."""
        self._memory.microphone_id = device_id
        self._use_microphone(pick(self.microphones, device_id))
        self.changed.emit()

    def choose_speaker(self, device_id: str) -> None:
        """Use this speaker from now on, and after the next start too."""
        self._memory.speaker_id = device_id
        self._use_speaker(pick(self.speakers, device_id))
        self.changed.emit()

    def listen(self, *, on: bool) -> None:
        """Open the microphone for its level, or close it again unless a call uses it."""
        self._listening = on
        self._match_microphone()

    def attach(self, audio: OperatorAudio) -> None:
        """Send the microphone to a call and play what comes from there."""
        if audio.sample_rate_hz != RATE_HZ:
            raise ValueError(f"the room's audio is {audio.sample_rate_hz} Hz, not {RATE_HZ}")
        self._audio = audio
        self._match_microphone()
        self._match_speaker()

    def detach(self) -> None:
        """Let go of the call."""
        self._audio = None
        self._match_microphone()
        self._match_speaker()

    def take_peak_dbfs(self) -> float | None:
        """The microphone's highest peak since the last call; None while it is closed."""
        opened = self._open_microphone
        return None if opened is None else opened.take_level().peak_dbfs

    async def close(self) -> None:
        """Let go of everything. Within 2 s, even while the sound server hangs."""
        self._audio = None
        self._listening = False
        self._close_microphone()
        self._close_speaker()
        if self._backend is not None:
            self._backend.close()
            self._backend = None
        if self._asking is not None:
            # A thread that is in QtMultimedia while the process ends would take it down.
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, self._asking.join, LEAVE_WITHIN_S)

    # What is plugged in

    def _start(self) -> None:
        from app.ui.audio.backend import Backend  # Imported by now, on the thread that asked.

        self._backend = Backend(self)
        self._backend.inputs_changed.connect(self._inputs_changed)
        self._backend.outputs_changed.connect(self._outputs_changed)
        self._backend.lost.connect(self._lost)
        self.microphones = _devices(self._backend.inputs())
        self.speakers = _devices(self._backend.outputs())
        self._use_microphone(pick(self.microphones, self._memory.microphone_id))
        self._use_speaker(pick(self.speakers, self._memory.speaker_id))
        self._searched(Search.DONE)

    def _searched(self, search: Search) -> None:
        self.search = search
        self.changed.emit()

    @Slot()
    def _lost(self) -> None:
        """Without its server there is no sound until the next start: Qt does not look for another."""
        self.microphones = self.speakers = ()
        self._use_microphone(None)
        self._use_speaker(None)
        self._searched(Search.LOST)
        hint = "Type as the caller. Start Greenroom again to speak and hear."
        self.failed.emit("The sound server went away", hint)

    @Slot()
    def _inputs_changed(self) -> None:
        if self._backend is None or self.search is Search.LOST:
            return
        before = self.microphone
        self.microphones = _devices(self._backend.inputs())
        self._use_microphone(pick(self.microphones, self._memory.microphone_id))
        self._say(
            "microphone", before, self.microphone, self.microphones, self._memory.microphone_id
        )

    @Slot()
    def _outputs_changed(self) -> None:
        if self._backend is None or self.search is Search.LOST:
            return
        before = self.speaker
        self.speakers = _devices(self._backend.outputs())
        self._use_speaker(pick(self.speakers, self._memory.speaker_id))
        self._say("speaker", before, self.speaker, self.speakers, self._memory.speaker_id)

    def _say(
        self,
        kind: str,
        before: AudioDevice | None,
        now: AudioDevice | None,
        devices: Sequence[AudioDevice],
        chosen_id: str,
    ) -> None:
        self.changed.emit()
        if before == now:
            return
        if before is not None and before not in devices:
            why = UNPLUGGED.format(name=before.name)
        elif now is not None and now.id == chosen_id:
            why = BACK
        else:
            why = DEFAULT_CHANGED
        name = NO_DEVICE if now is None else now.name
        log.info("the %s is now %s: %s", kind, name, why)
        self.switched.emit(AudioDeviceChanged(at=self._clock.now(), kind=kind, name=name, why=why))

    # What is in use

    def _use_microphone(self, device: AudioDevice | None) -> None:
        if device != self.microphone:
            self._close_microphone()
            self.microphone = device
        self._match_microphone()

    def _use_speaker(self, device: AudioDevice | None) -> None:
        if device != self.speaker:
            self._close_speaker()
            self.speaker = device
        self._match_speaker()

    def _match_microphone(self) -> None:
        """Open or close the microphone, as the call and the panel want it."""
        wanted = self._listening or self._audio is not None
        if not wanted:
            self._close_microphone()
        elif self._open_microphone is None and self._backend and self.microphone:
            opened = self._backend.open_microphone(self.microphone.id)
            if opened is None:
                self._fail(f"The microphone {self.microphone.name} does not open")
                return
            opened.heard.connect(self._heard)
            opened.failed.connect(self._microphone_failed)
            self._open_microphone = opened

    def _match_speaker(self) -> None:
        if self._audio is None:
            self._close_speaker()
        elif self._open_speaker is None and self._backend and self.speaker:
            self._open_speaker = self._backend.open_speaker(self.speaker.id, self._pull)
            if self._open_speaker is None:
                self._fail(f"The speaker {self.speaker.name} does not open")

    def _close_microphone(self) -> None:
        if self._open_microphone is not None:
            self._open_microphone.close()
            self._open_microphone = None

    def _close_speaker(self) -> None:
        if self._open_speaker is not None:
            self._open_speaker.close()
            self._open_speaker = None

    @Slot(object)
    def _heard(self, pcm: bytes) -> None:
        if self._audio is not None:
            self._audio.push_microphone(pcm)

    def _pull(self, sample_count: int) -> bytes:
        """What the speaker plays next; while it is muted the call's audio runs on unheard."""
        silence = bytes(2 * sample_count)
        if self._audio is None:
            return silence
        pcm = self._audio.pull_speaker(sample_count)
        return silence if self._speaker_muted else pcm

    @Slot(str)
    def _microphone_failed(self, error: str) -> None:
        log.warning("the microphone stopped: %s", error)
        self._close_microphone()
        self._fail("The microphone stopped")

    def _fail(self, what: str) -> None:
        self.failed.emit(what, "Choose another one, or type as the caller.")
        self.changed.emit()


def _devices(listed: Sequence[tuple[str, str]]) -> tuple[AudioDevice, ...]:
    return tuple(AudioDevice(device_id, name) for device_id, name in listed)


def _ask(answer: Future[None]) -> None:
    """Wake the audio server, on a daemon thread: one that hangs holds neither the UI nor the exit."""
    try:
        from app.ui.audio import backend

        backend.wake()
    except ImportError as error:
        answer.set_exception(error)
    else:
        answer.set_result(None)
