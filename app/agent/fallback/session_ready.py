"""What speech-to-speech services of Pipecat keep to themselves: when they hear, and that they know a conversation.

Being connected is not enough: what comes before its session is set up is lost, or answered without its instructions.
And a first context is answered at once by most, which would be a second answer to what was spoken. Both are read and
set here, in the services' private fields; one that does not have them is taken as it is.
"""

from typing import Any

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

_HEARS = (
    "_api_session_ready",
    "_ready_for_realtime_input",
    "_audio_input_started",
    "_session_started",
)
"""Of OpenAI, Azure, xAI and Inworld; of Gemini; of Nova Sonic; of OpenAI Live."""
_WAITS_FOR_CONTEXT = (
    "_ready_for_realtime_input",
    "_ready_to_send_context",
    "_needs_session_config",
)
"""Of Gemini, of Nova Sonic and of OpenAI Live."""
_CONTEXT = "_context"
_TO_BE_SET_UP = "_llm_needs_conversation_setup"
_TOOLS_DONE = "_completed_tool_calls"
_OF_OPENAI = (_CONTEXT, _TO_BE_SET_UP, _TOOLS_DONE, "_results_awaiting_response")
"""Of OpenAI, xAI and Inworld."""


def hears(service: FrameProcessor) -> bool:
    """Whether its session is set up."""
    return all(bool(getattr(service, name)) for name in _HEARS if hasattr(service, name))


def waits_for_context(service: FrameProcessor) -> bool:
    """Whether it hears nothing before its first context, which it does not answer by itself."""
    return any(hasattr(service, name) for name in _WAITS_FOR_CONTEXT)


def is_introduced(service: FrameProcessor) -> bool:
    """Whether it knows the context already."""
    return all(hasattr(service, name) for name in _OF_OPENAI) and not getattr(
        service, _TO_BE_SET_UP
    )


def introduce(service: FrameProcessor, context: LLMContext) -> None:
    """Have a service that was just made know the context without answering it, where that can be.

    Its tools and what they have found are known by it then; what was said it is told by its instructions.
    """
    if not all(hasattr(service, name) for name in _OF_OPENAI):
        return
    setattr(service, _CONTEXT, context)
    setattr(service, _TO_BE_SET_UP, False)
    done: set[Any] = getattr(service, _TOOLS_DONE)
    for message in context.get_messages():
        if isinstance(message, dict) and (call_id := message.get("tool_call_id")):
            done.add(call_id)
