# pyright: reportUnknownMemberType=false
"""The real Pipecat services run a turn against the host, each in a small pipeline of its own."""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import numpy as np
import pytest
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallResultFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
    MetricsFrame,
    ProposedUserStartedSpeakingFrame,
    ProposedUserStoppedSpeakingFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import LLMUsageMetricsData
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.responses.llm import OpenAIResponsesLLMService
from pipecat.services.tts_service import TTSService

from tests.support import real_services as real
from tests.support.posted import until
from tests.support.small_pipeline import RATE_HZ, SmallPipeline, quiet
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Entry, What
from tests.support.speaking.sound import length_s, voice

QUESTION = "What time do you open?"
ANSWER = "We are open until six today."


def context_of(*messages: Mapping[str, object], tools: ToolsSchema | None = None) -> LLMContext:
    context = LLMContext([dict(each) for each in messages])  # pyright: ignore[reportArgumentType]
    if tools is not None:
        context.set_tools(tools)
    return context


def user(text: str) -> dict[str, object]:
    return {"role": "user", "content": text}


def said(pipeline: SmallPipeline) -> str:
    return "".join(frame.text for frame in pipeline.of(LLMTextFrame))


def usage(pipeline: SmallPipeline) -> list[LLMUsageMetricsData]:
    metrics = [data for frame in pipeline.of(MetricsFrame) for data in frame.data]
    return [data for data in metrics if isinstance(data, LLMUsageMetricsData)]


def entries(host: SpeakingHost, what: What) -> list[Entry]:
    return [entry for entry in host.script.entries() if entry.what is what]


def sound_s(pipeline: SmallPipeline) -> float:
    return sum(len(frame.audio) / 2 / frame.sample_rate for frame in pipeline.of(TTSAudioRawFrame))


@asynccontextmanager
async def llm(
    host: SpeakingHost, kind: str
) -> AsyncGenerator[OpenAILLMService | OpenAIResponsesLLMService]:
    async with real.chat(host) if kind == "chat" else real.responses(host) as service:
        yield service


def weather() -> ToolsSchema:
    schema = FunctionSchema(
        name="get_weather",
        description="Say the weather.",
        properties={"location": {"type": "string"}},
        required=["location"],
    )
    return ToolsSchema(standard_tools=[schema])


LANGUAGE_MODELS = pytest.mark.parametrize("kind", ["chat", "responses"])
VOICES = pytest.mark.parametrize("make", [real.cartesia, real.elevenlabs])


@LANGUAGE_MODELS
async def test_a_model_answers_in_tokens_and_says_what_it_used(
    host: SpeakingHost, kind: str
) -> None:
    host.script.set_answers([ANSWER])

    async with llm(host, kind) as service, SmallPipeline((service,)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context_of(user(QUESTION))))
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == ANSWER
        assert len(pipeline.of(LLMTextFrame)) == len(ANSWER.split())
        assert usage(pipeline)[0].value.total_tokens > 0
        assert not pipeline.of(ErrorFrame)
    asked = entries(host, What.ASKED)
    assert [(entry.text, entry.key) for entry in asked] == [(QUESTION, f"key-of-{kind}")]
    assert [entry.text for entry in entries(host, What.ANSWERED)] == [ANSWER]


@LANGUAGE_MODELS
async def test_without_a_script_the_model_says_back_what_it_was_asked(
    host: SpeakingHost, kind: str
) -> None:
    async with llm(host, kind) as service, SmallPipeline((service,)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context_of(user(QUESTION))))
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == f"You said: {QUESTION}"


@LANGUAGE_MODELS
async def test_a_model_calls_a_tool_with_its_arguments_in_pieces(
    host: SpeakingHost, kind: str
) -> None:
    places: list[str] = []

    async def get_weather(params: FunctionCallParams) -> None:
        places.append(str(params.arguments["location"]))
        await params.result_callback({"sky": "clear"})

    async with llm(host, kind) as service:
        service.register_function("get_weather", get_weather)
        async with SmallPipeline((service,)).running() as pipeline:
            context = context_of(user("How is the weather?"), tools=weather())
            await pipeline.put(LLMContextFrame(context))
            results = await pipeline.some(FunctionCallResultFrame)

            assert places == ["Paris"]
            assert results[0].result == {"sky": "clear"}


@LANGUAGE_MODELS
async def test_the_result_of_a_tool_is_told(host: SpeakingHost, kind: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    history = (
        user("How is the weather?"),
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps("clear")},
    )
    async with llm(host, kind) as service, SmallPipeline((service,)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context_of(*history, tools=weather())))
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == 'The tool says "clear".'


async def test_a_second_response_sends_only_what_is_new(host: SpeakingHost) -> None:
    host.script.set_answers([ANSWER])
    context = context_of(user(QUESTION))

    async with llm(host, "responses") as service, SmallPipeline((service,)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context))
        await pipeline.some(LLMFullResponseEndFrame)
        context.add_message({"role": "assistant", "content": ANSWER})
        context.add_message({"role": "user", "content": "And on Sunday?"})
        await pipeline.put(LLMContextFrame(context))
        await pipeline.some(LLMFullResponseEndFrame, 2)

        assert said(pipeline) == f"{ANSWER}You said: And on Sunday?"
    second = entries(host, What.ASKED)[1].body
    assert second["previous_response_id"]
    assert len(second["input"]) == 1  # pyright: ignore[reportArgumentType]


async def test_deepgram_hears_one_transcript_an_utterance(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION, "Thank you."])
    speech = voice(QUESTION, RATE_HZ).tobytes()

    async with SmallPipeline((real.deepgram(host),)).running() as pipeline:
        for count in (1, 2):
            await pipeline.put(VADUserStartedSpeakingFrame())
            await pipeline.hear(speech + quiet(0.3))
            await pipeline.put(VADUserStoppedSpeakingFrame())
            await pipeline.hear(quiet(1.0))
            await pipeline.some(TranscriptionFrame, count)

        finals = pipeline.of(TranscriptionFrame)
        assert [each.text for each in finals] == [QUESTION, "Thank you."]
        assert all(each.finalized for each in finals)
        assert pipeline.of(InterimTranscriptionFrame)[0].text in QUESTION
        assert not pipeline.of(ErrorFrame)
    heard = host.script.heard("deepgram")
    assert heard.seconds == pytest.approx(2 * (len(speech) / 2 / RATE_HZ + 1.3), abs=0.05)
    assert heard.loud_seconds == pytest.approx(2 * length_s(QUESTION), abs=0.1)
    assert {entry.key for entry in entries(host, What.HEARD)} == {real.DEEPGRAM_KEY}


async def test_a_pause_within_an_utterance_takes_no_second_transcript(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION, "Thank you."])
    speech = voice(QUESTION, RATE_HZ).tobytes()

    async with SmallPipeline((real.deepgram(host),)).running() as pipeline:
        for _ in range(2):
            await pipeline.put(VADUserStartedSpeakingFrame())
            await pipeline.hear(speech + quiet(0.3))
            await pipeline.put(VADUserStoppedSpeakingFrame())
        await pipeline.some(TranscriptionFrame)
        await pipeline.hear(quiet(1.0))

        assert [each.text for each in pipeline.of(TranscriptionFrame)] == [QUESTION]
    assert host.script.coming_transcript() == "Thank you."


async def test_speech_that_nobody_finalizes_ends_by_its_silence(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION])

    async with SmallPipeline((real.deepgram(host),)).running() as pipeline:
        await pipeline.hear(voice(QUESTION, RATE_HZ).tobytes() + quiet(1.5))
        finals = await pipeline.some(TranscriptionFrame)

        assert [each.text for each in finals] == [QUESTION]
        assert not finals[0].finalized


@VOICES
async def test_a_voice_speaks_sound_words_and_an_end(host: SpeakingHost, make: type) -> None:
    voice_service: TTSService = make(host)
    async with SmallPipeline((voice_service,)).running() as pipeline:
        await pipeline.put(TTSSpeakFrame(ANSWER))
        await pipeline.some(TTSStoppedFrame)

        assert sound_s(pipeline) == pytest.approx(length_s(ANSWER), abs=0.01)
        assert [frame.text for frame in pipeline.of(TTSTextFrame)] == ANSWER.split()
        assert not pipeline.of(ErrorFrame)
        loudest = max(
            int(np.abs(np.frombuffer(frame.audio, np.int16)).max())
            for frame in pipeline.of(TTSAudioRawFrame)
        )
        assert loudest > 8_000
    (spoken,) = entries(host, What.SPOKEN)
    assert spoken.text == ANSWER
    assert spoken.key == f"key-of-{spoken.service}"


async def test_an_interruption_cancels_what_cartesia_says(host: SpeakingHost) -> None:
    host.script.set_delays(tts_speed=1)

    async with SmallPipeline((real.cartesia(host),)).running() as pipeline:
        await pipeline.put(TTSSpeakFrame(ANSWER))
        await pipeline.some(TTSAudioRawFrame)
        await pipeline.put(InterruptionFrame())
        await until(lambda: entries(host, What.CANCELLED), 5, "the cancellation")

        assert sound_s(pipeline) < length_s(ANSWER) / 2


async def test_realtime_hears_answers_and_says_what_it_used(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION])
    host.script.set_answers(["Hello.", ANSWER])

    async with SmallPipeline((real.realtime(host),)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context_of(user("Greet me."))))
        await pipeline.some(LLMFullResponseEndFrame)
        await pipeline.hear(voice(QUESTION, RATE_HZ).tobytes() + quiet(1.0))
        await pipeline.some(LLMFullResponseEndFrame, 2)

        assert said(pipeline) == f"Hello.{ANSWER}"
        assert [frame.text for frame in pipeline.of(TranscriptionFrame)] == [QUESTION]
        speech: tuple[type[Frame], ...] = (
            ProposedUserStartedSpeakingFrame,
            ProposedUserStoppedSpeakingFrame,
        )
        assert all(pipeline.of(kind) for kind in speech)
        assert sound_s(pipeline) == pytest.approx(length_s("Hello.") + length_s(ANSWER), abs=0.05)
        assert usage(pipeline)[-1].value.output_audio_tokens
        assert not pipeline.of(ErrorFrame)
    assert [entry.text for entry in entries(host, What.ANSWERED)] == ["Hello.", ANSWER]


async def test_realtime_goes_by_the_commits_of_its_client(host: SpeakingHost) -> None:
    host.script.set_transcripts([QUESTION])
    host.script.set_answers(["Hello.", ANSWER])

    async with SmallPipeline((real.realtime(host, by_client=True),)).running() as pipeline:
        await pipeline.put(LLMContextFrame(context_of(user("Greet me."))))
        await pipeline.some(LLMFullResponseEndFrame)
        await pipeline.hear(voice(QUESTION, RATE_HZ).tobytes() + quiet(0.1))
        await until(lambda: host.script.heard("openai_realtime").loud_seconds > 1, 5)
        await pipeline.put(UserStoppedSpeakingFrame())
        await pipeline.some(LLMFullResponseEndFrame, 2)

        assert said(pipeline) == f"Hello.{ANSWER}"
        assert not pipeline.of(ProposedUserStartedSpeakingFrame)
        assert not pipeline.of(ErrorFrame)


async def test_realtime_calls_a_tool(host: SpeakingHost) -> None:
    places: list[str] = []

    async def get_weather(params: FunctionCallParams) -> None:
        places.append(str(params.arguments["location"]))
        await params.result_callback({"sky": "clear"})

    service = real.realtime(host)
    service.register_function("get_weather", get_weather)
    async with SmallPipeline((service,)).running() as pipeline:
        context = context_of(user("How is the weather?"), tools=weather())
        await pipeline.put(LLMContextFrame(context))
        await pipeline.some(FunctionCallResultFrame)

        assert places == ["Paris"]
        assert not pipeline.of(ErrorFrame)


@LANGUAGE_MODELS
async def test_no_first_token_comes_before_its_time(host: SpeakingHost, kind: str) -> None:
    host.script.set_delays(llm_first_token_ms=300, llm_token_ms=50)

    async with llm(host, kind) as service, SmallPipeline((service,)).running() as pipeline:
        asked_s = time.monotonic()
        await pipeline.put(LLMContextFrame(context_of(user(QUESTION))))
        await pipeline.some(LLMTextFrame)
        first_s = time.monotonic()
        await pipeline.some(LLMFullResponseEndFrame)
        last_s = time.monotonic()

    assert first_s - asked_s >= 0.3
    # Seven words, and six waits between them.
    assert last_s - asked_s >= 0.6


@VOICES
async def test_no_first_sound_comes_before_its_time(host: SpeakingHost, make: type) -> None:
    host.script.set_delays(tts_first_audio_ms=300)
    voice_service: TTSService = make(host)

    async with SmallPipeline((voice_service,)).running() as pipeline:
        asked_s = time.monotonic()
        await pipeline.put(TTSSpeakFrame(ANSWER))
        await pipeline.some(TTSAudioRawFrame)

        assert time.monotonic() - asked_s >= 0.3
