# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""What is read off the private fields of Pipecat's speech-to-speech services, and whether they still have them."""

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

from app.agent.fallback.session_ready import hears, introduce, is_introduced, waits_for_context


async def test_a_service_of_openai_hears_once_its_session_is_set_up() -> None:
    service = OpenAIRealtimeLLMService(api_key="k")
    assert not hears(service)
    service._api_session_ready = True
    assert hears(service)
    assert not waits_for_context(service)


async def test_it_knows_a_context_that_it_is_introduced_to() -> None:
    service = OpenAIRealtimeLLMService(api_key="k")
    context = LLMContext([{"role": "tool", "tool_call_id": "call-1", "content": "fine"}])
    assert not is_introduced(service)

    introduce(service, context)

    assert is_introduced(service)
    assert service._context is context
    assert service._completed_tool_calls == {"call-1"}


async def test_others_are_taken_as_they_are() -> None:
    other = IdentityFilter()
    introduce(other, LLMContext())
    assert hears(other)
    assert not is_introduced(other)
