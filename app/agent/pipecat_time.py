"""Translates Pipecat's times into those of the process's one clock."""

import time
from typing import Protocol

from app.domain.ports import Clock


class PipelineClock(Protocol):
    """Pipecat's clock: nanoseconds since the pipeline began to set up."""

    def get_time(self) -> int: ...


class PipecatTime:
    """Reads both of Pipecat's clocks: `time.time()` in records, the pipeline's in frame pushes. Any thread."""

    def __init__(self, clock: Clock, pipeline: PipelineClock) -> None:
        self._clock = clock
        self._pipeline = pipeline

    def now(self) -> float:
        return self._clock.now()

    def of_record(self, stamp: float) -> float:
        """Our time of a reading of `time.time()`."""
        return self._clock.now() - (time.time() - stamp)

    def of_push(self, timestamp_ns: int) -> float:
        """Our time of a reading of the pipeline's clock."""
        return self._clock.now() - (self._pipeline.get_time() - timestamp_ns) / 1e9
