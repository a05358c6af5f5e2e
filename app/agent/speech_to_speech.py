# pyright: reportUnknownMemberType=false
"""Makes the speech-to-speech services of a preset, with those that take over from them."""

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from app.agent.choices import SwitchTold, labels, prepare_chain, told_of
from app.agent.fallback.realtime import RealtimeRelay
from app.agent.fallback.relay import Choice
from app.agent.fallback.session_ready import introduce
from app.agent.fallback.speaking import Recorded
from app.agent.recall import Recall
from app.agent.service_factory import Materials, build_service
from app.domain.preset_services import CatalogueService, Realtime
from app.domain.presets import Preset
from app.domain.services import ServiceKind


class SpeechToSpeechBuilder:
    """Makes the one processor that hears, thinks and speaks. Agent loop only."""

    def __init__(
        self,
        preset: Preset,
        materials: Materials,
        context: LLMContext,
        told: SwitchTold,
        recorded: Recorded | None = None,
    ) -> None:
        """`recorded` is the line that is played when nobody answers."""
        self._preset = preset
        self._materials = materials
        self._context = context
        self._recall = Recall(context)
        self._told = told
        self._recorded = recorded

    def follow(self, preset: Preset) -> None:
        """Make services as this preset says from now on; it has the same services, set otherwise."""
        self._preset = preset

    def instructions(self, preset: Preset) -> str:
        """What the service at work is told when its instructions become this preset's."""
        return self._recall.kept_with(preset.system_prompt)

    def build(self, services: Realtime) -> RealtimeRelay:
        """Make it. Raises UserError when none of the services can be made."""
        kind, chain = ServiceKind.REALTIME, (services.realtime, *services.realtime.fallback)
        prepare_chain(chain, self._materials, self._preset.system_prompt)
        choices = [
            Choice(label, lambda place=place: self._make(place))
            for place, label in enumerate(labels(kind, chain))
        ]
        told = told_of(kind, self._told)
        return RealtimeRelay(choices, told, self._preset.failover, self._recall, self._recorded)

    def _make(self, place: int) -> FrameProcessor:
        _, chain = self._preset.services.chains[0]
        chosen = chain[place]
        assert isinstance(chosen, CatalogueService)
        prompt = self._recall.added_to(self._preset.system_prompt)
        tools = self._context.tools
        known = tools if isinstance(tools, ToolsSchema) else None
        service = build_service(chosen, self._materials, prompt, known)
        introduce(service, self._context)
        return service
