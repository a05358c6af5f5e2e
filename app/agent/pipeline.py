# pyright: reportUnknownMemberType=false
"""Builds the Pipecat pipeline that a preset describes."""

from dataclasses import dataclass

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.clocks.system_clock import SystemClock
from pipecat.observers.base_observer import BaseObserver
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.turns.empty_user_turn import EmptyUserTurnConfig
from pipecat.turns.user_start import (
    BaseUserTurnStartStrategy,
    TranscriptionUserTurnStartStrategy,
    VADUserTurnStartStrategy,
)
from pipecat.turns.user_stop import (
    BaseUserTurnStopStrategy,
    SpeechTimeoutUserTurnStopStrategy,
    TurnAnalyzerUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from app.agent.conversation import examples
from app.agent.eager_turn import EagerTurnAnalyzer
from app.agent.first_clause import SpeakableText
from app.agent.llama_service import SmolLm2Service
from app.agent.local_models import LoadedModels
from app.agent.piper_service import PiperJoeService
from app.agent.whisper_service import WhisperTinyEnService
from app.domain.access import RoomAccess
from app.domain.presets import Preset, TurnTaking

INPUT_RATE_HZ = 16_000
OUTPUT_RATE_HZ = 24_000
OUTPUT_QUEUE_MS = 200
"""How far writing may run ahead of what is played. Pipecat's 1000 lets the bot believe it is done a second early."""
ASK_AGAIN = "Ask me to say that again."
"""What the model is told when it was cut off by something that nobody could understand."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A pipeline ready to run, and the parts of it that its host talks to."""

    worker: PipelineWorker
    transport: LiveKitTransport
    context: LLMContext
    clock: SystemClock
    """What the pipeline's frame times count on, in nanoseconds."""


def build_bot(
    preset: Preset,
    access: RoomAccess,
    models: LoadedModels,
    observers: list[BaseObserver],
    extra: tuple[FrameProcessor, ...] = (),
) -> Bot:
    """Put the preset's services between the ends of a LiveKit transport. Agent loop only; blocks for 0.2 s.

    `extra` processors sit between the voice and the room.
    """
    transport = LiveKitTransport(access.url, access.token, access.room, params=_transport_params())
    context = LLMContext([*examples(preset)])
    llm = SmolLm2Service(models.llama, preset.services.llm, preset.system_prompt)
    llm.follow(context)
    stt = WhisperTinyEnService(models.transcriber, preset.services.stt, llm.read_ahead)
    tts = preset.services.tts
    sides = LLMContextAggregatorPair(context, user_params=_listening(preset.turn_taking))
    pipeline = Pipeline(
        [
            transport.input(),
            stt,
            sides.user(),
            llm,
            SpeakableText(tts.first_clause),
            PiperJoeService(models.voice, tts.speed),
            *extra,
            transport.output(),
            sides.assistant(),
        ]
    )
    clock = SystemClock()
    return Bot(_worker(pipeline, clock, observers), transport, context, clock)


def _transport_params() -> LiveKitParams:
    return LiveKitParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        # Mixed, because one recogniser cannot read two streams in turns.
        audio_in_user_tracks=False,
        audio_out_queue_size_ms=OUTPUT_QUEUE_MS,
        audio_out_end_silence_secs=0,
    )


def _worker(
    pipeline: Pipeline, clock: SystemClock, observers: list[BaseObserver]
) -> PipelineWorker:
    return PipelineWorker(
        pipeline,
        params=PipelineParams(
            audio_in_sample_rate=INPUT_RATE_HZ,
            audio_out_sample_rate=OUTPUT_RATE_HZ,
            enable_heartbeats=True,
            enable_metrics=True,
            enable_usage_metrics=True,
        ),
        clock=clock,
        observers=observers,
        idle_timeout_secs=None,
        enable_rtvi=False,
        enable_turn_tracking=False,
    )


def _listening(turn_taking: TurnTaking) -> LLMUserAggregatorParams:
    vad = turn_taking.vad
    return LLMUserAggregatorParams(
        vad_analyzer=SileroVADAnalyzer(
            params=VADParams(
                confidence=vad.confidence,
                start_secs=vad.start_secs,
                stop_secs=vad.stop_secs,
                min_volume=vad.min_volume,
            )
        ),
        user_turn_strategies=UserTurnStrategies(
            start=_starts(interruptions=turn_taking.interruptions), stop=[_stop(turn_taking)]
        ),
        empty_user_turn=EmptyUserTurnConfig(interrupted_prompt=ASK_AGAIN),
    )


def _starts(*, interruptions: bool) -> list[BaseUserTurnStartStrategy]:
    return [
        VADUserTurnStartStrategy(enable_interruptions=interruptions),
        TranscriptionUserTurnStartStrategy(enable_interruptions=interruptions),
    ]


def _stop(turn_taking: TurnTaking) -> BaseUserTurnStopStrategy:
    if turn_taking.smart_turn is None:
        return SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    params = SmartTurnParams(stop_secs=turn_taking.smart_turn.stop_secs)
    analyzer: BaseTurnAnalyzer = LocalSmartTurnAnalyzerV3(params=params)
    if turn_taking.smart_turn.speculative:
        ahead = LocalSmartTurnAnalyzerV3(params=params)
        analyzer = EagerTurnAnalyzer(analyzer, ahead, turn_taking.vad.stop_secs)
    return TurnAnalyzerUserTurnStopStrategy(turn_analyzer=analyzer)
