"""The step of the connection test that tries the operator's microphone and speaker."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from app.domain.ports import OperatorAudio
from app.domain.servers import StepState
from app.domain.step_outcome import Outcome
from app.runtime.clock import AnchoredClock
from app.ui.audio import device_check
from app.ui.audio.device_check import DeviceCheck
from app.ui.audio.devices import AudioDevices, Search
from app.ui.window_memory import WindowMemory
from tests.support.panel import BUILT_IN, HEADSET, FakeRoom, StillClock, StillDevices, until
from tests.support.pulseaudio import PulseServer, tone

Loop = asyncio.AbstractEventLoop
BLOCK = 4800


class HearingDevices(StillDevices):
    """Devices that hear a steady level, and play what they are given, as long as they are open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(WindowMemory(folder / "panel.ini"), StillClock())
        self.peak = 3277
        """Of int16."""
        self.hears = self.plays = True
        self.played = b""
        self._turning = QTimer(self)
        self._turning.setInterval(1)
        self._turning.timeout.connect(self._turn)
        self.plug([HEADSET], [BUILT_IN])

    def attach(self, audio: OperatorAudio) -> None:
        super().attach(audio)
        self._turning.start()

    def detach(self) -> None:
        super().detach()
        self._turning.stop()

    def _turn(self) -> None:
        if self.attached is None:
            return
        if self.hears and self.microphone:
            self.attached.push_microphone(np.full(BLOCK, self.peak, np.int16).tobytes())
        if self.plays and self.speaker:
            self.played += self._pull(BLOCK)


@pytest.fixture
def audio(qt_loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HearingDevices:
    monkeypatch.setattr(device_check, "TRIED_WITHIN_S", 0.5)
    return HearingDevices(tmp_path)


def finding(loop: Loop, audio: AudioDevices) -> Outcome:
    found = loop.run_until_complete(DeviceCheck(audio)())
    assert audio.attached is None
    return found


def test_both_work(qt_loop: Loop, audio: HearingDevices) -> None:
    found = finding(qt_loop, audio)

    assert found.state is StepState.OK
    assert found.detail == (
        "the microphone USB Headset hears up to -20 dBFS; the speaker Built-in Audio took a short tone"
    )
    peak = np.abs(np.frombuffer(audio.played, np.int16)).max()
    assert peak == pytest.approx(32767 * 10 ** (device_check.TONE_DBFS / 20), rel=0.01)


def test_a_silent_microphone_is_a_warning(qt_loop: Loop, audio: HearingDevices) -> None:
    audio.peak = 1

    found = finding(qt_loop, audio)

    assert found.state is StepState.WARNING
    assert found.detail.startswith("the microphone USB Headset is silent; ")
    assert found.remedy == device_check.UNMUTE


def test_a_muted_speaker_is_a_warning_and_plays_nothing(
    qt_loop: Loop, audio: HearingDevices
) -> None:
    audio.speaker_muted = True

    found = finding(qt_loop, audio)

    assert found.state is StepState.WARNING
    assert "the speaker Built-in Audio is muted in Greenroom" in found.detail
    assert not any(audio.played)


def test_devices_that_do_not_open_fail(qt_loop: Loop, audio: HearingDevices) -> None:
    audio.hears = audio.plays = False

    found = finding(qt_loop, audio)

    assert found.state is StepState.FAILED
    assert "USB Headset gives no sound; " in found.detail
    assert "Built-in Audio takes no sound" in found.detail
    assert found.remedy == device_check.CHOOSE


def test_no_device_fails_and_the_other_is_tried(qt_loop: Loop, audio: HearingDevices) -> None:
    audio.plug([], [BUILT_IN])

    found = finding(qt_loop, audio)

    assert found.state is StepState.FAILED
    assert found.detail == "there is no microphone; the speaker Built-in Audio took a short tone"
    assert found.remedy == device_check.NO_MICROPHONE.remedy


@pytest.mark.parametrize("search", [search for search in Search if search is not Search.DONE])
def test_without_devices_it_says_why(qt_loop: Loop, audio: HearingDevices, search: Search) -> None:
    audio.search = search

    found = finding(qt_loop, audio)

    assert found == device_check.NOT_DONE[search]
    assert not audio.played


def test_a_call_keeps_its_devices(qt_loop: Loop, audio: HearingDevices) -> None:
    call = FakeRoom()
    audio.attach(call)

    found = qt_loop.run_until_complete(DeviceCheck(audio)())

    assert (found.state, found.detail) == (StepState.SKIPPED, device_check.IN_CALL)
    assert audio.attached is call


def test_a_call_that_begins_takes_the_devices(qt_loop: Loop, audio: HearingDevices) -> None:
    audio.hears = False
    call = FakeRoom()

    async def begin_meanwhile() -> Outcome:
        check = start(DeviceCheck(audio)())
        await until(lambda: audio.attached is not None)
        audio.attach(call)
        return await check

    found = qt_loop.run_until_complete(begin_meanwhile())

    assert found.detail == device_check.IN_CALL
    assert audio.attached is call


def test_two_tests_at_once_take_turns(qt_loop: Loop, audio: HearingDevices) -> None:
    check = DeviceCheck(audio)

    async def twice() -> tuple[Outcome, Outcome]:
        return await asyncio.gather(check(), check())

    found = qt_loop.run_until_complete(twice())

    assert [each.state for each in found] == [StepState.OK, StepState.OK]


def test_cancelled_it_lets_the_devices_go(qt_loop: Loop, audio: HearingDevices) -> None:
    audio.hears = False

    async def cancel() -> None:
        check = start(DeviceCheck(audio)())
        await until(lambda: audio.attached is not None)
        check.cancel()
        await asyncio.wait([check])
        assert check.cancelled()

    qt_loop.run_until_complete(cancel())

    assert audio.attached is None


def test_with_a_real_audio_server(qt_loop: Loop, pulse: PulseServer, tmp_path: Path) -> None:
    audio = AudioDevices(WindowMemory(tmp_path / "panel.ini"), AnchoredClock())
    check = DeviceCheck(audio)

    async def both_ways() -> tuple[Outcome, Outcome]:
        await audio.find()
        silent = await check()
        with pulse.speaking(tone(1000.0, -6.0, 20.0)), pulse.recording() as recording:
            await until(lambda: len(recording.samples()) > 4800)
            spoken = await check()
            await until(lambda: np.abs(recording.samples().astype(np.int32)).max() > 900)
        return silent, spoken

    try:
        silent, spoken = qt_loop.run_until_complete(both_ways())
    finally:
        qt_loop.run_until_complete(audio.close())
        audio.deleteLater()

    assert (silent.state, spoken.state) == (StepState.WARNING, StepState.OK)
    assert silent.detail.startswith("the microphone Microphone is silent; ")
    assert spoken.detail == (
        "the microphone Microphone hears up to -6 dBFS; the speaker Speaker took a short tone"
    )


def start(coro: Coroutine[Any, Any, Outcome]) -> asyncio.Task[Outcome]:
    return asyncio.get_running_loop().create_task(coro)
