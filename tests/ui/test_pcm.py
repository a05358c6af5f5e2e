"""Conversion between a device's samples and those of the room."""

import numpy as np
import pytest

from app.runtime.pcm import level
from app.ui.audio.pcm import Intake, Layout, Outlet
from tests.support.pulseaudio import tone

PLAIN = Layout("i2", 1, 48_000)
LAYOUTS = [
    Layout("u1", 1, 48_000),
    Layout("i2", 2, 48_000),
    Layout("i4", 1, 48_000),
    Layout("f4", 2, 44_100),
    Layout("f4", 1, 16_000),
    Layout("i2", 6, 96_000),
]


class Room:
    """Gives a tone, as a call would."""

    def __init__(self) -> None:
        self._pcm = tone(440.0, -6.0, 5.0).tobytes()
        self._at = 0

    def pull(self, sample_count: int) -> bytes:
        taken = self._pcm[self._at : self._at + 2 * sample_count]
        self._at += 2 * sample_count
        return taken


def test_the_rooms_own_layout_passes_untouched() -> None:
    pcm = tone(440.0, -6.0, 0.1).tobytes()

    assert Intake(PLAIN, 48_000)(pcm) == pcm
    assert Outlet(PLAIN, 48_000, Room().pull).take(1001) == pcm[:1000]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_a_tone_keeps_its_level_and_pitch_through_a_device(layout: Layout) -> None:
    outlet = Outlet(layout, 48_000, Room().pull)
    intake = Intake(layout, 48_000)
    wanted = layout.rate_hz * layout.frame_bytes // 50

    # A loopback: what the speaker is given is what the microphone hears, in blocks that end within a frame.
    played = b"".join(outlet.take(wanted + 3) for _ in range(100))
    heard = b"".join(intake(played[at : at + 777]) for at in range(0, len(played), 777))

    pcm = np.frombuffer(heard, np.int16)[4800:-4800]
    assert len(pcm) == pytest.approx(2 * 48_000 - 9600, abs=2400)
    assert level(pcm).peak_dbfs == pytest.approx(-6.0, abs=0.15)
    assert level(pcm).rms_dbfs == pytest.approx(-9.0, abs=0.15)
    strongest = np.argmax(np.abs(np.fft.rfft(pcm))) * 48_000 / len(pcm)
    assert strongest == pytest.approx(440.0, abs=1.0)


@pytest.mark.parametrize("layout", [PLAIN, *LAYOUTS], ids=str)
def test_full_scale_does_not_wrap_around(layout: Layout) -> None:
    loud = np.full(4800, -32768, np.int16).tobytes()
    outlet = Outlet(layout, 48_000, lambda count: loud[: 2 * count])
    heard = Intake(layout, 48_000)(outlet.take(layout.rate_hz * layout.frame_bytes // 2))

    assert np.frombuffer(heard, np.int16).max() < 16_000
