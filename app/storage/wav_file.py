"""A WAV file that can be mixed into at any place and that a crash leaves whole."""

import os
import struct
from io import FileIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES: Final = 44
BYTES_PER_SAMPLE: Final = 2
MOST_BYTES: Final = 0xFFFFFFFF - HEADER_BYTES
"""What the 32-bit sizes of the format can count: 4 GB."""


class WavFullError(Exception):
    """The file holds as much as the format can count."""


class WavFile:
    """16-bit PCM, written without buffers; it is silent wherever nothing was mixed in.

    `sync` makes the header true; libsndfile could do that, but soundfile does not pass it on. One thread at a time.
    Every method may raise OSError.
    """

    def __init__(
        self, path: Path, sample_rate_hz: int, channels: int, most_bytes: int = MOST_BYTES
    ) -> None:
        """Make the file, for this user's eyes only. Raises FileExistsError when it is there."""
        self._frame_bytes = channels * BYTES_PER_SAMPLE
        self._channels = channels
        self._sample_rate_hz = sample_rate_hz
        self._most_frames = most_bytes // self._frame_bytes
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file = FileIO(os.open(path, flags, 0o600), "r+")
        self.frames = 0
        """How long the file is; the header counts them from the next `sync` on."""
        try:
            self.sync()
        except OSError:
            self._file.close()
            path.unlink()
            raise

    def mix(self, first_frame: int, channel: int, samples: NDArray[np.int16]) -> None:
        """Add samples, shape (n,), int16, to one channel from `first_frame` on.

        Raises WavFullError when they do not fit into the format.
        """
        end = first_frame + samples.size
        self._require_room(end)
        frames = self._read(first_frame, samples.size)
        mixed = frames[:, channel].astype(np.int32) + samples
        frames[:, channel] = np.clip(mixed, -32768, 32767)
        self._write(HEADER_BYTES + first_frame * self._frame_bytes, frames.tobytes())
        self.frames = max(self.frames, end)

    def extend(self, frames: int) -> None:
        """Make the file at least this long. Raises WavFullError when that does not fit into the format."""
        self._require_room(frames)
        if frames > self.frames:
            self._file.truncate(HEADER_BYTES + frames * self._frame_bytes)
            self.frames = frames

    def sync(self) -> None:
        """Write the header for what the file holds."""
        rate, width = self._sample_rate_hz, self._frame_bytes
        data_bytes = self.frames * width
        bits = 8 * BYTES_PER_SAMPLE
        form = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
        layout = (b"fmt ", 16, 1, self._channels, rate, rate * width, width, bits)
        self._write(
            0, form + struct.pack("<4sIHHIIHH", *layout) + struct.pack("<4sI", b"data", data_bytes)
        )

    def close(self) -> None:
        """Cut off what a failed write has left behind the last whole frame, and close the file."""
        try:
            self._file.truncate(HEADER_BYTES + self.frames * self._frame_bytes)
            self.sync()
        finally:
            self._file.close()

    def _require_room(self, frames: int) -> None:
        if frames > self._most_frames:
            raise WavFullError

    def _read(self, first_frame: int, count: int) -> NDArray[np.int16]:
        """The frames there, shape (count, channels), silent behind the end of the file."""
        self._file.seek(HEADER_BYTES + first_frame * self._frame_bytes)
        data = self._file.read(count * self._frame_bytes) or b""
        frames = np.zeros(count * self._channels, dtype=np.int16)
        frames[: len(data) // BYTES_PER_SAMPLE] = np.frombuffer(data, dtype="<i2")
        return frames.reshape(count, self._channels)

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
