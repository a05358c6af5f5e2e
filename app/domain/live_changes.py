"""What can be changed of an agent while its call runs."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.preset_services import CatalogueService, Services
from app.domain.presets import Preset


class LiveSetting(StrEnum):
    """A setting that takes effect with the next turn."""

    INSTRUCTIONS = "instructions"
    MODEL = "model"
    """Of the language model."""
    VOICE = "voice"
    SILENCE_S = "silence_s"
    """The silence after which the VAD calls the end of speech: `turn_taking.vad.stop_secs`."""


@dataclass(frozen=True, slots=True)
class LiveChange:
    """One setting and its new value: text, or seconds."""

    setting: LiveSetting
    value: str | float


def differences(before: Preset, after: Preset) -> tuple[LiveChange, ...]:
    """What of `after` can be brought into a call that was started with `before`.

    A model or voice only where its service stays the same: another service is for the next call.
    """
    old, new = _values(before), _values(after)
    return tuple(
        LiveChange(setting, value)
        for (setting, owner), value in new.items()
        if old.get((setting, owner), value) != value
    )


def _values(preset: Preset) -> dict[tuple[LiveSetting, str], str | float]:
    """By the setting and the service it is of."""
    values: dict[tuple[LiveSetting, str], str | float] = {
        (LiveSetting.INSTRUCTIONS, ""): preset.instructions,
        (LiveSetting.SILENCE_S, ""): preset.turn_taking.vad.stop_secs,
    }
    if isinstance(preset.services, Services):
        llm, tts = preset.services.llm, preset.services.tts
        if isinstance(llm, CatalogueService) and llm.model:
            values[LiveSetting.MODEL, llm.service] = llm.model
        if isinstance(tts, CatalogueService) and tts.voice:
            values[LiveSetting.VOICE, tts.service] = tts.voice
    return values
