# pyright: reportUnknownMemberType=false
"""Changes an agent while its call runs, as far as Pipecat allows it."""

from dataclasses import replace
from typing import Any

from pipecat.frames.frames import (
    Frame,
    LLMUpdateSettingsFrame,
    TTSUpdateSettingsFrame,
    VADParamsUpdateFrame,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.ai_service import AIService

from app.agent.fallback.relay import Relay
from app.agent.pipeline import Bot
from app.agent.service_factory import make_settings
from app.agent.turn_taking import vad_params
from app.domain.errors import UserError
from app.domain.facts import SettingChanged
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.ports import Clock, FactSink
from app.domain.preset_rules import OutOfRangeError
from app.domain.preset_services import CatalogueService, Realtime
from app.domain.presets import Preset

NOT_IN_A_CALL = "It can be changed in the preset, for the next call."


class LiveTuning:
    """Owns the preset as it is in this call. Agent loop only."""

    def __init__(self, preset: Preset, bot: Bot, sink: FactSink, clock: Clock) -> None:
        self.preset = preset
        self._bot = bot
        self._sink = sink
        self._clock = clock

    async def change(self, change: LiveChange) -> None:
        """Make a change from the next turn on, and tell it. Raises UserError where that cannot be."""
        try:
            before, changed = _changed(self.preset, change)
        except OutOfRangeError as error:
            raise UserError("This value is not possible.", f"{error}.") from error
        frame = self._frame(change, changed)
        self.preset = changed
        self._bot.builder.follow(changed)
        if frame is not None:
            await self._bot.worker.queue_frame(frame)
        self._sink.post(
            SettingChanged(
                at=self._clock.now(),
                name=change.setting.value,
                before=before,
                after=str(change.value),
            )
        )

    def _frame(self, change: LiveChange, changed: Preset) -> Frame | None:
        """What tells the pipeline; None when it is only for a service that is made later."""
        match change.setting:
            case LiveSetting.INSTRUCTIONS:
                text = self._bot.builder.instructions(changed)
                delta = _delta(self._bot.llm, {"system_instruction": text})
                return delta and LLMUpdateSettingsFrame(delta=delta)
            case LiveSetting.MODEL:
                delta = _delta(self._bot.llm, {"model": change.value}, first_only=True)
                return delta and LLMUpdateSettingsFrame(delta=delta)
            case LiveSetting.VOICE:
                tts = self._bot.tts
                assert tts is not None
                delta = _delta(tts, {"voice": change.value}, first_only=True)
                return delta and TTSUpdateSettingsFrame(delta=delta)
            case LiveSetting.SILENCE_S:
                return VADParamsUpdateFrame(params=vad_params(changed.turn_taking.vad))


def _delta(part: FrameProcessor, values: dict[str, Any], *, first_only: bool = False) -> Any:
    """The settings that change, as the service at work has them; None when it is not the one that they are for."""
    service = part
    if isinstance(part, Relay):
        if first_only and not part.first_at_work:
            return None
        service = part.at_work
    if not isinstance(service, AIService):
        return None
    return make_settings(type(service), values, type(service).__name__, delta=True)


def _changed(preset: Preset, change: LiveChange) -> tuple[str, Preset]:
    """What was before, and the preset with the change."""
    match change.setting:
        case LiveSetting.INSTRUCTIONS:
            text = str(change.value).strip()
            return preset.instructions, replace(preset, instructions=text)
        case LiveSetting.SILENCE_S:
            taking = preset.turn_taking
            vad = replace(taking.vad, stop_secs=float(change.value))
            before = f"{taking.vad.stop_secs:g}"
            return before, replace(preset, turn_taking=replace(taking, vad=vad))
        case LiveSetting.MODEL:
            return _with_service(preset, "llm", "model", str(change.value))
        case LiveSetting.VOICE:
            return _with_service(preset, "tts", "voice", str(change.value))


def _with_service(preset: Preset, part: str, name: str, value: str) -> tuple[str, Preset]:
    services = preset.services
    if isinstance(services, Realtime):
        title = f"The {name} of a speech-to-speech service cannot change while it speaks."
        raise UserError(title, NOT_IN_A_CALL)
    chosen = services.llm if part == "llm" else services.tts
    if not isinstance(chosen, CatalogueService):
        raise UserError(f"{chosen.service} has no other {name}.", "Choose another service.")
    if not value.strip():
        raise UserError(f"The {name} is empty.", "Say which it shall be.")
    another = replace(chosen, **{name: value.strip()})
    return getattr(chosen, name), replace(preset, services=replace(services, **{part: another}))
