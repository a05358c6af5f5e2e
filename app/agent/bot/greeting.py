# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Sets off the greeting of bots that wait for an RTVI client, which a plain caller in a room is not."""

import asyncio

from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frameworks.rtvi import RTVIProcessor
from pipecat.transports.base_transport import BaseTransport


def greet_without_client(worker: PipelineWorker, transport: BaseTransport, after_s: float) -> None:
    """When somebody has been there for `after_s` and no client is ready, say that one is. Agent loop only.

    A client that says so later gets its answer from the bot and sets off no second greeting.
    """
    rtvi = worker._rtvi  # noqa: SLF001
    if rtvi is None:
        return

    waiting: set[asyncio.Task[None]] = set()

    async def greet() -> None:
        await asyncio.sleep(after_s)
        if not rtvi._client_ready:  # noqa: SLF001
            _answer_only(rtvi)
            await RTVIProcessor.set_client_ready(rtvi)

    async def on_client_connected(*_: object) -> None:
        # Not in the handler: the pipeline's end waits for those that run.
        task = asyncio.get_running_loop().create_task(greet(), name="greeting")
        waiting.add(task)
        task.add_done_callback(waiting.discard)

    async def on_pipeline_finished(*_: object) -> None:
        for task in waiting:
            task.cancel()

    transport.add_event_handler("on_client_connected", on_client_connected)
    worker.add_event_handler("on_pipeline_finished", on_pipeline_finished)


def _answer_only(rtvi: RTVIProcessor) -> None:
    """From now on a client that is ready is told that the bot is, and nothing else happens."""

    async def set_client_ready() -> None:
        await rtvi.set_bot_ready()

    rtvi.set_client_ready = set_client_ready
