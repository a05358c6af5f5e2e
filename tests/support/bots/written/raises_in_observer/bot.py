from loguru import logger
from pipecat.frames.frames import InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.observers.startup_timing_observer import StartupTimingObserver


class Statistics(BaseObserver):
    def __init__(self):
        super().__init__()
        self.sizes = {}

    async def on_push_frame(self, data: FramePushed):
        if isinstance(data.frame, InputAudioRawFrame):
            self.sizes[data.source.name] += len(data.frame.audio)


timing = StartupTimingObserver()


@timing.event_handler("on_transport_timing_report")
async def report(observer, timing_report):
    logger.info(f"started in {timing_report.total_secs:.2f} s")


async def bot(runner_args):
    params = {
        "webrtc": lambda: TransportParams(audio_in_enabled=True, audio_out_enabled=True),
    }
    transport = await create_transport(runner_args, params)
    pipeline = Pipeline([transport.input(), transport.output()])
    worker = PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True), observers=[Statistics(), timing])

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(transport, client):
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=runner_args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()
