# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Pipecat's own services, pointed at the provider host by what their constructors take; each with its own key."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.services.openai.responses.llm import OpenAIResponsesLLMService


class Addressed(Protocol):
    """A host in this process or in one of its own."""

    def base(self, provider_id: str) -> str: ...
    def socket(self, provider_id: str) -> str: ...


CHAT_KEY = "key-of-chat"
RESPONSES_KEY = "key-of-responses"
REALTIME_KEY = "key-of-realtime"
DEEPGRAM_KEY = "key-of-deepgram"
CARTESIA_KEY = "key-of-cartesia"
ELEVENLABS_KEY = "key-of-elevenlabs"


@asynccontextmanager
async def chat(host: Addressed, within: str = "") -> AsyncGenerator[OpenAILLMService]:
    """Chat completions; `within` as in "second/"."""
    service = OpenAILLMService(
        api_key=CHAT_KEY,
        base_url=f"{host.base(f'{within}openai')}/v1",
        settings=OpenAILLMService.Settings(model="gpt-4.1"),
    )
    try:
        yield service
    finally:
        await service._client.close()  # Pipecat leaves it open.


@asynccontextmanager
async def responses(host: Addressed) -> AsyncGenerator[OpenAIResponsesLLMService]:
    service = OpenAIResponsesLLMService(
        api_key=RESPONSES_KEY,
        ws_url=f"{host.socket('openai')}/v1/responses",
        settings=OpenAIResponsesLLMService.Settings(model="gpt-4.1"),
    )
    try:
        yield service
    finally:
        await service._client.close()


def realtime(host: Addressed, *, by_client: bool = False) -> OpenAIRealtimeLLMService:
    """Speech to speech; `by_client` leaves the ends of turns to the pipeline."""
    heard = events.AudioInput(
        transcription=events.InputAudioTranscription(),
        turn_detection=False if by_client else events.TurnDetection(silence_duration_ms=700),
    )
    session = events.SessionProperties(audio=events.AudioConfiguration(input=heard))
    return OpenAIRealtimeLLMService(
        api_key=REALTIME_KEY,
        base_url=f"{host.socket('openai')}/v1/realtime",
        settings=OpenAIRealtimeLLMService.Settings(
            model="gpt-realtime", session_properties=session
        ),
    )


def deepgram(host: Addressed) -> DeepgramSTTService:
    return DeepgramSTTService(api_key=DEEPGRAM_KEY, base_url=host.socket("deepgram"))


def cartesia(host: Addressed) -> CartesiaTTSService:
    return CartesiaTTSService(
        api_key=CARTESIA_KEY,
        url=f"{host.socket('cartesia')}/tts/websocket",
        settings=CartesiaTTSService.Settings(voice="a-voice"),
    )


def elevenlabs(host: Addressed) -> ElevenLabsTTSService:
    return ElevenLabsTTSService(
        api_key=ELEVENLABS_KEY,
        url=host.socket("elevenlabs"),
        settings=ElevenLabsTTSService.Settings(voice="a-voice"),
    )
