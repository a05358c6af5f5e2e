"""What the stages of a turn are called, and which of them share a colour."""

from dataclasses import dataclass
from enum import StrEnum


class StageHue(StrEnum):
    """The nine colours of stages, named as the tokens of the look are."""

    SILENCE = "silence"
    STT = "stt"
    TURN = "turn"
    LLM = "llm"
    TOOL = "tool"
    SENTENCE = "sentence"
    VOICE = "voice"
    OUT = "out"
    NET = "net"


@dataclass(frozen=True, slots=True)
class StageKind:
    """What a stage is called, its colour, and whether a setting spends its time as a rule."""

    label: str
    hue: StageHue
    setting: bool = False


KINDS = {
    "endpointing_wait": StageKind("Silence wait", StageHue.SILENCE, setting=True),
    "transcription": StageKind("Transcribe", StageHue.STT),
    "turn_detection": StageKind("Turn decision", StageHue.TURN, setting=True),
    "llm_inference": StageKind("LLM", StageHue.LLM),
    "function_handler": StageKind("Tool", StageHue.TOOL),
    "sentence_aggregation": StageKind("Sentence hold", StageHue.SENTENCE, setting=True),
    "speech_synthesis": StageKind("Voice", StageHue.VOICE),
    "output_transport": StageKind("Output", StageHue.OUT),
    "pipeline": StageKind("Pipeline", StageHue.SILENCE),
    "first_request": StageKind("First request", StageHue.TURN),
    "turn_completion": StageKind("Turn completion", StageHue.TURN, setting=True),
    "waiting_for_user": StageKind("Waiting for the caller", StageHue.SILENCE, setting=True),
    "llm_tool_call": StageKind("LLM writes the tool call", StageHue.LLM),
    "awaiting_speakable_text": StageKind("Waiting for text", StageHue.SENTENCE),
}
"""By the keys of Pipecat's `LatencyContribution`."""


def stage_kind(key: str, label: str = "") -> StageKind:
    """What is known of a stage; one that is not known keeps its own label."""
    return KINDS.get(key) or StageKind(
        (label or key.replace("_", " ")).capitalize(), StageHue.SILENCE
    )
