from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from app.storage.placement import Block, Placed, Stream

RATE_HZ = 24_000
BLOCK = 240
"""Samples of 10 ms at the line's rate."""
NOTHING = -40_000
"""No int16: where nothing lies."""


def blocks(times: Iterable[float], first: int = 0) -> list[Block]:
    """Blocks of 10 ms heard at these times; their samples count on, so that each can be told from the others."""
    return [
        Block(at, np.arange(first + i * BLOCK, first + (i + 1) * BLOCK, dtype=np.int16))
        for i, at in enumerate(times)
    ]


def steady(count: int, begin: float = 0.0) -> list[float]:
    return [begin + i * 0.01 for i in range(count)]


def line(placed: Sequence[Placed], seconds: float = 10.0) -> NDArray[np.int32]:
    """What lies on the line, from its start; nothing may lie on anything else."""
    samples = np.full(round(seconds * RATE_HZ), NOTHING, dtype=np.int32)
    for each in placed:
        place = slice(each.first_frame, each.first_frame + each.samples.size)
        assert np.all(samples[place] == NOTHING)
        samples[place] = each.samples
    return samples


def where(samples: NDArray[np.int32], value: int) -> float:
    """The time of the one sample that has this value."""
    (found,) = np.flatnonzero(samples == value)
    return float(found) / RATE_HZ


def test_the_first_block_lies_at_its_time():
    samples = line(Stream(RATE_HZ, RATE_HZ).place(blocks(steady(100, 2.0))))

    assert where(samples, 0) == 2.0
    assert where(samples, 100 * BLOCK - 1) == pytest.approx(3.0, abs=1e-4)


def test_jitter_does_not_tear_the_stream():
    dice = np.random.default_rng(3)
    times = [at + dice.uniform(0.0, 0.05) for at in steady(100)]

    samples = line(Stream(RATE_HZ, RATE_HZ).place(blocks(times)))

    begin = where(samples, 0)
    assert 0.0 <= begin < 0.05
    heard = samples[samples != NOTHING]
    assert np.array_equal(heard, np.arange(100 * BLOCK))
    assert where(samples, 100 * BLOCK - 1) == pytest.approx(begin + 1.0, abs=1e-4)


def test_a_stream_that_was_silent_goes_on_at_its_time():
    stream = Stream(RATE_HZ, RATE_HZ)
    placed = stream.place(blocks(steady(50)))
    placed += stream.place(blocks(steady(50, 3.0), first=50 * BLOCK))

    samples = line(placed)
    assert where(samples, 50 * BLOCK - 1) == pytest.approx(0.5, abs=1e-4)
    assert where(samples, 50 * BLOCK) == 3.0


def test_a_gap_within_a_batch_is_kept():
    times = [*steady(10), *steady(10, 0.25)]

    samples = line(Stream(RATE_HZ, RATE_HZ).place(blocks(times)))

    assert where(samples, 10 * BLOCK) == 0.25


def test_blocks_that_were_held_up_and_came_together_stay_end_to_end():
    times = [*steady(20), *([0.55] * 35), *steady(20, 0.55)]

    samples = line(Stream(RATE_HZ, RATE_HZ).place(blocks(times)))

    heard = samples[samples != NOTHING]
    assert np.array_equal(heard, np.arange(75 * BLOCK))
    assert where(samples, 75 * BLOCK - 1) == pytest.approx(0.75, abs=1e-4)


def test_a_stream_that_runs_ahead_is_cut_to_its_time():
    stream = Stream(RATE_HZ, RATE_HZ)
    placed = stream.place(blocks(steady(50)))
    ahead = steady(50, 0.3)
    placed += stream.place(blocks(ahead[:5], first=50 * BLOCK))
    placed += stream.place(blocks(ahead[5:], first=55 * BLOCK))

    samples = line(placed)
    last = 100 * BLOCK - 1
    assert where(samples, last) == pytest.approx(0.8, abs=1e-4)
    heard = samples[samples != NOTHING]
    assert heard.size == round(0.8 * RATE_HZ)
    assert np.array_equal(heard[: 50 * BLOCK], np.arange(50 * BLOCK))
    assert heard[50 * BLOCK] == 70 * BLOCK


def test_a_clock_that_drifts_is_brought_back_now_and_then():
    stream = Stream(RATE_HZ, RATE_HZ)
    placed: list[Placed] = []
    for second in range(100):
        times = [second * 1.001 + i * 0.01001 for i in range(100)]
        placed += stream.place([Block(at, np.full(BLOCK, 1, dtype=np.int16)) for at in times])

    end = max(each.first_frame + each.samples.size for each in placed) / RATE_HZ
    assert end == pytest.approx(100.1, abs=0.07)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
def test_other_rates_are_resampled_in_their_place(rate_hz: int):
    t = np.arange(rate_hz) / rate_hz
    tone = np.where(t >= 0.5, 10_000 * np.sin(2 * np.pi * 440 * t), 0.0).astype(np.int16)
    stream = Stream(rate_hz, RATE_HZ)
    cuts = [round(i * rate_hz / 100) for i in range(101)]
    placed: list[Placed] = []
    for i in range(100):
        placed += stream.place([Block(2.0 + i * 0.01, tone[cuts[i] : cuts[i + 1]])])
    placed.append(stream.finish())

    samples = line(placed)
    loud = np.flatnonzero(samples > 2000) / RATE_HZ
    assert loud[0] == pytest.approx(2.5, abs=0.002)
    assert loud[-1] == pytest.approx(3.0, abs=0.003)
    assert np.count_nonzero(samples != NOTHING) == RATE_HZ
    assert samples.max() == pytest.approx(10_000, rel=0.05)


def test_what_the_resampler_keeps_is_laid_before_a_gap():
    stream = Stream(48_000, RATE_HZ)
    tone = np.full(480, 5000, dtype=np.int16)
    placed = stream.place([Block(at, tone) for at in steady(50)])
    placed += stream.place([Block(at, tone) for at in steady(50, 3.0)])
    placed.append(stream.finish())

    samples = line(placed)
    assert np.count_nonzero(samples[: round(0.5 * RATE_HZ)] == NOTHING) == 0
    assert np.all(samples[round(0.5 * RATE_HZ) : round(3.0 * RATE_HZ)] == NOTHING)
    assert np.count_nonzero(samples[round(3.0 * RATE_HZ) :] != NOTHING) == RATE_HZ // 2


def test_nothing_lays_nothing():
    assert Stream(RATE_HZ, RATE_HZ).place([]) == []
    assert Stream(RATE_HZ, RATE_HZ).finish().samples.size == 0
