"""A short store of PCM between two threads."""

from threading import Lock


class PcmRing:
    """Mono int16 samples, first in first out, bounded: when full the oldest go. Any thread; never blocks for long."""

    def __init__(self, capacity_samples: int) -> None:
        self._capacity = 2 * capacity_samples
        self._lock = Lock()
        self._bytes = bytearray()
        self._dropped = 0

    def __len__(self) -> int:
        """Samples held."""
        return len(self._bytes) // 2

    @property
    def dropped(self) -> int:
        """Samples lost for want of space since the start."""
        return self._dropped

    def write(self, pcm: bytes) -> None:
        with self._lock:
            self._bytes += pcm
            if (excess := len(self._bytes) - self._capacity) > 0:
                del self._bytes[:excess]
                self._dropped += excess // 2

    def read(self, sample_count: int) -> bytes | None:
        """Take that many samples; None, and nothing taken, while there are fewer."""
        with self._lock:
            if len(self._bytes) < 2 * sample_count:
                return None
            taken = bytes(self._bytes[: 2 * sample_count])
            del self._bytes[: 2 * sample_count]
            return taken

    def clear(self) -> None:
        """Let go of all that is held."""
        with self._lock:
            self._bytes.clear()

    def read_up_to(self, sample_count: int) -> bytes:
        """Take what there is, at most that many samples."""
        return self.read(min(sample_count, len(self))) or b""
