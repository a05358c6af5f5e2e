# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Changes a bot in its call, as far as Pipecat's frames reach: its services, and the prompt of its context."""

from collections.abc import Sequence
from typing import Any, cast

from pipecat.frames.frames import (
    Frame,
    LLMMessagesTransformFrame,
    LLMUpdateSettingsFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContextMessage
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.ai_service import AIService
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings
from pipecat.services.tts_service import TTSService

from app.agent.service_factory import make_settings
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting

IN_ITS_CODE = "Change it in the bot’s own code, for the next call."


def frame_for(change: LiveChange, processors: Sequence[FrameProcessor]) -> tuple[str, Frame]:
    """What was before, and the frame that makes the change when it comes through the pipeline.

    Raises UserError where no frame can: it says what the bot has instead.
    """
    value = str(change.value).strip()
    if change.setting is LiveSetting.SILENCE_S:
        title = "The silence before an answer of a bot file cannot change in a call."
        raise UserError(title, IN_ITS_CODE)
    if not value:
        raise UserError(f"The {change.setting.value} is empty.", "Say which it shall be.")
    voices = [each for each in processors if isinstance(each, TTSService)]
    if change.setting is LiveSetting.VOICE:
        voice = _only(voices, "voice")
        frame = TTSUpdateSettingsFrame(delta=_delta(voice, voice=value), service=voice)
        return _given(voice.settings.voice), frame
    thinker = _only([each for each in processors if isinstance(each, LLMService)], "language model")
    if change.setting is LiveSetting.INSTRUCTIONS:
        return _instruct(thinker, value, processors)
    if not voices:
        title = "The model of a service that hears and speaks by itself cannot change in a call."
        raise UserError(title, IN_ITS_CODE)
    frame = LLMUpdateSettingsFrame(delta=_delta(thinker, model=value), service=thinker)
    return _given(thinker.settings.model), frame


def _instruct(
    thinker: LLMService[Any], value: str, processors: Sequence[FrameProcessor]
) -> tuple[str, Frame]:
    """Bots give their prompt to the service, or begin their context with it."""
    before = _given(cast("LLMSettings", thinker.settings).system_instruction)
    in_context = None if before else _prompt_in(processors)
    if in_context is None:
        delta = _delta(thinker, system_instruction=value)
        return before, LLMUpdateSettingsFrame(delta=delta, service=thinker)

    def transform(messages: list[LLMContextMessage]) -> list[LLMContextMessage]:
        if not messages or not _is_prompt(messages[0]):
            return messages
        prompt: Any = {**cast("dict[str, object]", messages[0]), "content": value}
        return [prompt, *messages[1:]]

    return in_context, LLMMessagesTransformFrame(transform=transform, run_llm=False)


def _is_prompt(message: LLMContextMessage) -> bool:
    return isinstance(message, dict) and message.get("role") == "system"


def _prompt_in(processors: Sequence[FrameProcessor]) -> str | None:
    """The prompt that the context begins with; None where it begins with something else."""
    sides = [each for each in processors if isinstance(each, LLMUserAggregator)]
    messages = sides[0].context.get_messages() if len(sides) == 1 else []
    if not messages or not _is_prompt(messages[0]):
        return None
    return str(cast("dict[str, object]", messages[0]).get("content") or "")


def _only(services: Sequence[Any], what: str) -> Any:
    if not services:
        raise UserError(f"This bot has no {what} that Pipecat can change.", IN_ITS_CODE)
    if len(services) > 1:
        names = ", ".join(type(each).__name__ for each in services)
        raise UserError(
            f"This bot has more than one {what}: {names}.",
            f"Which is meant cannot be told. {IN_ITS_CODE}",
        )
    return services[0]


def _delta(service: AIService, **values: str) -> Any:
    return make_settings(type(service), values, type(service).__name__, delta=True)


def _given(value: object) -> str:
    """A setting as text; empty where it was not given."""
    return value if isinstance(value, str) else ""
