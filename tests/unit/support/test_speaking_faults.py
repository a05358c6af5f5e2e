# pyright: reportUnknownMemberType=false
"""Each way to misbehave reaches the real services as what it is."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.utils.errors import ErrorCategory

from tests.support import real_services as real
from tests.support.posted import until
from tests.support.small_pipeline import RATE_HZ, SmallPipeline, quiet
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.process import SpeakingProcess
from tests.support.speaking.script import Service, What
from tests.support.speaking.sound import length_s, voice

ANSWER = "We are open until six today."
MODELS = (Service.CHAT, Service.RESPONSES, Service.REALTIME)


@asynccontextmanager
async def service(host: SpeakingHost, name: Service) -> AsyncGenerator[FrameProcessor]:
    if name is Service.CHAT:
        async with real.chat(host) as chat:
            yield chat
    elif name is Service.RESPONSES:
        async with real.responses(host) as responses:
            yield responses
    else:
        makers: dict[Service, Callable[[SpeakingHost], FrameProcessor]] = {
            Service.REALTIME: real.realtime,
            Service.DEEPGRAM: real.deepgram,
            Service.CARTESIA: real.cartesia,
            Service.ELEVENLABS: real.elevenlabs,
        }
        yield makers[name](host)


async def turn(pipeline: SmallPipeline, name: Service) -> None:
    """Give a service what its turn begins with."""
    if name in MODELS:
        await pipeline.put(LLMContextFrame(LLMContext([{"role": "user", "content": "When?"}])))
    elif name is Service.DEEPGRAM:
        await pipeline.put(VADUserStartedSpeakingFrame())
        await pipeline.hear(voice(ANSWER, RATE_HZ).tobytes() + quiet(0.3))
        await pipeline.put(VADUserStoppedSpeakingFrame())
        await pipeline.hear(quiet(1.0))
    else:
        await pipeline.put(TTSSpeakFrame(ANSWER))


def result(name: Service) -> type[Frame]:
    """What comes of a turn that went well."""
    kinds: dict[Service, type[Frame]] = {Service.DEEPGRAM: TranscriptionFrame}
    return kinds.get(name, LLMTextFrame if name in MODELS else TTSAudioRawFrame)


def said(pipeline: SmallPipeline) -> str:
    return "".join(frame.text for frame in pipeline.of(LLMTextFrame))


def misbehaved(host: SpeakingHost) -> int:
    return len(host.orders().entries(What.MISBEHAVED))


REPORTED = [
    (Service.CHAT, Kind.UNAUTHORIZED, "401", ErrorCategory.AUTHENTICATION),
    (Service.CHAT, Kind.NO_FUNDS, "402", ErrorCategory.QUOTA),
    (Service.CHAT, Kind.GARBAGE, "decode", ErrorCategory.UNKNOWN),
    (Service.CHAT, Kind.DROP_MIDWAY, "Connection error", ErrorCategory.UNKNOWN),
    (Service.RESPONSES, Kind.UNAUTHORIZED, "Incorrect API key", ErrorCategory.UNKNOWN),
    (Service.RESPONSES, Kind.NO_FUNDS, "no credits", ErrorCategory.UNKNOWN),
    (Service.RESPONSES, Kind.RATE_LIMIT, "try again in 7s", ErrorCategory.UNKNOWN),
    (Service.RESPONSES, Kind.SERVER_ERROR, "had an error", ErrorCategory.UNKNOWN),
    (Service.RESPONSES, Kind.GARBAGE, "Expecting value", ErrorCategory.UNKNOWN),
    (Service.REALTIME, Kind.RATE_LIMIT, "Rate limit", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.UNAUTHORIZED, "1008", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.RATE_LIMIT, "1008", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.SERVER_ERROR, "1011", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.DROP, "no close frame", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.DROP_MIDWAY, "no close frame", ErrorCategory.UNKNOWN),
    (Service.DEEPGRAM, Kind.GARBAGE, "Expecting value", ErrorCategory.UNKNOWN),
    (Service.CARTESIA, Kind.NO_FUNDS, "402", ErrorCategory.UNKNOWN),
    (Service.CARTESIA, Kind.RATE_LIMIT, "429", ErrorCategory.UNKNOWN),
    (Service.CARTESIA, Kind.DROP, "no audio", ErrorCategory.UNKNOWN),
    (Service.CARTESIA, Kind.GARBAGE, "no audio", ErrorCategory.UNKNOWN),
    (Service.ELEVENLABS, Kind.NO_FUNDS, "no audio", ErrorCategory.UNKNOWN),
    (Service.ELEVENLABS, Kind.DROP, "no audio", ErrorCategory.UNKNOWN),
]
"""What Pipecat's services make of a fault in a turn. The categories are Pipecat's, wanting as they are."""


@pytest.mark.parametrize(("name", "kind", "words", "category"), REPORTED)
async def test_a_fault_in_a_turn_is_reported_by_the_service(
    host: SpeakingHost, name: Service, kind: Kind, words: str, category: ErrorCategory
) -> None:
    host.script.set_fault(name, Fault(kind, times=1))

    async with service(host, name) as spoken, SmallPipeline((spoken,)).running() as pipeline:
        await turn(pipeline, name)
        errors = await pipeline.some(ErrorFrame)

        assert words in errors[0].error
        assert errors[0].category is category
    assert misbehaved(host) == 1


SILENT = [
    *((name, Kind.STALL) for name in Service),
    *((name, kind) for name in (Service.REALTIME,) for kind in (Kind.DROP, Kind.GARBAGE)),
]
"""What no service notices by itself: nothing comes, and nobody says why."""


@pytest.mark.parametrize(("name", "kind"), SILENT)
async def test_some_faults_are_plain_silence(host: SpeakingHost, name: Service, kind: Kind) -> None:
    host.script.set_fault(name, Fault(kind, times=1))

    async with service(host, name) as spoken, SmallPipeline((spoken,)).running() as pipeline:
        await turn(pipeline, name)
        await until(lambda: misbehaved(host), 5, "the fault")

        assert not pipeline.of(result(name))
        assert not pipeline.of(ErrorFrame)


@pytest.mark.parametrize("name", [Service.CHAT, Service.RESPONSES, Service.REALTIME])
async def test_a_model_stalls_in_the_middle_of_its_answer(
    host: SpeakingHost, name: Service
) -> None:
    host.script.set_answers([ANSWER])
    host.script.set_fault(name, Fault(Kind.STALL_MIDWAY, times=1))

    async with service(host, name) as spoken, SmallPipeline((spoken,)).running() as pipeline:
        await turn(pipeline, name)
        await pipeline.some(LLMTextFrame)

        assert ANSWER.startswith(said(pipeline))
        assert not pipeline.of(LLMFullResponseEndFrame)
    assert not host.orders().entries(What.ANSWERED)


@pytest.mark.parametrize("name", [Service.CARTESIA, Service.ELEVENLABS])
async def test_a_voice_stalls_in_the_middle_of_a_sentence(
    host: SpeakingHost, name: Service
) -> None:
    host.script.set_fault(name, Fault(Kind.STALL_MIDWAY, times=1))

    async with service(host, name) as spoken, SmallPipeline((spoken,)).running() as pipeline:
        await turn(pipeline, name)

        def sound_s() -> float:
            return sum(len(each.audio) for each in pipeline.of(TTSAudioRawFrame)) / 48_000

        await until(lambda: sound_s() > length_s(ANSWER) / 2 - 0.1, 5, "half of the sound")
        assert sound_s() < length_s(ANSWER) * 0.6


@pytest.mark.parametrize("kind", [Kind.RATE_LIMIT, Kind.SERVER_ERROR, Kind.DROP])
async def test_the_client_of_chat_completions_tries_again_by_itself(
    host: SpeakingHost, kind: Kind
) -> None:
    host.script.set_fault(Service.CHAT, Fault(kind, times=1, retry_after_s=0.01))

    async with real.chat(host) as chat, SmallPipeline((chat,)).running() as pipeline:
        await turn(pipeline, Service.CHAT)
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == "You said: When?"
    assert len(host.orders().entries(What.ASKED)) == 2


async def test_a_response_that_was_cut_off_is_asked_for_again_and_doubled(
    host: SpeakingHost,
) -> None:
    """As Pipecat does it: what had been said already is said once more."""
    host.script.set_fault(Service.RESPONSES, Fault(Kind.DROP_MIDWAY, times=1))

    async with real.responses(host) as model, SmallPipeline((model,)).running() as pipeline:
        await turn(pipeline, Service.RESPONSES)
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline).endswith("You said: When?")
        assert len(said(pipeline)) > len("You said: When?")


@pytest.mark.parametrize("name", [name for name in Service if name is not Service.CHAT])
async def test_a_handshake_is_refused(host: SpeakingHost, name: Service) -> None:
    host.script.set_fault(name, Fault(Kind.UNAUTHORIZED, handshakes=True))

    async with service(host, name) as spoken, SmallPipeline((spoken,)).running() as pipeline:
        errors = await pipeline.some(ErrorFrame)

        assert errors[0].category is ErrorCategory.AUTHENTICATION
        assert not spoken.is_usable


async def test_the_fourth_turn_misbehaves_and_the_fifth_does_not(host: SpeakingHost) -> None:
    host.script.set_fault(Service.RESPONSES, Fault(Kind.SERVER_ERROR, from_turn=4, times=1))

    async with real.responses(host) as model, SmallPipeline((model,)).running() as pipeline:
        for count in range(1, 6):
            await turn(pipeline, Service.RESPONSES)
            await pipeline.some(LLMFullResponseEndFrame, count)

        assert len(pipeline.of(ErrorFrame)) == 1
    answered = [entry.text for entry in host.orders().entries(What.ANSWERED)]
    assert answered == ["You said: When?"] * 4


async def test_healed_in_the_middle_of_a_call(host: SpeakingHost) -> None:
    host.script.set_fault(Service.CARTESIA, Fault(Kind.NO_FUNDS))

    async with SmallPipeline((real.cartesia(host),)).running() as pipeline:
        await turn(pipeline, Service.CARTESIA)
        await pipeline.some(ErrorFrame)
        host.script.heal()
        await turn(pipeline, Service.CARTESIA)

        assert await pipeline.some(TTSAudioRawFrame)


async def test_a_second_provider_of_a_kind_is_healthy_by_itself(host: SpeakingHost) -> None:
    host.script.set_fault(Service.CHAT, Fault(Kind.UNAUTHORIZED))

    async with real.chat(host, "second/") as chat, SmallPipeline((chat,)).running() as pipeline:
        await turn(pipeline, Service.CHAT)
        await pipeline.some(LLMFullResponseEndFrame)

    assert {entry.service for entry in host.orders().entries()} == {"second_openai_chat"}


async def test_scripts_belong_to_a_key_where_they_say_so(host: SpeakingHost) -> None:
    host.script.set_answers(["For somebody else."], only="another-key")
    host.script.set_answers(["For this one."], only=real.CHAT_KEY)

    async with real.chat(host) as chat, SmallPipeline((chat,)).running() as pipeline:
        await turn(pipeline, Service.CHAT)
        await pipeline.some(LLMFullResponseEndFrame)

        assert said(pipeline) == "For this one."


async def test_a_host_in_a_process_of_its_own_takes_orders() -> None:
    with SpeakingProcess() as host:
        host.reset()
        host.delays(llm_first_token_ms=10, llm_token_ms=1)
        host.answers(["Good morning."])
        host.misbehave(Service.CHAT, Fault(Kind.NO_FUNDS, times=1))
        async with real.chat(host) as chat, SmallPipeline((chat,)).running() as pipeline:
            await turn(pipeline, Service.CHAT)
            await pipeline.some(ErrorFrame)
            host.healthy()
            await turn(pipeline, Service.CHAT)
            await pipeline.some(LLMFullResponseEndFrame, 2)

            assert said(pipeline) == "Good morning."
        assert host.keys() == {real.CHAT_KEY}
        assert [entry.text for entry in host.entries(What.ANSWERED)] == ["Good morning."]
