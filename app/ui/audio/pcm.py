"""Converts between a device's samples and mono int16 at the room's rate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import soxr
from numpy.typing import NDArray

BLOCK_MS = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """How a device lays its samples out, little-endian and interleaved."""

    dtype: str
    """numpy's name: u1, i2, i4 or f4."""
    channels: int
    rate_hz: int

    @property
    def frame_bytes(self) -> int:
        return np.dtype(self.dtype).itemsize * self.channels


class _Resampler(Protocol):
    def resample_chunk(self, x: NDArray[np.float32], last: bool = False) -> NDArray[np.float32]: ...


def _resampler(from_hz: int, to_hz: int) -> _Resampler | None:
    if from_hz == to_hz:
        return None
    return cast("_Resampler", soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="MQ"))


class Intake:
    """Turns what a microphone gives into mono int16 at `rate_hz`. Keeps half frames for the next call."""

    def __init__(self, layout: Layout, rate_hz: int) -> None:
        self._layout = layout
        self._resampler = _resampler(layout.rate_hz, rate_hz)
        self._plain = layout == Layout("i2", 1, rate_hz)
        self._rest = b""

    def __call__(self, raw: bytes) -> bytes:
        raw = self._rest + raw
        whole = len(raw) - len(raw) % self._layout.frame_bytes
        raw, self._rest = raw[:whole], raw[whole:]
        if self._plain or not raw:
            return raw
        mono = _to_float(raw, self._layout).mean(axis=1, dtype=np.float32)
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        return _from_float(mono, "i2").tobytes()


class Outlet:
    """Takes mono int16 at `rate_hz` from `pull(sample_count)` as a speaker asks for it, in the speaker's layout."""

    def __init__(self, layout: Layout, rate_hz: int, pull: Callable[[int], bytes]) -> None:
        self._layout = layout
        self._block = rate_hz * BLOCK_MS // 1000
        self._resampler = _resampler(rate_hz, layout.rate_hz)
        self._plain = layout == Layout("i2", 1, rate_hz)
        self._pull = pull
        self._ready = bytearray()

    def take(self, byte_count: int) -> bytes:
        """Whole frames, at most `byte_count` bytes."""
        byte_count -= byte_count % self._layout.frame_bytes
        if self._plain:
            return self._pull(byte_count // 2)
        while len(self._ready) < byte_count:
            self._ready += self._converted(self._pull(self._block))
        taken = bytes(self._ready[:byte_count])
        del self._ready[:byte_count]
        return taken

    def _converted(self, pcm: bytes) -> bytes:
        mono = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        spread = np.repeat(mono, self._layout.channels)
        return _from_float(spread, self._layout.dtype).tobytes()


def _to_float(raw: bytes, layout: Layout) -> NDArray[np.float32]:
    """Samples in -1..1, one row per frame."""
    x = np.frombuffer(raw, np.dtype(layout.dtype).newbyteorder("<")).reshape(-1, layout.channels)
    match layout.dtype:
        case "u1":
            return (x.astype(np.float32) - 128.0) / 128.0
        case "i2":
            return x.astype(np.float32) / 32768.0
        case "i4":
            return (x / 2147483648.0).astype(np.float32)
        case _:
            return x.astype(np.float32)


def _from_float(x: NDArray[np.float32], dtype: str) -> NDArray[np.generic]:
    match dtype:
        case "u1":
            return np.clip(np.round(x * 128.0 + 128.0), 0, 255).astype(np.uint8)
        case "i2":
            return np.clip(np.round(x * 32768.0), -32768, 32767).astype("<i2")
        case "i4":
            wide = x.astype(np.float64) * 2147483648.0
            return np.clip(np.round(wide), -2147483648, 2147483647).astype("<i4")
        case _:
            return x.astype("<f4")
