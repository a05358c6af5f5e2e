# pyright: reportUnknownMemberType=false
import subprocess
import sys
import wave
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.storage.wav_file import WavFile, WavFullError

RATE_HZ = 24_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "call.wav"


def ramp(count: int, first: int = 0) -> NDArray[np.int16]:
    return np.arange(first, first + count, dtype=np.int16)


def read(path: Path) -> NDArray[np.int16]:
    """The frames that soundfile reads, shape (n, 2); the wave module must agree."""
    frames, rate_hz = cast(
        "tuple[NDArray[np.int16], int]", soundfile.read(path, dtype="int16", always_2d=True)
    )
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, rate_hz)
        assert file.readframes(file.getnframes()) == frames.tobytes()
    return frames


def test_a_new_file_is_empty_valid_and_private(path: Path):
    WavFile(path, RATE_HZ, 2).close()

    assert read(path).shape == (0, 2)
    assert path.stat().st_mode & 0o777 == 0o600


def test_samples_lie_where_they_were_put_and_silence_everywhere_else(path: Path):
    wav = WavFile(path, RATE_HZ, 2)
    wav.mix(100, 1, ramp(50))
    wav.mix(20, 0, ramp(10, 5))
    wav.close()

    frames = read(path)
    assert frames.shape == (150, 2)
    assert np.array_equal(frames[100:, 1], ramp(50))
    assert np.array_equal(frames[20:30, 0], ramp(10, 5))
    assert np.count_nonzero(frames) == 49 + 10


def test_what_lies_on_each_other_is_added_and_clipped(path: Path):
    wav = WavFile(path, RATE_HZ, 2)
    wav.mix(0, 0, np.array([100, 30000, -30000], dtype=np.int16))
    wav.mix(1, 0, np.array([10000, -10000, 7], dtype=np.int16))
    wav.close()

    assert read(path)[:, 0].tolist() == [100, 32767, -32768, 7]


def test_after_a_sync_the_file_on_disk_is_whole(path: Path):
    wav = WavFile(path, RATE_HZ, 2)
    wav.mix(0, 0, ramp(1000))
    wav.extend(1500)
    wav.sync()

    frames = read(path)
    assert frames.shape == (1500, 2)
    assert np.array_equal(frames[:1000, 0], ramp(1000))
    wav.close()


def test_it_never_gets_shorter(path: Path):
    wav = WavFile(path, RATE_HZ, 2)
    wav.mix(0, 0, ramp(1000))
    wav.extend(10)
    wav.extend(-10)
    wav.close()

    assert read(path).shape == (1000, 2)


def test_what_does_not_fit_into_the_format_is_refused(path: Path):
    wav = WavFile(path, RATE_HZ, 2, most_bytes=4000)
    wav.mix(0, 0, ramp(1000))

    with pytest.raises(WavFullError):
        wav.mix(1000, 0, ramp(1))
    with pytest.raises(WavFullError):
        wav.extend(1001)
    wav.close()

    assert read(path).shape == (1000, 2)


def test_the_largest_file_is_one_that_others_can_open(path: Path):
    wav = WavFile(path, RATE_HZ, 2)
    most = (2**32 - 1 - 44) // 4
    wav.extend(most)  # Sparse: it takes no room.
    wav.mix(most - 10, 1, ramp(10))
    wav.close()

    with soundfile.SoundFile(path) as file:
        assert file.frames == most
        file.seek(most - 10)
        last = cast("NDArray[np.int16]", file.read(dtype="int16"))
        assert last[:, 1].tolist() == list(range(10))


def test_a_file_that_is_there_is_not_touched(path: Path):
    path.write_bytes(b"precious")

    with pytest.raises(FileExistsError):
        WavFile(path, RATE_HZ, 2)
    assert path.read_bytes() == b"precious"


def test_a_disk_that_is_full_from_the_start_leaves_no_file(path: Path):
    # The child's files may have 10 bytes, less than a header.
    code = f"""
import resource
from pathlib import Path
from app.storage.wav_file import WavFile
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    WavFile(Path({str(path)!r}), 24000, 2)
except OSError:
    raise SystemExit(7)
"""
    child = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)

    assert child.returncode == 7
    assert not path.exists()
