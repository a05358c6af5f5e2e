"""Reads speech from a WAV file."""
# soundfile and soxr leave parts of their signatures open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from app.domain.errors import UsageError
from app.domain.speech import ENTER_AT_LEAST_DBFS
from app.media.track_reader import SAMPLE_RATE_HZ
from app.runtime.pcm import Blocks, level

WAV_FORMATS = frozenset({"WAV", "WAVEX", "RF64"})
WHAT_IT_TAKES = "A caller file is a WAV file with speech in it, of any sample rate, mono or stereo."


@dataclass(frozen=True, slots=True)
class Speech:
    """What a file says, up to the end of its last sound."""

    path: Path
    pcm: NDArray[np.int16] = field(repr=False)
    """Mono, 48 kHz, shape (samples,), a whole number of 10 ms blocks."""

    @property
    def duration_s(self) -> float:
        return self.pcm.size / SAMPLE_RATE_HZ


def load_speech(path: Path) -> Speech:
    """Read a WAV file. Raises UsageError, which names the file, when it is missing, no WAV, or holds no speech."""
    if not path.is_file():
        raise UsageError(f"There is no caller file {path}.", WHAT_IT_TAKES)
    try:
        if soundfile.info(path).format not in WAV_FORMATS:
            raise UsageError(f"{path} is no WAV file.", WHAT_IT_TAKES)
        read = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UsageError(f"{path} cannot be read as a WAV file.", WHAT_IT_TAKES) from error
    samples, rate_hz = cast("tuple[NDArray[np.float32], int]", read)
    pcm = _without_silence_after(_to_pcm(samples, rate_hz))
    if pcm.size == 0:
        raise UsageError(f"There is no speech in {path}.", WHAT_IT_TAKES)
    return Speech(path, pcm)


def _to_pcm(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.int16]:
    """From shape (samples, channels), full scale 1.0, to 48 kHz mono int16 in whole blocks."""
    mono = np.nan_to_num(samples.mean(axis=1), posinf=1.0, neginf=-1.0)
    resampled = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ) if mono.size else mono
    pcm = np.clip(resampled * 32767.0, -32768, 32767).astype(np.int16)
    block = SAMPLE_RATE_HZ // 100
    return np.pad(pcm, (0, -pcm.size % block))


def _without_silence_after(pcm: NDArray[np.int16]) -> NDArray[np.int16]:
    blocks = Blocks(SAMPLE_RATE_HZ).split(pcm.tobytes())
    loud = [n for n, block in enumerate(blocks) if level(block).rms_dbfs >= ENTER_AT_LEAST_DBFS]
    return pcm[: (loud[-1] + 1) * blocks[0].size] if loud else pcm[:0]
