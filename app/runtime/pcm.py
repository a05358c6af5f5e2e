"""Levels of PCM audio, and its division into blocks of 10 ms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0
FLOOR_DBFS = -120.0
"""What silence reads."""
BLOCKS_PER_S = 100


@dataclass(frozen=True, slots=True)
class Level:
    """Both relative to full scale: a sine that reaches full scale has a peak of 0 dBFS and an RMS of -3.01 dBFS.

    (AES17 adds 3.01 dB to the RMS, so that such a sine reads 0 in both; the thresholds of `app.domain.speech` and
    the figures shown do not.)
    """

    peak_dbfs: float
    rms_dbfs: float


SILENCE = Level(FLOOR_DBFS, FLOOR_DBFS)


def level(block: NDArray[np.int16]) -> Level:
    """Peak and RMS of mono samples, shape (n,), int16; of none, silence. Any thread."""
    if block.size == 0:
        return SILENCE
    samples = block.astype(np.float64)
    peak = float(np.max(np.abs(samples)))
    rms = float(np.sqrt(np.dot(samples, samples) / samples.size))
    return Level(dbfs(peak / FULL_SCALE), dbfs(rms / FULL_SCALE))


def dbfs(amplitude: float) -> float:
    """Decibels of an amplitude where 1.0 is full scale, not below `FLOOR_DBFS`."""
    if amplitude <= 0.0:
        return FLOOR_DBFS
    return max(FLOOR_DBFS, 20.0 * float(np.log10(amplitude)))


class Blocks:
    """Divides a stream of mono int16 samples into blocks of 10 ms.

    What does not fill a block waits for the next bytes. Where 10 ms is no whole number of samples (22 050 Hz),
    lengths differ by one sample and their sum stays right. One thread at a time.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._rest = b""
        self._given = 0

    def split(self, pcm: bytes) -> list[NDArray[np.int16]]:
        """Take bytes of any length and return the blocks that are now complete, each of shape (n,), int16."""
        self._rest += pcm
        blocks: list[NDArray[np.int16]] = []
        start = 0
        while (end := start + 2 * self._next_length()) <= len(self._rest):
            blocks.append(np.frombuffer(self._rest[start:end], dtype=np.int16))
            self._given += 1
            start = end
        self._rest = self._rest[start:]
        return blocks

    def _next_length(self) -> int:
        begin = self._given * self._sample_rate_hz // BLOCKS_PER_S
        return (self._given + 1) * self._sample_rate_hz // BLOCKS_PER_S - begin
