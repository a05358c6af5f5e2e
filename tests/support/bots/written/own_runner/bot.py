#!/usr/bin/env python
import asyncio
import os
import sys

from dotenv import load_dotenv
from loguru import logger

logger.remove()
logger.add(sys.stderr, level="INFO", format="{time} | {message}")

load_dotenv()

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.runner.utils import create_transport
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.livekit.transport import LiveKitParams
from pipecat.workers.runner import WorkerRunner

with open(os.path.join(os.path.dirname(__file__), "prompt.txt")) as f:
    PROMPT = f.read()


async def bot(args):
    logger.remove()
    logger.add(sys.stdout, level="DEBUG")
    transport = await create_transport(
        args,
        {"livekit": lambda: LiveKitParams(audio_in_enabled=True, audio_out_enabled=True)},
    )

    stt = DeepgramSTTService(api_key=os.environ["DEEPGRAM_API_KEY"])
    llm = OpenAILLMService(api_key=os.environ["OPENAI_API_KEY"])
    tts = ElevenLabsTTSService(
        api_key=os.environ["ELEVENLABS_API_KEY"],
        settings=ElevenLabsTTSService.Settings(voice="21m00Tcm4TlvDq8ikWAM"),
    )
    context = LLMContext([{"role": "system", "content": PROMPT}])
    agg = LLMContextAggregatorPair(
        context,
        user_params=LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(params=VADParams(stop_secs=0.3))
        ),
    )
    worker = PipelineWorker(
        Pipeline(
            [transport.input(), stt, agg.user(), llm, tts, transport.output(), agg.assistant()]
        ),
        params=PipelineParams(enable_metrics=True),
    )

    @transport.event_handler("on_first_participant_joined")
    async def joined(transport, participant_id):
        await asyncio.sleep(0.5)
        await worker.queue_frame(TTSSpeakFrame("Hi there, how can I help?"))

    @transport.event_handler("on_participant_disconnected")
    async def left(transport, participant_id):
        print("bye", participant_id)
        await worker.cancel()

    runner = WorkerRunner()
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    from pipecat.runner.run import main

    main()
