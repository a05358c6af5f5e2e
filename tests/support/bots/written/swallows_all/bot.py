import asyncio

from loguru import logger
from pipecat.frames.frames import CancelFrame, EndFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner


class Recorder(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, (EndFrame, CancelFrame)):
            return
        await self.push_frame(frame, direction)


async def upload_forever():
    while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            logger.warning("not now")


uploads = []


async def bot(runner_args):
    params = {
        "webrtc": lambda: TransportParams(audio_in_enabled=True, audio_out_enabled=True),
    }
    transport = await create_transport(runner_args, params)
    pipeline = Pipeline([transport.input(), Recorder(), transport.output()])
    worker = PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True))
    uploads.append(asyncio.create_task(upload_forever()))

    runner = WorkerRunner(handle_sigint=runner_args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()
