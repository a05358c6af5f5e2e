"""What can be changed of an agent while its call runs."""

from dataclasses import dataclass
from enum import StrEnum


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
