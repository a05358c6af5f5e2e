import numpy as np
import pytest
from numpy.typing import NDArray

from app.runtime.pcm import FLOOR_DBFS, Blocks, dbfs, level

RATE_HZ = 48_000


def sine(
    peak_dbfs: float, frequency_hz: float = 1000.0, seconds: float = 0.01
) -> NDArray[np.int16]:
    """A tone of this peak, where 0 dBFS reaches full scale."""
    t = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    amplitude = 32767.0 * 10 ** (peak_dbfs / 20)
    return np.round(amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.int16)


@pytest.mark.parametrize("peak_dbfs", [0.0, -1.0, -6.0, -12.0, -20.0, -40.0, -60.0])
@pytest.mark.parametrize("frequency_hz", [100.0, 1000.0, 4000.0])
def test_levels_of_a_reference_tone_are_right_to_a_tenth(peak_dbfs: float, frequency_hz: float):
    measured = level(sine(peak_dbfs, frequency_hz))

    assert measured.peak_dbfs == pytest.approx(peak_dbfs, abs=0.1)
    assert measured.rms_dbfs == pytest.approx(peak_dbfs - 3.01, abs=0.1)


def test_a_square_at_full_scale_reads_0_in_both():
    measured = level(np.full(480, -32768, dtype=np.int16))

    assert (measured.peak_dbfs, measured.rms_dbfs) == (0.0, 0.0)


def test_silence_and_nothing_read_the_floor():
    for block in (np.zeros(480, dtype=np.int16), np.zeros(0, dtype=np.int16)):
        measured = level(block)
        assert (measured.peak_dbfs, measured.rms_dbfs) == (FLOOR_DBFS, FLOOR_DBFS)
    assert dbfs(1e-9) == FLOOR_DBFS


def test_one_sample_of_one_step_reads_its_level():
    measured = level(np.array([1], dtype=np.int16))

    assert measured.peak_dbfs == pytest.approx(-90.31, abs=0.01)


@pytest.mark.parametrize("chunk", [1, 7, 960, 961, 5000])
def test_blocks_are_10_ms_however_the_bytes_come(chunk: int):
    pcm = np.arange(4800, dtype=np.int16).tobytes()
    blocks = Blocks(RATE_HZ)

    taken = [b for i in range(0, len(pcm), chunk) for b in blocks.split(pcm[i : i + chunk])]

    assert [block.size for block in taken] == [480] * 10
    assert np.concatenate(taken).tobytes() == pcm


def test_where_10_ms_are_no_whole_number_of_samples_the_sum_is_right():
    blocks = Blocks(22_050).split(bytes(2 * 22_050))

    assert len(blocks) == 100
    assert {block.size for block in blocks} == {220, 221}
    assert sum(block.size for block in blocks) == 22_050


def test_what_does_not_fill_a_block_waits():
    blocks = Blocks(RATE_HZ)

    assert blocks.split(bytes(959)) == []
    assert [block.size for block in blocks.split(bytes(1))] == [480]
