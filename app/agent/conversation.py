"""How a preset's conversations begin."""

from typing import TYPE_CHECKING

from app.domain.presets import Preset

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam


def examples(preset: Preset) -> "list[ChatCompletionMessageParam]":
    """The examples as real exchanges, which a small model follows better than instructions."""
    messages: list[ChatCompletionMessageParam] = []
    for example in preset.examples:
        messages.append({"role": "user", "content": example.user})
        messages.append({"role": "assistant", "content": example.assistant})
    return messages


def opening(preset: Preset) -> "list[ChatCompletionMessageParam]":
    """What the model has read before anybody speaks: the system prompt, then the examples."""
    return [{"role": "system", "content": preset.system_prompt}, *examples(preset)]
