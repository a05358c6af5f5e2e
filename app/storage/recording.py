"""Records a call as a stereo WAV file: the caller left, the agent right."""

import atexit
import errno
import logging
import shutil
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread

import numpy as np

from app.domain.errors import UserError
from app.domain.facts import Lane
from app.storage.placement import Block, Placed, Stream
from app.storage.wav_file import MOST_BYTES, WavFile, WavFullError

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 24_000
"""Speech has little above 12 kHz, and at this rate a WAV file holds 12 hours; at 48 kHz it would hold 6."""
CHANNELS = {Lane.CALLER: 0, Lane.AGENT: 1}
FLUSH_S = 0.2
SETTLE_S = 0.1
"""Audio that was held up comes in a burst; after this time it has."""
AHEAD_S = 5.0
"""Nothing is heard later than now; a block dated so far ahead has no true time."""
MOST_WAITING_BYTES = 32_000_000
"""Some minutes of all lanes, for a disk that hangs."""
RESERVE_BYTES = 50_000_000
"""Left free for the call library: what was said takes little room and is worth more than how it sounded."""
CLOSE_S = 5.0

_FULL = {errno.ENOSPC, errno.EDQUOT}


class _DiskNearlyFullError(Exception):
    """No more than the reserve is left."""


@dataclass(frozen=True, slots=True)
class _Heard:
    lane: Lane
    source: str
    at: float
    pcm: bytes
    sample_rate_hz: int
    arrived_at: float
    """`time.monotonic()`."""


_Key = tuple[Lane, str, int]


class StereoRecording:
    """Owns the file and the thread that writes it; an `AudioRecorder`.

    The file is as long as the call: its first frame is at `started_at` and it grows with the clock, so that both
    channels stay where they were heard. It is true on disk to within half a second at any moment. It stops by itself
    when the disk or the format is full; `on_stopped` is then told why, once, on the recording's thread.
    """

    def __init__(
        self,
        path: Path,
        started_at: float,
        *,
        on_stopped: Callable[[str], None],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Begin to record; `started_at` is now. Raises UserError when the file cannot be made."""
        self.path = path
        self.started_at = started_at
        self._began = time.monotonic()
        self._on_stopped = on_stopped
        try:
            self._wav = WavFile(path, SAMPLE_RATE_HZ, len(CHANNELS), most_bytes)
        except OSError as error:
            hint = f"Check that {path.parent} is writable and has room."
            raise UserError(
                f"The recording {path} cannot be made: {_reason(error)}.", hint
            ) from error
        self._lock = Lock()
        self._waiting: deque[_Heard] = deque()
        self._waiting_bytes = 0
        self._lost_blocks = 0
        self._streams: dict[_Key, Stream] = {}
        self._closing = Event()
        self._stopped = False
        self._thread = Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()
        # A daemon that is closed at exit: an error that ends the program neither hangs on it nor cuts the call short.
        atexit.register(self.close)

    def write(self, lane: Lane, source: str, at: float, pcm: bytes, sample_rate_hz: int) -> None:
        """See `app.domain.ports.AudioRecorder`. Lanes that are neither the caller's nor the agent's are not kept."""
        if self._stopped or self._closing.is_set() or lane not in CHANNELS:
            return
        heard = _Heard(lane, source, at - self.started_at, pcm, sample_rate_hz, time.monotonic())
        with self._lock:
            if self._waiting_bytes + len(pcm) <= MOST_WAITING_BYTES:
                self._waiting.append(heard)
                self._waiting_bytes += len(pcm)
                return
        self._lose()

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Write what is left and end; whether the thread ended within `timeout_s`. Never on the UI thread."""
        self._closing.set()
        self._thread.join(timeout_s)
        atexit.unregister(self.close)
        return not self._thread.is_alive()

    def _lose(self) -> None:
        if not self._lost_blocks:
            log.error("recording %s: the disk does not keep up, audio is lost", self.path)
        self._lost_blocks += 1

    # The recording's thread

    def _run(self) -> None:
        try:
            self._record()
        except _DiskNearlyFullError:
            self._stop(f"the disk has less than {RESERVE_BYTES // 1_000_000} MB left")
        except WavFullError:
            self._stop("it has reached 4 GB, the most that a WAV file holds")
        except OSError as error:
            self._stop(_reason(error))
        finally:
            self._close_file()

    def _record(self) -> None:
        while not self._closing.wait(FLUSH_S):
            self._flush(self._take(time.monotonic() - SETTLE_S))
            if shutil.disk_usage(self.path.parent).free < RESERVE_BYTES:
                raise _DiskNearlyFullError
        self._flush(self._take(time.monotonic()))
        for (lane, _, _), stream in self._streams.items():
            self._mix(lane, [stream.finish()])
        self._wav.sync()

    def _take(self, until: float) -> list[_Heard]:
        """What had arrived by then."""
        taken: list[_Heard] = []
        with self._lock:
            while self._waiting and self._waiting[0].arrived_at <= until:
                taken.append(self._waiting.popleft())
            self._waiting_bytes -= sum(len(heard.pcm) for heard in taken)
        return taken

    def _flush(self, heard: Iterable[_Heard]) -> None:
        by_stream: dict[_Key, list[Block]] = defaultdict(list)
        for each in heard:
            samples = np.frombuffer(each.pcm[: len(each.pcm) // 2 * 2], dtype="<i2")
            by_stream[each.lane, each.source, each.sample_rate_hz].append(Block(each.at, samples))
        for key, blocks in by_stream.items():
            lane, _, sample_rate_hz = key
            stream = self._streams.setdefault(key, Stream(sample_rate_hz, SAMPLE_RATE_HZ))
            self._mix(lane, stream.place(blocks))
        self._wav.extend(round((time.monotonic() - self._began - SETTLE_S) * SAMPLE_RATE_HZ))
        self._wav.sync()

    def _mix(self, lane: Lane, placed: Iterable[Placed]) -> None:
        latest = round((time.monotonic() - self._began + AHEAD_S) * SAMPLE_RATE_HZ)
        for each in placed:
            before_start = max(0, -each.first_frame)
            if before_start < each.samples.size and each.first_frame <= latest:
                samples = each.samples[before_start:]
                self._wav.mix(each.first_frame + before_start, CHANNELS[lane], samples)

    def _stop(self, reason: str) -> None:
        self._stopped = True
        log.warning("recording %s stopped: %s", self.path, reason)
        self._on_stopped(reason)

    def _close_file(self) -> None:
        self._streams.clear()
        with self._lock:
            self._waiting.clear()
        try:
            self._wav.close()
        except OSError as error:
            log.warning("recording %s: %s", self.path, error)


def _reason(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full"
    return (error.strerror or str(error)).lower()
