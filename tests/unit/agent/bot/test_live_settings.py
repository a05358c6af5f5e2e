# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Changes of a bot in its call: which frame makes them, and why one cannot be made."""

from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import (
    LLMMessagesTransformFrame,
    LLMUpdateSettingsFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.openai.llm import OpenAILLMService

from app.agent.bot.attaching import processors_of
from app.agent.bot.live_settings import frame_for
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting

INSTRUCTIONS, MODEL, VOICE = LiveSetting.INSTRUCTIONS, LiveSetting.MODEL, LiveSetting.VOICE


@pytest.fixture
async def llm() -> AsyncIterator[OpenAILLMService]:
    settings = OpenAILLMService.Settings(model="gpt-4.1", system_instruction="Be brief.")
    service = OpenAILLMService(api_key="k", settings=settings)
    yield service
    await service._client.close()


@pytest.fixture
async def bare() -> AsyncIterator[OpenAILLMService]:
    service = OpenAILLMService(api_key="k", settings=OpenAILLMService.Settings(model="gpt-4.1"))
    yield service
    await service._client.close()


@pytest.fixture
def tts() -> CartesiaTTSService:
    return CartesiaTTSService(api_key="k", settings=CartesiaTTSService.Settings(voice="joe"))


def within(*processors: FrameProcessor) -> list[FrameProcessor]:
    return [*processors_of(Pipeline([*processors]))]


def side(*messages: dict[str, str]) -> FrameProcessor:
    return LLMContextAggregatorPair(LLMContext([*messages])).user()  # pyright: ignore[reportArgumentType]


async def test_services_get_the_new_values_at_any_depth(
    llm: OpenAILLMService, tts: CartesiaTTSService
) -> None:
    there = within(Pipeline([llm]), Pipeline([tts]))

    before, frame = frame_for(LiveChange(MODEL, " gpt-4.1-nano "), there)
    assert isinstance(frame, LLMUpdateSettingsFrame)
    assert frame.delta is not None
    assert (before, frame.delta.model, frame.service) == ("gpt-4.1", "gpt-4.1-nano", llm)
    before, frame = frame_for(LiveChange(INSTRUCTIONS, "Be long."), there)
    assert isinstance(frame, LLMUpdateSettingsFrame)
    assert frame.delta is not None
    assert (before, frame.delta.system_instruction) == ("Be brief.", "Be long.")
    before, frame = frame_for(LiveChange(VOICE, "amy"), there)
    assert isinstance(frame, TTSUpdateSettingsFrame)
    assert frame.delta is not None
    assert (before, frame.delta.voice, frame.service) == ("joe", "amy", tts)


async def test_a_prompt_that_begins_the_context_is_exchanged_there(bare: OpenAILLMService) -> None:
    prompt, later = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}

    before, frame = frame_for(LiveChange(INSTRUCTIONS, "Be long."), within(side(prompt), bare))

    assert before == "Be brief."
    assert isinstance(frame, LLMMessagesTransformFrame)
    messages: list[object] = frame.transform([prompt, later])  # pyright: ignore[reportArgumentType, reportAssignmentType]
    assert messages == [{"role": "system", "content": "Be long."}, later]
    # By then the bot may have begun its context anew.
    assert frame.transform([later]) == [later]  # pyright: ignore[reportArgumentType]
    assert frame.transform([]) == []


@pytest.mark.parametrize("first", [[], [{"role": "developer", "content": "Say hello."}]])
async def test_without_a_prompt_the_service_gets_one(
    bare: OpenAILLMService, first: list[dict[str, str]]
) -> None:
    before, frame = frame_for(LiveChange(INSTRUCTIONS, "Be long."), within(side(*first), bare))

    assert before == ""
    assert isinstance(frame, LLMUpdateSettingsFrame)


async def test_what_cannot_be_is_refused_in_words(
    llm: OpenAILLMService, bare: OpenAILLMService, tts: CartesiaTTSService
) -> None:
    for change, there, why in (
        (LiveChange(LiveSetting.SILENCE_S, 0.4), within(llm, tts), "silence before an answer"),
        (LiveChange(VOICE, "amy"), within(llm), "no voice"),
        (LiveChange(VOICE, "  "), within(llm, tts), "is empty"),
        (LiveChange(MODEL, "gpt-4.1-nano"), within(tts), "no language model"),
        (LiveChange(MODEL, "gpt-4.1-nano"), within(llm), "hears and speaks by itself"),
        (LiveChange(MODEL, "nano"), within(llm, bare, tts), "more than one language model"),
    ):
        with pytest.raises(UserError, match=why):
            frame_for(change, there)
