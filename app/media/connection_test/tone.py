"""A tone of 440 Hz, and how much of it arrives."""

from dataclasses import dataclass

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from app.media.track_reader import SAMPLE_RATE_HZ

TONE_HZ = 440.0
PEAK_DBFS = -12.0
SENT_DBFS = PEAK_DBFS - 3.0
"""RMS of a sine."""
BLOCK = SAMPLE_RATE_HZ // 100
LEAST_SHARE = 0.5
"""Of the tone in a block's power, for the block to count as the tone."""
LEAST_DBFS = -45.0
SILENT_DBFS = -120.0

_WAVE = np.exp(-2j * np.pi * TONE_HZ * np.arange(BLOCK) / SAMPLE_RATE_HZ)


def tone_blocks(seconds: float) -> list[bytes]:
    """Mono 48 kHz int16 in blocks of 10 ms."""
    count = round(seconds * 100)
    times = np.arange(count * BLOCK) / SAMPLE_RATE_HZ
    amplitude = 32768.0 * 10 ** (PEAK_DBFS / 20)
    pcm = np.round(amplitude * np.sin(2 * np.pi * TONE_HZ * times)).astype("<i2")
    return [block.tobytes() for block in pcm.reshape(count, BLOCK)]


@dataclass(frozen=True, slots=True)
class Block:
    at: float
    """When it arrived, in seconds since the epoch."""
    dbfs: float
    share: float
    """Of the tone in its power, 0 to 1."""

    @property
    def is_tone(self) -> bool:
        return self.dbfs > LEAST_DBFS and self.share > LEAST_SHARE


class ToneMeter:
    """Measures each block of 10 ms of one remote track. One loop."""

    def __init__(self, track: rtc.RemoteAudioTrack) -> None:
        self.track = track
        self.blocks: list[Block] = []

    def take(self, pcm: bytes, at: float) -> None:
        """Measure 10 ms of mono 48 kHz int16."""
        samples: NDArray[np.float64] = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768.0
        power = float(np.mean(samples**2))
        tone = 2 * abs(complex(np.dot(samples, _WAVE))) ** 2 / BLOCK**2 if power else 0.0
        dbfs = 10 * float(np.log10(power)) if power else SILENT_DBFS
        self.blocks.append(Block(at, dbfs, tone / power if power else 0.0))

    def close(self) -> None:
        """The track has ended; what was measured stays."""

    def tone_since(self, at: float) -> list[Block]:
        """The blocks of the tone that arrived later than that."""
        return [block for block in self.blocks if block.at > at and block.is_tone]
