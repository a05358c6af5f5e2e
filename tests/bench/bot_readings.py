# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A set-up file that writes down what a bot's pipeline meets, the same in every way to run it.

Name it in PIPECAT_SETUP_FILES and give a file in BOT_READINGS. Each line is a JSON object: `less_turn_detection_ms`
of an answer, which is Pipecat's latency without what the turn strategies decided to wait; or `heard_at`, seconds
since the epoch, when the first loud audio after a second of quiet came from the transport.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pipecat.frames.frames import InputAudioRawFrame
from pipecat.observers.user_bot_latency_observer import (
    LatencyBreakdown,
    MeasuredFrom,
    UserBotLatencyObserver,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_input import BaseInputTransport

READINGS = "BOT_READINGS"
LOUD_DBFS = -45.0
QUIET_S = 1.0


def write(**reading: float) -> None:
    with Path(os.environ[READINGS]).open("a") as lines:
        lines.write(json.dumps(reading) + "\n")


class Onsets:
    """Stands before what an input transport does with a block of audio."""

    def __init__(self, transport: BaseInputTransport) -> None:
        self._push = transport.push_audio_frame
        self._loud_at = 0.0

    async def push(self, frame: InputAudioRawFrame) -> None:
        now = time.time()
        samples = np.frombuffer(frame.audio, dtype=np.int16) / 32768.0
        if 20 * np.log10(max(1e-6, float(np.sqrt(np.mean(samples**2))))) > LOUD_DBFS:
            if now - self._loud_at > QUIET_S:
                write(heard_at=now)
            self._loud_at = now
        await self._push(frame)


async def _measured(_observer: UserBotLatencyObserver, breakdown: LatencyBreakdown) -> None:
    if breakdown.measured_from is not MeasuredFrom.USER_SILENCE:
        return
    decided_s = sum(p.duration_secs for p in breakdown.contributions if p.key == "turn_detection")
    write(less_turn_detection_ms=1000 * (breakdown.total_secs - decided_s))


async def setup_pipeline_worker(worker: PipelineWorker) -> None:
    """Called by Pipecat when a worker is about to set its pipeline up."""
    observer = UserBotLatencyObserver()
    observer.add_event_handler("on_latency_breakdown", _measured)
    worker.add_observer(observer)
    for processor in _all(worker.pipeline):
        if isinstance(processor, BaseInputTransport):
            processor.push_audio_frame = Onsets(processor).push


def _all(processor: FrameProcessor) -> Iterator[FrameProcessor]:
    yield processor
    for each in processor.processors:
        yield from _all(each)
