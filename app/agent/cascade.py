# pyright: reportUnknownMemberType=false
"""Makes the services of a cascade, with those that take over from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from app.agent.choices import SwitchTold, labels, prepare_chain, told_of
from app.agent.fallback.hearing import HearingRelay
from app.agent.fallback.relay import Choice
from app.agent.fallback.speaking import Recorded, SpeakingRelay
from app.agent.fallback.thinking import ThinkingRelay
from app.agent.first_clause import SpeakableText
from app.agent.llama_service import SmolLm2Service
from app.agent.local_models import LoadedModels
from app.agent.piper_service import PiperJoeService
from app.agent.service_factory import Materials, build_service
from app.agent.whisper_service import WhisperTinyEnService
from app.domain.errors import UserError
from app.domain.preset_services import (
    AnyService,
    CatalogueService,
    FirstClause,
    PiperJoe,
    Services,
    SmolLm2,
    WhisperTinyEn,
)
from app.domain.presets import Preset
from app.domain.services import ServiceKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cascade:
    """The processors of a cascade, in their order around the aggregator of the caller's words."""

    stt: FrameProcessor
    llm: FrameProcessor
    speakable: SpeakableText
    tts: FrameProcessor


class CascadeBuilder:
    """Makes the processors of one preset. Agent loop only."""

    def __init__(
        self,
        preset: Preset,
        models: LoadedModels,
        materials: Materials,
        context: LLMContext,
        told: SwitchTold,
        recorded: Recorded | None = None,
    ) -> None:
        """`recorded` is the line that is played when no voice is left."""
        self._preset = preset
        self._models = models
        self._materials = materials
        self._context = context
        self._told = told
        self._recorded = recorded
        self._on_words: Callable[[str], None] | None = None

    def follow(self, preset: Preset) -> None:
        """Make services as this preset says from now on; it has the same services, set otherwise."""
        self._preset = preset

    def instructions(self, preset: Preset) -> str:
        """What the model at work is told when its instructions become this preset's."""
        return preset.system_prompt

    def build(self, services: Services) -> Cascade:
        """Make them. A service that is alone and on this computer works bare, all others behind a relay.

        Raises UserError when the service that is to begin cannot be made.
        """
        chains = dict(services.chains)
        first_clause = _first_clause(services)
        llm = self._llm(chains[ServiceKind.LLM], first_clause)
        if isinstance(llm, SmolLm2Service):
            self._on_words = llm.read_ahead
        return Cascade(
            self._stt(chains[ServiceKind.STT]),
            llm,
            SpeakableText(first_clause),
            self._tts(chains[ServiceKind.TTS]),
        )

    def _stt(self, chain: tuple[AnyService, ...]) -> FrameProcessor:
        if _is_bare(chain):
            return self._make(chain[0])
        choices, told = self._choices(ServiceKind.STT, chain), told_of(ServiceKind.STT, self._told)
        return HearingRelay(choices, told, self._preset.failover)

    def _llm(
        self, chain: tuple[AnyService, ...], first_clause: FirstClause | None
    ) -> FrameProcessor:
        if _is_bare(chain):
            return self._make(chain[0])
        choices, told = self._choices(ServiceKind.LLM, chain), told_of(ServiceKind.LLM, self._told)
        return ThinkingRelay(choices, told, self._preset.failover, first_clause)

    def _tts(self, chain: tuple[AnyService, ...]) -> FrameProcessor:
        if _is_bare(chain):
            return self._make(chain[0])
        choices, told = self._choices(ServiceKind.TTS, chain), told_of(ServiceKind.TTS, self._told)
        return SpeakingRelay(choices, told, self._preset.failover, self._recorded)

    def _choices(self, kind: ServiceKind, chain: tuple[AnyService, ...]) -> list[Choice]:
        prepare_chain(chain, self._materials, self._preset.system_prompt)
        return [
            Choice(label, lambda place=place: self._make(self._chain(kind)[place]))
            for place, label in enumerate(labels(kind, chain))
        ]

    def _chain(self, kind: ServiceKind) -> tuple[AnyService, ...]:
        return dict(self._preset.services.chains)[kind]

    def _make(self, chosen: AnyService) -> FrameProcessor:
        models = self._models
        match chosen:
            case CatalogueService():
                return build_service(chosen, self._materials, self._preset.system_prompt)
            case WhisperTinyEn():
                transcriber = _loaded(models.transcriber, "Whisper")
                return WhisperTinyEnService(transcriber, chosen, self._on_words)
            case SmolLm2():
                llama = _loaded(models.llama, "SmolLM2")
                llm = SmolLm2Service(llama, chosen, self._preset.system_prompt)
                llm.follow(self._context)
                return llm
            case PiperJoe():
                return PiperJoeService(_loaded(models.voice, "Piper"), chosen.speed)


def _loaded(model: T | None, name: str) -> T:
    if model is None:
        raise UserError(f"{name} is not loaded.", "Start the call again.")
    return model


def _is_bare(chain: tuple[AnyService, ...]) -> bool:
    return len(chain) == 1 and not isinstance(chain[0], CatalogueService)


def _first_clause(services: Services) -> FirstClause | None:
    """The rule of the local voice; a voice elsewhere is better given whole sentences."""
    return services.tts.first_clause if isinstance(services.tts, PiperJoe) else None
