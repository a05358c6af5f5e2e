"""The operator's microphone and speaker, against a real audio server."""

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.domain.facts import AudioDeviceChanged
from app.runtime.clock import AnchoredClock
from app.ui.audio.devices import AudioDevice, AudioDevices, Search, pick
from app.ui.window_memory import WindowMemory
from tests.support.pulseaudio import PulseServer, tone

ROOT = Path(__file__).parents[2]
A = AudioDevice("a", "A")
B = AudioDevice("b", "B")


class Room:
    """The other side of the operator's audio: keeps what was said, plays a tone."""

    sample_rate_hz = 48_000

    def __init__(self) -> None:
        self.said = b""
        self._plays = tone(440.0, -12.0, 60.0).tobytes()
        self._at = 0

    def push_microphone(self, pcm: bytes) -> None:
        self.said += pcm

    def pull_speaker(self, sample_count: int) -> bytes:
        taken = self._plays[self._at : self._at + 2 * sample_count]
        self._at += 2 * sample_count
        return taken

    def set_talking(self, *, talking: bool) -> None:
        raise NotImplementedError

    def heard(self) -> NDArray[np.int16]:
        return np.frombuffer(self.said, np.int16)


@pytest.fixture
def devices(
    pulse: PulseServer, qt_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> Generator[AudioDevices]:
    audio = AudioDevices(WindowMemory(tmp_path / "panel.ini"), AnchoredClock())
    qt_loop.run_until_complete(audio.find())
    yield audio
    qt_loop.run_until_complete(audio.close())
    audio.deleteLater()


def loud(pcm: NDArray[np.int16]) -> bool:
    return len(pcm) > 0 and int(np.abs(pcm[-4800:].astype(np.int32)).max()) > 1000


def pitch_hz(pcm: NDArray[np.int16]) -> float:
    """The strongest frequency in the last second."""
    last = pcm[-48_000:].astype(np.float64)
    return float(np.argmax(np.abs(np.fft.rfft(last))) * 48_000 / len(last))


def test_finds_what_is_there_and_uses_the_systems_default(devices: AudioDevices) -> None:
    assert devices.search is Search.DONE
    assert devices.microphones[0].name == "Microphone"
    assert devices.speakers[0].name == "Speaker"
    assert devices.microphone == devices.microphones[0]
    assert devices.speaker == devices.speakers[0]


def test_what_is_said_into_the_microphone_reaches_the_room(
    devices: AudioDevices, pulse: PulseServer, qtbot: QtBot
) -> None:
    room = Room()
    devices.attach(room)

    with pulse.speaking(tone(1000.0, -6.0, 20.0)):
        qtbot.waitUntil(lambda: loud(room.heard()), timeout=10_000)
        room.said = b""
        qtbot.waitUntil(lambda: len(room.said) > 2 * 48_000, timeout=10_000)

    assert pitch_hz(room.heard()) == pytest.approx(1000.0, abs=5.0)
    assert devices.take_peak_dbfs() == pytest.approx(-6.0, abs=0.5)


def test_what_the_room_plays_comes_out_of_the_speaker(
    devices: AudioDevices, pulse: PulseServer, qtbot: QtBot
) -> None:
    with pulse.recording() as recording:
        devices.attach(Room())
        qtbot.waitUntil(lambda: loud(recording.samples()), timeout=10_000)
        before = len(recording.samples())
        qtbot.waitUntil(lambda: len(recording.samples()) > before + 60_000, timeout=10_000)
        assert pitch_hz(recording.samples()) == pytest.approx(440.0, abs=5.0)

        devices.speaker_muted = True
        qtbot.waitUntil(lambda: not loud(recording.samples()), timeout=10_000)

        devices.speaker_muted = False
        qtbot.waitUntil(lambda: loud(recording.samples()), timeout=10_000)
        devices.detach()
        qtbot.waitUntil(lambda: not loud(recording.samples()), timeout=10_000)


def test_the_level_is_live_before_any_call(
    devices: AudioDevices, pulse: PulseServer, qtbot: QtBot
) -> None:
    assert devices.take_peak_dbfs() is None
    devices.listen(on=True)

    with pulse.speaking(tone(1000.0, -20.0, 20.0)):
        qtbot.waitUntil(lambda: (devices.take_peak_dbfs() or -120.0) > -21.0, timeout=10_000)

    devices.listen(on=False)
    assert devices.take_peak_dbfs() is None


def test_a_microphone_that_is_pulled_out_is_replaced_and_said(
    devices: AudioDevices, pulse: PulseServer, qtbot: QtBot
) -> None:
    room = Room()
    switches: list[AudioDeviceChanged] = []
    devices.switched.connect(switches.append)
    module = pulse.plug_microphone("Headset")
    qtbot.waitUntil(lambda: "Headset" in names(devices), timeout=10_000)
    headset = next(device for device in devices.microphones if device.name == "Headset")
    devices.choose_microphone(headset.id)
    devices.attach(room)
    assert switches == []

    with pulse.speaking(tone(700.0, -6.0, 30.0), "Headset-feed"):
        qtbot.waitUntil(lambda: loud(room.heard()), timeout=10_000)
    pulse.unplug(module)
    qtbot.waitUntil(lambda: bool(switches), timeout=10_000)
    assert (switches[0].kind, switches[0].name) == ("microphone", "Microphone")
    assert switches[0].why == "Headset was unplugged"
    assert "Headset" not in names(devices)

    with pulse.speaking(tone(1000.0, -6.0, 30.0)):
        room.said = b""
        qtbot.waitUntil(lambda: loud(room.heard()) and len(room.said) > 96_000, timeout=10_000)
    assert pitch_hz(room.heard()) == pytest.approx(1000.0, abs=5.0)

    module = pulse.plug_microphone("Headset")
    qtbot.waitUntil(lambda: len(switches) == 2, timeout=10_000)
    assert (switches[1].name, switches[1].why) == ("Headset", "it was plugged in again")
    pulse.unplug(module)
    qtbot.waitUntil(lambda: len(switches) == 3, timeout=10_000)


def names(devices: AudioDevices) -> list[str]:
    return [device.name for device in devices.microphones]


def test_the_choice_falls_back_to_the_default_and_to_none() -> None:
    assert pick([A, B], "b") == B
    assert pick([A, B], "gone") == A
    assert pick([], "a") is None


def run_alone(body: str, server: str, folder: Path) -> subprocess.Popen[str]:
    """In a process of its own: Qt connects to an audio server once and for all."""
    prelude = """
import asyncio, sys
from pathlib import Path
from app.runtime.clock import AnchoredClock
from app.ui.application import Application
from app.ui.audio import devices as module
from app.ui.audio.devices import AudioDevices
from app.ui.window_memory import WindowMemory
application = Application(["greenroom"])
"""
    return subprocess.Popen(
        [sys.executable, "-c", prelude + textwrap.dedent(body), str(folder / "panel.ini")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PULSE_SERVER": server, "PYTHONPATH": str(ROOT)},
    )


SEARCH = """
module.ANSWER_WITHIN_S = {answer_within_s}
module.LEAVE_WITHIN_S = 0.5
async def main():
    audio = AudioDevices(WindowMemory(Path(sys.argv[1])), AnchoredClock())
    audio.changed.connect(lambda: print(audio.search, len(audio.microphones), flush=True))
    searching = asyncio.get_running_loop().create_task(audio.find())
    await asyncio.wait([searching], timeout={patience_s})
    searching.cancel()
    await audio.close()
    return 0
sys.exit(application.run(main))
"""


def test_a_server_that_hangs_is_told_and_holds_neither_the_loop_nor_the_exit(
    tmp_path: Path,
) -> None:
    server = PulseServer(tmp_path)
    server.hang()
    try:
        process = run_alone(
            SEARCH.format(patience_s=1.0, answer_within_s=0.5), server.url, tmp_path
        )
        out, err = process.communicate(timeout=30)
    finally:
        server.close()

    assert (process.returncode, out.splitlines()) == (0, ["unanswered 0"]), err


def test_a_server_that_answers_late_is_used_all_the_same(tmp_path: Path) -> None:
    server = PulseServer(tmp_path)
    server.hang()
    try:
        process = run_alone(
            SEARCH.format(patience_s=20.0, answer_within_s=0.5), server.url, tmp_path
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "unanswered 0\n"
        server.go_on()
        assert process.stdout.readline().startswith("done ")
        _, err = process.communicate(timeout=30)
    finally:
        server.close()

    assert process.returncode == 0, err


def test_no_audio_server_means_no_devices_at_once(tmp_path: Path) -> None:
    process = run_alone(
        SEARCH.format(patience_s=20.0, answer_within_s=15.0), f"unix:{tmp_path}/none", tmp_path
    )

    out, err = process.communicate(timeout=30)

    assert (process.returncode, out.splitlines()) == (0, ["done 0"]), err


LOST = """
import os, signal
class Room:
    sample_rate_hz = 48_000
    heard = 0
    def push_microphone(self, pcm): self.heard += len(pcm)
    def pull_speaker(self, sample_count): return bytes(2 * sample_count)
async def main():
    audio, room = AudioDevices(WindowMemory(Path(sys.argv[1])), AnchoredClock()), Room()
    await audio.find()
    audio.failed.connect(lambda title, hint: print(title, flush=True))
    microphone = audio.microphone
    audio.attach(room)
    async with asyncio.timeout(10):
        while not room.heard: await asyncio.sleep(0.01)
    print("talking", flush=True)
    async with asyncio.timeout(10):
        while audio.search != "lost": await asyncio.sleep(0.01)
    print(audio.microphone, audio.speakers, flush=True)
    sys.stdin.readline()
    audio.detach()
    audio.attach(room)
    audio.choose_microphone(microphone.id)
    await audio.close()
    return 0
sys.exit(application.run(main))
"""


def test_a_server_that_goes_away_costs_the_sound_and_not_the_call(tmp_path: Path) -> None:
    first = PulseServer(tmp_path)
    process = run_alone(LOST, first.url, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "talking\n"

    first.close()
    assert process.stdout.readline() == "The sound server went away\n"
    assert process.stdout.readline() == "None ()\n"
    again = PulseServer(tmp_path)
    try:
        _, err = process.communicate("go on\n", timeout=30)
    finally:
        again.close()

    assert process.returncode == 0, err
