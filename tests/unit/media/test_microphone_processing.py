import numpy as np
import pytest

from app.media.microphone_processing import MicrophoneProcessing
from tests.support.livekit import BLOCK, RATE_HZ, Pcm, rms_dbfs

SECONDS = 8


def syllables(seed: int) -> Pcm:
    """Noise in the band of speech that comes and goes."""
    noise = np.random.default_rng(seed).normal(size=SECONDS * RATE_HZ)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(noise.size, 1 / RATE_HZ)
    voice = np.fft.irfft(np.where((hz > 200) & (hz < 3500), spectrum, 0), noise.size)
    envelope = np.clip(np.sin(2 * np.pi * 1.3 * np.arange(noise.size) / RATE_HZ), 0, 1)
    return (voice / np.abs(voice).max() * envelope * 12_000).astype(np.int16)


def through(heard: Pcm, played: Pcm) -> Pcm:
    processing = MicrophoneProcessing()
    cleaned: list[Pcm] = []
    for start in range(0, heard.size, BLOCK):
        processing.played(played[start : start + BLOCK].tobytes())
        block = processing.clean(heard[start : start + BLOCK].tobytes())
        cleaned.append(np.frombuffer(block, np.int16))
    return np.concatenate(cleaned)


@pytest.mark.parametrize("delay_ms", [40, 120])
def test_takes_the_speakers_echo_out(delay_ms: int) -> None:
    played = syllables(1)
    echo = (np.roll(played, delay_ms * RATE_HZ // 1000) * 0.3).astype(np.int16)

    cleaned = through(echo, played)

    half = echo.size // 2
    assert rms_dbfs(cleaned[half:]) < rms_dbfs(echo[half:]) - 20


def test_lets_the_operators_voice_through() -> None:
    spoken = syllables(2)

    cleaned = through(spoken, np.zeros_like(spoken))

    half = spoken.size // 2
    assert rms_dbfs(cleaned[half:]) > rms_dbfs(spoken[half:]) - 10
