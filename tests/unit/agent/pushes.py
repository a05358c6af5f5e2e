"""Pushes of frames as a pipeline's observer is told of them, without a pipeline."""

from typing import Any

from pipecat.frames.frames import Frame
from pipecat.observers.base_observer import FramePushed
from pipecat.pipeline.pipeline import PipelineSink
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams


class Ticking:
    """Stands for our clock and for the pipeline's, which began at 1000 s of ours."""

    def __init__(self) -> None:
        self.time_s = 1000.0

    def now(self) -> float:
        return self.time_s

    def get_time(self) -> int:
        return round((self.time_s - 1000.0) * 1e9)


class Pushes:
    """Makes pushes at the time of a clock."""

    def __init__(self, clock: Ticking) -> None:
        self._clock = clock
        self.service = FrameProcessor(name="Service#0")
        self.output = BaseOutputTransport(TransportParams(), name="Output#0")
        self.sink = PipelineSink(_nowhere)

    def of(
        self,
        frame: Frame,
        source: FrameProcessor | None = None,
        destination: FrameProcessor | None = None,
        *,
        upstream: bool = False,
        first: bool = True,
    ) -> FramePushed:
        return FramePushed(
            source=source or self.service,
            destination=destination or self.service,
            frame=frame,
            direction=FrameDirection.UPSTREAM if upstream else FrameDirection.DOWNSTREAM,
            timestamp=self._clock.get_time(),
            first_push=first,
        )


async def _nowhere(*_: Any) -> None:
    pass
