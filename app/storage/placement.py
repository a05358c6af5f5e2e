"""Lays the blocks of one audio stream on a time line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

DRIFT_S = 0.06
"""Less than this is jitter of arrival; more, when it lasts, is a gap or a stream that runs ahead."""


@dataclass(frozen=True, slots=True)
class Block:
    """Mono samples, shape (n,), int16, and when the first of them was heard, in seconds from the line's start."""

    at: float
    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Placed:
    """Mono samples, shape (n,), int16, at the line's rate, and the frame of the first."""

    first_frame: int
    samples: NDArray[np.int16]


class _Resampler:
    """Changes the rate of int16 samples, shape (n,); keeps some 40 ms to itself, nothing at equal rates.

    In float: for int16 soxr adds dither, which would turn silence into noise.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        )

    def take(self, samples: NDArray[np.int16], *, last: bool = False) -> NDArray[np.int16]:
        if self._stream is None:
            return samples
        resampled = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        return np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)

    def finish(self) -> NDArray[np.int16]:
        """What has been kept; the next samples begin anew."""
        rest = self.take(np.zeros(0, dtype=np.int16), last=True)
        if self._stream is not None:
            self._stream.clear()
        return rest


class Stream:
    """One stream of one sample rate. One thread at a time.

    The first block is laid by its time, the following end to end. A stream that was silent for a while sends no
    blocks, and its next ones come late: they are laid by their time. Blocks that were only held up come late too, but
    the last of them come together and catch up: those stay end to end. So `place` judges the drift of a run of blocks
    by the one that drifts least, and wants blocks that are some 100 ms old, so that what was held up has arrived.
    """

    def __init__(self, sample_rate_hz: int, line_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._line_rate_hz = line_rate_hz
        self._resampler = _Resampler(sample_rate_hz, line_rate_hz)
        self._next_at: float | None = None
        """Where the next sample given will lie."""
        self._cursor = 0
        """The frame of the next sample that the resampler gives, which keeps some 40 ms to itself."""
        self._to_skip = 0

    def place(self, blocks: Sequence[Block]) -> list[Placed]:
        """Lay the next blocks, which are in the order of their arrival."""
        placed: list[Placed] = []
        for run in _runs(blocks, self._rate_hz):
            placed += self._align(run)
            placed.append(self._lay(self._skip(np.concatenate([block.samples for block in run]))))
        return [each for each in placed if each.samples.size]

    def finish(self) -> Placed:
        """What the resampler has kept to itself; the next block begins anew."""
        self._next_at = None
        return Placed(self._cursor, self._resampler.finish())

    def _align(self, run: Sequence[Block]) -> list[Placed]:
        """Decide where the run begins; what had to be finished before it."""
        lengths_s = [block.samples.size / self._rate_hz for block in run]
        begins = accumulate(lengths_s[:-1], initial=0.0)
        earliest, latest = _extremes(
            block.at - begin for block, begin in zip(run, begins, strict=True)
        )
        if self._next_at is None:
            self._begin_at(earliest)
        elif earliest - self._next_at > DRIFT_S:
            finished = self.finish()
            self._begin_at(earliest)
            return [finished]
        elif latest - self._next_at < -DRIFT_S:
            self._to_skip = round((self._next_at - latest) * self._rate_hz)
        return []

    def _begin_at(self, at: float) -> None:
        self._next_at = at
        self._to_skip = 0
        self._cursor = round(at * self._line_rate_hz)

    def _skip(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """The samples without those that would lie over what has been laid."""
        skipped = min(self._to_skip, samples.size)
        self._to_skip -= skipped
        return samples[skipped:]

    def _lay(self, samples: NDArray[np.int16]) -> Placed:
        assert self._next_at is not None
        self._next_at += samples.size / self._rate_hz
        placed = Placed(self._cursor, self._resampler.take(samples))
        self._cursor += placed.samples.size
        return placed


def _runs(blocks: Sequence[Block], rate_hz: int) -> Iterable[Sequence[Block]]:
    """The blocks, divided wherever one comes later than the end of the one before it."""
    starts = [0] if blocks else []
    for index, (before, block) in enumerate(pairwise(blocks), start=1):
        if block.at - before.at - before.samples.size / rate_hz > DRIFT_S:
            starts.append(index)
    return [blocks[start:end] for start, end in pairwise([*starts, len(blocks)])]


def _extremes(values: Iterable[float]) -> tuple[float, float]:
    kept = list(values)
    return min(kept), max(kept)
