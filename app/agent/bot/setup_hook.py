"""What Pipecat runs for every runner and worker of a bot; its path stands in PIPECAT_SETUP_FILES.

Pipecat loads this file as a copy of its own, so it holds no state.
"""

from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.agent.bot import attaching


async def setup_worker_runner(runner: WorkerRunner) -> None:
    await attaching.to_runner(runner)


async def setup_pipeline_worker(worker: PipelineWorker) -> None:
    await attaching.to_worker(worker)
