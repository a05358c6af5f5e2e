# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Finds services of a running bot that were built with nothing where a model or a voice belongs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.ai_service import AIService
from pipecat.services.settings import LLMSettings, TTSSettings

HINT = "Often a variable that is there and empty in the bot’s .env: os.getenv’s default is not used then."


@dataclass(frozen=True, slots=True)
class ServiceTrouble:
    """What a service lacks, in words."""

    what: str
    remedy: str


def troubles_of(processors: Sequence[FrameProcessor]) -> Iterator[ServiceTrouble]:
    """What the services among these processors lack."""
    for processor in processors:
        if isinstance(processor, AIService):
            for missing in _missing(processor):
                yield ServiceTrouble(
                    f"{type(processor).__name__} was built with no {missing}.", HINT
                )


def _missing(service: AIService) -> Iterator[str]:
    settings = service.settings
    if isinstance(settings, LLMSettings) and _is_blank(settings.model):
        yield "model"
    if isinstance(settings, TTSSettings):
        if settings.model == "":
            yield "model"
        if _is_blank(settings.voice):
            yield "voice"


def _is_blank(value: object) -> bool:
    """None, or an empty text; what was not given is neither."""
    return value is None or value == ""
