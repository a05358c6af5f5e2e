"""What the process took for a call."""

import psutil

MB = 1_000_000


class ProcessFigures:
    """Memory and processor time of this process from `begin` on. One thread at a time."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._rss_mb_start: float | None = None
        self._cpu_s_start = 0.0

    def begin(self) -> None:
        self._rss_mb_start = self._rss_mb()
        self._cpu_s_start = self._cpu_s()

    def figures(self) -> dict[str, float | None]:
        """The `process` part of call.json, up to now."""
        return {
            "rss_mb_start": self._rss_mb_start,
            "rss_mb_end": self._rss_mb(),
            "cpu_s": self._cpu_s() - self._cpu_s_start,
        }

    def _rss_mb(self) -> float:
        return self._process.memory_info().rss / MB

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system
