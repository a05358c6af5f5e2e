# soundfile leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.domain.errors import UsageError
from app.media.speech_file import load_speech
from tests.support.livekit import strength

RATES_HZ = [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]


def sine(seconds: float, rate_hz: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 0.25 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
def test_reads_any_rate_mono_or_stereo(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "question.wav"
    soundfile.write(path, np.column_stack([sine(1.0, rate_hz)] * channels), rate_hz)

    speech = load_speech(path)

    assert speech.duration_s == pytest.approx(1.0, abs=0.02)
    assert speech.pcm.dtype == np.int16
    assert speech.pcm.size % 480 == 0
    assert strength(speech.pcm, 440) > 0.99
    assert np.abs(speech.pcm).max() == pytest.approx(0.25 * 32767, rel=0.02)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT", "ULAW"])
def test_reads_any_encoding(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "question.wav"
    soundfile.write(path, sine(0.5, 16_000), 16_000, subtype=subtype)

    assert load_speech(path).duration_s == pytest.approx(0.5, abs=0.02)


def test_ends_with_the_last_sound(tmp_path: Path) -> None:
    path = tmp_path / "question.wav"
    samples = np.concatenate([np.zeros(8000), sine(0.5, 16_000), np.zeros(32_000)])
    soundfile.write(path, samples, 16_000)

    assert load_speech(path).duration_s == pytest.approx(1.0, abs=0.02)


def test_clips_what_is_over_full_scale(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    samples = np.concatenate([8 * sine(0.5, 48_000), [np.nan, np.inf]])
    soundfile.write(path, samples, 48_000, subtype="FLOAT")

    assert np.abs(load_speech(path).pcm.astype(int)).max() >= 32_767


def wrong_file(folder: Path, kind: str) -> Path:
    path = folder / "question.wav"
    match kind:
        case "empty":
            path.touch()
        case "text":
            path.write_text("What is the weather like?\n" * 50)
        case "flac":
            soundfile.write(path, sine(0.5, 16_000), 16_000, format="FLAC")
        case "no samples":
            soundfile.write(path, np.zeros(0), 16_000)
        case "silence":
            soundfile.write(path, np.zeros(16_000), 16_000)
        case "folder":
            path.mkdir()
        case "truncated":
            soundfile.write(path, sine(0.5, 16_000), 16_000)
            path.write_bytes(path.read_bytes()[:20])
        case _:
            pass
    return path


@pytest.mark.parametrize(
    "kind", ["missing", "empty", "text", "flac", "no samples", "silence", "folder", "truncated"]
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, kind: str) -> None:
    path = wrong_file(tmp_path, kind)

    with pytest.raises(UsageError, match=r"question\.wav") as raised:
        load_speech(path)

    assert raised.value.exit_code == 2
    assert "WAV file with speech" in raised.value.hint
