# pyright: reportUnknownMemberType=false
"""A pipeline without a room: frames in at its head, and all that reaches either end of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
from pipecat.frames.frames import Frame, InputAudioRawFrame, StartFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from tests.support.posted import until

RATE_HZ = 16_000
F = TypeVar("F", bound=Frame)


class End(FrameProcessor):
    """One end of the pipeline; keeps what arrives from its other side and lets all pass."""

    def __init__(self, direction: FrameDirection) -> None:
        super().__init__()
        self._of_interest = direction
        self.frames: list[Frame] = []
        self.started = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.started |= isinstance(frame, StartFrame)
        if direction is self._of_interest:
            self.frames.append(frame)
        await self.push_frame(frame, direction)


class SmallPipeline:
    """A running pipeline. `down` and `up` are what has come to its tail and to its head."""

    def __init__(self, processors: tuple[FrameProcessor, ...]) -> None:
        self._head = End(FrameDirection.UPSTREAM)
        self._tail = End(FrameDirection.DOWNSTREAM)
        self.worker = PipelineWorker(
            Pipeline([self._head, *processors, self._tail]),
            params=PipelineParams(
                audio_in_sample_rate=RATE_HZ,
                audio_out_sample_rate=24_000,
                enable_metrics=True,
                enable_usage_metrics=True,
            ),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )

    @property
    def down(self) -> list[Frame]:
        return self._tail.frames

    @property
    def up(self) -> list[Frame]:
        return self._head.frames

    def of(self, kind: type[F]) -> list[F]:
        """What came to either end of this kind."""
        return [frame for frame in (*self.down, *self.up) if isinstance(frame, kind)]

    async def put(self, *frames: Frame) -> None:
        for frame in frames:
            await self._head.push_frame(frame)

    async def hear(self, pcm: bytes, *, block_s: float = 0.02) -> None:
        """Let audio in, as fast as it goes."""
        step = int(block_s * RATE_HZ) * 2
        for start in range(0, len(pcm), step):
            await self.put(InputAudioRawFrame(pcm[start : start + step], RATE_HZ, 1))

    async def some(self, kind: type[F], count: int = 1, within_s: float = 10.0) -> list[F]:
        """Wait until so many frames of this kind have come."""
        await until(lambda: len(self.of(kind)) >= count, within_s, f"{count} of {kind.__name__}")
        return self.of(kind)

    async def _run(self) -> None:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        await runner.run()

    @asynccontextmanager
    async def running(self, within_s: float = 10.0) -> AsyncGenerator["SmallPipeline"]:
        run = asyncio.get_running_loop().create_task(self._run())
        try:
            await until(lambda: self._tail.started, within_s, "the pipeline's start")
            yield self
        finally:
            # Not by its end, which a service that stalls would wait with.
            await self.worker.cancel()
            _, left = await asyncio.wait([run], timeout=10)
            assert not left, "the pipeline does not end"


def quiet(seconds: float) -> bytes:
    return np.zeros(int(seconds * RATE_HZ), np.int16).tobytes()
