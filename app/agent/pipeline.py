# pyright: reportUnknownMemberType=false
"""Builds the Pipecat pipeline that a preset describes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipecat.clocks.system_clock import SystemClock
from pipecat.observers.base_observer import BaseObserver
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregator,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport

from app.agent.cascade import CascadeBuilder
from app.agent.choices import SwitchTold
from app.agent.conversation import examples
from app.agent.fallback.speaking import Recorded
from app.agent.local_models import LoadedModels
from app.agent.service_factory import Materials
from app.agent.speech_to_speech import SpeechToSpeechBuilder
from app.agent.tools import Tool
from app.agent.turn_taking import listening, listening_beside
from app.domain.access import RoomAccess
from app.domain.preset_services import Realtime, Services
from app.domain.presets import Preset

INPUT_RATE_HZ = 16_000
OUTPUT_RATE_HZ = 24_000
OUTPUT_QUEUE_MS = 200
"""How far writing may run ahead of what is played. Pipecat's 1000 lets the bot believe it is done a second early."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a pipeline is built from, beside its preset."""

    models: LoadedModels
    materials: Materials
    told: SwitchTold
    recorded: Recorded | None = None
    """The line that is played when no voice is left, or nobody who hears, thinks and speaks."""
    tools: Sequence[Tool] = ()
    extra: tuple[FrameProcessor, ...] = ()
    """Processors between the voice and the room."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A pipeline ready to run, and the parts of it that its host talks to."""

    worker: PipelineWorker
    transport: LiveKitTransport
    context: LLMContext
    sides: LLMContextAggregatorPair
    llm: FrameProcessor
    tts: FrameProcessor | None
    """None where one service hears, thinks and speaks."""
    builder: CascadeBuilder | SpeechToSpeechBuilder
    """Who makes the services, those included that take over."""
    clock: SystemClock
    """What the pipeline's frame times count on, in nanoseconds."""

    @property
    def caller(self) -> LLMUserAggregator:
        """Who knows when the caller speaks."""
        return self.sides.user()


def build_bot(
    preset: Preset, access: RoomAccess, parts: Parts, observers: list[BaseObserver]
) -> Bot:
    """Put the preset's services between the ends of a LiveKit transport. Agent loop only; blocks for 0.2 s.

    The import of a service that this process has not used yet takes up to seconds. Raises UserError for services that
    cannot be made.
    """
    transport = LiveKitTransport(access.url, access.token, access.room, params=_transport_params())
    context = LLMContext([*examples(preset)], tools=[*parts.tools])
    inner = build_conversation(preset, context, parts)
    pipeline = Pipeline(
        [transport.input(), *inner.before_room, *parts.extra, transport.output(), inner.last]
    )
    clock = SystemClock()
    worker = _worker(pipeline, clock, observers)
    return Bot(worker, transport, context, inner.sides, inner.llm, inner.tts, inner.builder, clock)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The processors of a preset without the ends of its pipeline."""

    before_room: tuple[FrameProcessor, ...]
    llm: FrameProcessor
    tts: FrameProcessor | None
    sides: LLMContextAggregatorPair
    builder: CascadeBuilder | SpeechToSpeechBuilder

    @property
    def last(self) -> FrameProcessor:
        """Comes after the room: it notes what was really said."""
        return self.sides.assistant()


def build_conversation(preset: Preset, context: LLMContext, parts: Parts) -> Conversation:
    """Make the preset's processors. Agent loop only. Raises UserError for services that cannot be made."""
    if isinstance(preset.services, Realtime):
        return _realtime(preset, preset.services, context, parts)
    return _cascade(preset, preset.services, context, parts)


def _cascade(preset: Preset, services: Services, context: LLMContext, parts: Parts) -> Conversation:
    builder = CascadeBuilder(
        preset, parts.models, parts.materials, context, parts.told, parts.recorded
    )
    made = builder.build(services)
    sides = LLMContextAggregatorPair(context, user_params=listening(preset))
    order = (made.stt, sides.user(), made.llm, made.speakable, made.tts)
    return Conversation(order, made.llm, made.tts, sides, builder)


def _realtime(
    preset: Preset, services: Realtime, context: LLMContext, parts: Parts
) -> Conversation:
    builder = SpeechToSpeechBuilder(preset, parts.materials, context, parts.told, parts.recorded)
    llm = builder.build(services)
    sides = LLMContextAggregatorPair(context, user_params=listening_beside(preset))
    return Conversation((sides.user(), llm), llm, None, sides, builder)


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
