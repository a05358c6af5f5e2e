# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""The real Pipecat services run a turn against the host, each in a small pipeline of its own."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping

import pytest
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    ErrorFrame,
    FunctionCallResultFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import LLMUsageMetricsData
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService

from tests.support.small_pipeline import RATE_HZ, SmallPipeline, quiet
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What
from tests.support.speaking.sound import length_s, voice

QUESTION = "What time do you open?"
ANSWER = "We are open until six today."


@pytest.fixture
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(stt_final_ms=20, llm_first_token_ms=20, llm_token_ms=1)
        host.script.set_delays(tts_first_audio_ms=20, tts_speed=100)
        yield host


def asks(*messages: Mapping[str, object], tools: ToolsSchema | None = None) -> LLMContextFrame:
    context = LLMContext([dict(each) for each in messages])  # pyright: ignore[reportArgumentType]
    if tools is not None:
        context.set_tools(tools)
    return LLMContextFrame(context)


def user(text: str) -> dict[str, object]:
    return {"role": "user", "content": text}


def said(pipeline: SmallPipeline) -> str:
    return "".join(frame.text for frame in pipeline.of(LLMTextFrame))


def usage(pipeline: SmallPipeline) -> list[LLMUsageMetricsData]:
    metrics = [data for frame in pipeline.of(MetricsFrame) for data in frame.data]
    return [data for data in metrics if isinstance(data, LLMUsageMetricsData)]


@pytest.fixture
async def chat(host: SpeakingHost) -> AsyncGenerator[OpenAILLMService]:
    service = OpenAILLMService(
        api_key="chat-key",
        base_url=f"{host.base('openai')}/v1",
        settings=OpenAILLMService.Settings(model="gpt-4.1"),
    )
    yield service
    await service._client.close()  # Pipecat leaves it open.


def deepgram(host: SpeakingHost) -> DeepgramSTTService:
    return DeepgramSTTService(api_key="ears-key", base_url=host.socket("deepgram"))


def cartesia(host: SpeakingHost) -> CartesiaTTSService:
    return CartesiaTTSService(
        api_key="voice-key",
        url=f"{host.socket('cartesia')}/tts/websocket",
        settings=CartesiaTTSService.Settings(voice="a-voice"),
    )


async def test_chat_answers_in_tokens_and_says_what_it_used(
    host: SpeakingHost, chat: OpenAILLMService
) -> None:
    host.script.set_answers([ANSWER])

    async with SmallPipeline((chat,)).running() as pipeline:
        await pipeline.put(asks(user(QUESTION)))
        await pipeline.some(LLMFullResponseEndFrame)
        await pipeline.some(MetricsFrame)

        assert said(pipeline) == ANSWER
        assert len(pipeline.of(LLMTextFrame)) == len(ANSWER.split())
        assert usage(pipeline)[0].value.total_tokens > 0
    asked = [entry for entry in host.script.entries() if entry.what is What.ASKED]
    assert [(entry.text, entry.key) for entry in asked] == [(QUESTION, "chat-key")]


async def test_without_a_script_the_model_says_back_what_it_was_asked(
    host: SpeakingHost, chat: OpenAILLMService
) -> None:
    async with SmallPipeline((chat,)).running() as pipeline:
        await pipeline.put(asks(user(QUESTION)))
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == f"You said: {QUESTION}"


def weather() -> tuple[ToolsSchema, list[str]]:
    places: list[str] = []
    schema = FunctionSchema(
        name="get_weather",
        description="Say the weather.",
        properties={"location": {"type": "string"}},
        required=["location"],
    )
    return ToolsSchema(standard_tools=[schema]), places


async def test_chat_calls_a_tool_with_its_arguments_in_pieces(
    host: SpeakingHost, chat: OpenAILLMService
) -> None:
    tools, places = weather()

    async def get_weather(params: FunctionCallParams) -> None:
        places.append(str(params.arguments["location"]))
        await params.result_callback({"sky": "clear"})

    chat.register_function("get_weather", get_weather)
    async with SmallPipeline((chat,)).running() as pipeline:
        await pipeline.put(asks(user("How is the weather?"), tools=tools))
        results = await pipeline.some(FunctionCallResultFrame)

        assert places == ["Paris"]
        assert results[0].result == {"sky": "clear"}


async def test_the_result_of_a_tool_is_told(host: SpeakingHost, chat: OpenAILLMService) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    history = (
        user("How is the weather?"),
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps("clear")},
    )
    async with SmallPipeline((chat,)).running() as pipeline:
        await pipeline.put(asks(*history, tools=weather()[0]))
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == 'The tool says "clear".'


async def test_deepgram_hears_one_transcript_an_utterance(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION, "Thank you."])
    speech = voice(QUESTION, RATE_HZ).tobytes()

    async with SmallPipeline((deepgram(host),)).running() as pipeline:
        for count in (1, 2):
            await pipeline.put(VADUserStartedSpeakingFrame())
            await pipeline.hear(speech + quiet(0.3))
            await pipeline.put(VADUserStoppedSpeakingFrame())
            await pipeline.hear(quiet(1.0))
            await pipeline.some(TranscriptionFrame, count)

        assert [each.text for each in pipeline.of(TranscriptionFrame)] == [QUESTION, "Thank you."]
        assert not pipeline.of(ErrorFrame)
    heard = host.script.heard()["deepgram"]
    assert heard.seconds == pytest.approx(2 * (len(speech) / 2 / RATE_HZ + 1.3), abs=0.05)
    assert heard.loud_seconds == pytest.approx(2 * length_s(QUESTION), abs=0.1)


async def test_cartesia_speaks_sound_words_and_an_end(host: SpeakingHost) -> None:
    async with SmallPipeline((cartesia(host),)).running() as pipeline:
        await pipeline.put(TTSSpeakFrame(ANSWER))
        await pipeline.some(TTSStoppedFrame)

        sound = b"".join(frame.audio for frame in pipeline.of(TTSAudioRawFrame))
        assert len(sound) / 2 / 24_000 == pytest.approx(length_s(ANSWER), abs=0.01)
        assert [frame.text for frame in pipeline.of(TTSTextFrame)] == ANSWER.split()
        assert not pipeline.of(ErrorFrame)
    spoken = [entry for entry in host.script.entries() if entry.what is What.SPOKEN]
    assert [(entry.text, entry.key) for entry in spoken] == [(ANSWER, "voice-key")]
