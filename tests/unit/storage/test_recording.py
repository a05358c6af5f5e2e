# pyright: reportUnknownMemberType=false
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.domain.errors import UserError
from app.domain.facts import Lane
from app.domain.ports import AudioRecorder
from app.runtime.clock import AnchoredClock
from app.storage import recording
from app.storage.recording import SAMPLE_RATE_HZ, StereoRecording

CLOCK = AnchoredClock()

SPEAKS = """
import sys, time
from pathlib import Path
import numpy as np
from app.domain.facts import Lane
from app.runtime.clock import AnchoredClock
from app.storage.recording import StereoRecording

clock = AnchoredClock()
began = clock.now()
recording = StereoRecording(Path(sys.argv[1]), began, on_stopped=lambda why: print(why, flush=True))
told = open(sys.argv[2], "w")
tone = (8000 * np.sin(2 * np.pi * 500 * np.arange(480) / 48000)).astype(np.int16).tobytes()
for number in range(100_000):
    while clock.now() < began + number * 0.01:
        time.sleep(0.002)
    recording.write(Lane.CALLER, "caller", began + number * 0.01, tone, 48000)
    recording.write(Lane.AGENT, "agent", began + number * 0.01, tone, 48000)
    told.seek(0)
    told.write(f"{number * 0.01:09.2f}")
    told.flush()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "call.wav"


class Stops(list[str]):
    """Why recordings stopped."""


@pytest.fixture
def stops() -> Stops:
    return Stops()


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def tone(seconds: float, rate_hz: int = 48_000, amplitude: int = 8000) -> bytes:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * 500 * t)).astype(np.int16).tobytes()


def say(
    to: AudioRecorder, lane: Lane, source: str, at: float, pcm: bytes, rate_hz: int = 48_000
) -> None:
    """Write audio in blocks of 10 ms, the first of them heard at `at`."""
    size = 2 * (rate_hz // 100)
    for number, start in enumerate(range(0, len(pcm), size)):
        to.write(lane, source, at + number * 0.01, pcm[start : start + size], rate_hz)


def read(path: Path) -> NDArray[np.int16]:
    frames, rate_hz = cast(
        "tuple[NDArray[np.int16], int]", soundfile.read(path, dtype="int16", always_2d=True)
    )
    assert rate_hz == SAMPLE_RATE_HZ
    return frames


def heard(channel: NDArray[np.int16]) -> tuple[float, float] | None:
    """When the first and the last sample was heard that are loud."""
    loud = np.flatnonzero(np.abs(channel.astype(np.int32)) > 1000) / SAMPLE_RATE_HZ
    return (float(loud[0]), float(loud[-1])) if loud.size else None


def test_the_caller_is_left_and_the_agent_right_where_they_were_heard(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    say(audio, Lane.CALLER, "caller", began + 0.5, tone(1.0))
    say(audio, Lane.AGENT, "agent", began + 2.0, tone(1.0, 24_000), 24_000)
    assert audio.close()

    frames = read(path)
    assert heard(frames[:, 0]) == (pytest.approx(0.5, abs=0.005), pytest.approx(1.5, abs=0.005))
    assert heard(frames[:, 1]) == (pytest.approx(2.0, abs=0.005), pytest.approx(3.0, abs=0.005))
    assert not stops


def test_other_lanes_are_not_recorded(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    say(audio, Lane.EAR, "agent", began, tone(0.5))
    say(audio, Lane.OPERATOR, "you", began, tone(0.5))
    audio.close()

    assert not np.any(read(path))


def test_two_sources_of_a_lane_are_mixed(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    for source in ("caller", "guest"):
        level = np.full(24_000, 3000, dtype=np.int16).tobytes()
        say(audio, Lane.CALLER, source, began, level, 24_000)
    audio.close()

    assert np.all(read(path)[200:23_800, 0] == 6000)


def test_what_was_heard_before_the_start_is_cut(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    say(audio, Lane.CALLER, "caller", began - 0.5, tone(1.0))
    say(audio, Lane.AGENT, "agent", began - 5.0, tone(1.0))
    audio.close()

    frames = read(path)
    assert heard(frames[:, 0]) == (pytest.approx(0.0, abs=0.005), pytest.approx(0.5, abs=0.005))
    assert heard(frames[:, 1]) is None


def test_a_block_dated_into_the_future_is_not_recorded(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    say(audio, Lane.CALLER, "caller", began + 3600.0, tone(0.1))
    audio.close()

    assert path.stat().st_size < 1_000_000


def test_the_file_grows_with_the_clock_although_nobody_speaks(path: Path, stops: Stops):
    audio = StereoRecording(path, CLOCK.now(), on_stopped=stops.append)

    def seconds() -> float:
        with wave.open(str(path)) as file:
            return file.getnframes() / file.getframerate()

    assert eventually(lambda: seconds() > 0.5)
    audio.close()


def test_half_a_sample_does_no_harm(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    audio.write(Lane.CALLER, "caller", began, tone(0.1) + b"\1", 48_000)
    audio.close()

    assert heard(read(path)[:, 0]) is not None


def test_after_closing_nothing_more_is_taken(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    assert audio.close()
    size = path.stat().st_size

    say(audio, Lane.CALLER, "caller", began, tone(1.0))

    assert audio.close()
    assert path.stat().st_size == size
    assert "recording" not in {thread.name for thread in threading.enumerate()}


def test_it_stops_by_itself_when_the_format_is_full(path: Path, stops: Stops):
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append, most_bytes=40_000)
    say(audio, Lane.CALLER, "caller", began, tone(2.0))

    assert eventually(lambda: bool(stops))
    say(audio, Lane.CALLER, "caller", began + 2.0, tone(2.0))
    assert audio.close()
    assert stops == ["it has reached 4 GB, the most that a WAV file holds"]
    assert read(path).shape[0] <= 10_000


def test_it_leaves_room_for_what_is_said(path: Path, stops: Stops, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "RESERVE_BYTES", 10**18)
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    say(audio, Lane.CALLER, "caller", began, tone(1.0))

    assert eventually(lambda: bool(stops))
    assert audio.close()
    assert stops == ["the disk has less than 1000000000000 MB left"]
    read(path)


def test_a_disk_that_does_not_keep_up_loses_audio_and_not_memory(
    path: Path, stops: Stops, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(recording, "MOST_WAITING_BYTES", 10_000)
    began = CLOCK.now()
    audio = StereoRecording(path, began, on_stopped=stops.append)
    for _ in range(3):
        say(audio, Lane.CALLER, "caller", began, tone(1.0))
    audio.close()

    assert caplog.text.count("does not keep up") == 1
    assert not stops


def test_a_file_that_cannot_be_made_gets_a_sentence(path: Path, tmp_path: Path, stops: Stops):
    path.write_bytes(b"precious")

    with pytest.raises(UserError) as there:
        StereoRecording(path, CLOCK.now(), on_stopped=stops.append)
    assert "exists" in there.value.title
    with pytest.raises(UserError):
        StereoRecording(tmp_path / "no" / "call.wav", CLOCK.now(), on_stopped=stops.append)
    assert path.read_bytes() == b"precious"


def spoken(told: Path) -> float:
    """How far the child has spoken, in seconds."""
    return float(told.read_text() or 0) if told.exists() else 0.0


def test_after_kill_9_the_file_opens_and_plays_to_the_moment_of_death(path: Path, tmp_path: Path):
    told = tmp_path / "told"
    child = subprocess.Popen([sys.executable, "-c", SPEAKS, str(path), str(told)])
    assert eventually(lambda: spoken(told) > 2.5)
    child.send_signal(signal.SIGKILL)
    child.wait(10)

    frames = read(path)
    with wave.open(str(path)) as file:
        assert file.getnframes() == frames.shape[0]
    for channel in frames.T:
        began, ended = heard(channel) or (None, None)
        assert began == pytest.approx(0.0, abs=0.05)
        assert ended == pytest.approx(spoken(told), abs=1.0)


FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
"""


def test_a_full_disk_stops_the_recording_and_nothing_else(path: Path, tmp_path: Path):
    told = tmp_path / "told"
    child = subprocess.Popen(
        [sys.executable, "-c", FULL_DISK + SPEAKS, str(path), str(told)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "file too large\n"
        at_the_stop = spoken(told)
        assert eventually(lambda: spoken(told) > at_the_stop + 0.3)
        child.kill()
        assert child.stdout.read() == ""

    frames = read(path)
    assert 10_000 < frames.shape[0] <= 25_000
    assert heard(frames[:, 0]) is not None
