# pyright: reportUnknownMemberType=false
"""A preset's conversation without a room: asked in text or sound, and what its caller would hear."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextAssistantTurnFrame,
    LLMMessagesAppendFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from app.agent.catalogue import catalogue
from app.agent.fallback.speaking import Recorded
from app.agent.local_models import LoadedModels
from app.agent.pipeline import Parts, build_conversation
from app.agent.service_factory import HttpSession, Materials
from app.agent.tools import Tool
from app.domain.preset_services import CatalogueService, Realtime, Services
from app.domain.presets import Preset
from app.domain.services import ServiceKind
from tests.support.posted import until
from tests.support.small_pipeline import RATE_HZ, SmallPipeline, quiet

BLOCK = 640
"""20 ms of audio, in octets."""
BETWEEN_TURNS_S = 0.9
"""Longer than the provider host takes for the rest of the same utterance."""

KEYS = {
    "OPENAI_API_KEY": "key-of-openai",
    "DEEPGRAM_API_KEY": "key-of-deepgram",
    "CARTESIA_API_KEY": "key-of-cartesia",
    "ELEVENLABS_API_KEY": "key-of-elevenlabs",
}


class Addressed(Protocol):
    """Where the provider host is."""

    def base(self, provider_id: str) -> str: ...
    def socket(self, provider_id: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Switch:
    part: ServiceKind
    before: str
    after: str
    why: str


class Ear(FrameProcessor):
    """Stands for the room: keeps the sound with the time it came."""

    def __init__(self) -> None:
        super().__init__()
        self.sounds: list[tuple[float, float]] = []
        """When, and how many seconds."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            seconds = len(frame.audio) / 2 / frame.sample_rate
            self.sounds.append((time.monotonic(), seconds))
        await self.push_frame(frame, direction)


@dataclass(frozen=True, slots=True)
class Answered:
    """One turn as its caller had it."""

    after_s: float | None
    """Until the first sound; None when there was none."""
    sound_s: float
    text: str
    """What went into the context as the agent's words."""
    switches: tuple[Switch, ...]


class Relayed:
    """A running conversation."""

    def __init__(
        self, pipeline: SmallPipeline, context: LLMContext, ear: Ear, switches: list[Switch]
    ) -> None:
        self.pipeline = pipeline
        self.context = context
        self.ear = ear
        self.switches = switches

    async def ask(self, text: str, within_s: float = 20.0) -> Answered:
        """Let the caller's words be `text`, and wait until the answer is complete."""
        append = LLMMessagesAppendFrame(messages=[{"role": "user", "content": text}], run_llm=True)
        return await self._turn(append, within_s)

    async def say(self, text: str, within_s: float = 20.0) -> Answered:
        """Have the agent say this, as a greeting."""
        return await self._turn(TTSSpeakFrame(text), within_s)

    async def _turn(self, frame: Frame, within_s: float) -> Answered:
        sounds, switches, messages = len(self.ear.sounds), len(self.switches), len(self.said())
        began = time.monotonic()
        turns = len(self.pipeline.of(LLMContextAssistantTurnFrame))
        await self.pipeline.put(frame)
        with suppress(AssertionError):
            await until(
                lambda: len(self.pipeline.of(LLMContextAssistantTurnFrame)) > turns,
                within_s,
                "an answer",
            )
        await asyncio.sleep(0.05)
        heard = self.ear.sounds[sounds:]
        return Answered(
            heard[0][0] - began if heard else None,
            sum(seconds for _, seconds in heard),
            " ".join(self.said()[messages:]),
            tuple(self.switches[switches:]),
        )

    async def hear(self, words: bytes, within_s: float = 9.0) -> Answered:
        """Let the caller say this at its own pace, silence after it, and wait for the answer; timed from its end."""
        sounds, switches, messages = len(self.ear.sounds), len(self.switches), len(self.said())
        turns = len(self.pipeline.of(LLMContextAssistantTurnFrame))
        await self._play(words)
        ended = time.monotonic()
        while (
            len(self.pipeline.of(LLMContextAssistantTurnFrame)) == turns
            and time.monotonic() - ended < within_s
        ):
            await self._play(quiet(0.1))
        await self._play(quiet(BETWEEN_TURNS_S))
        heard = self.ear.sounds[sounds:]
        return Answered(
            heard[0][0] - ended if heard else None,
            sum(seconds for _, seconds in heard),
            " ".join(self.said()[messages:]),
            tuple(self.switches[switches:]),
        )

    async def _play(self, pcm: bytes) -> None:
        due = time.monotonic()
        for start in range(0, len(pcm), BLOCK):
            block = pcm[start : start + BLOCK].ljust(BLOCK, b"\0")
            await self.pipeline.put(InputAudioRawFrame(block, RATE_HZ, 1))
            due += BLOCK / 2 / RATE_HZ
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def asked(self) -> list[str]:
        """The caller's words in the context."""
        return self._contents("user")

    def said(self) -> list[str]:
        """The agent's words in the context."""
        return self._contents("assistant")

    def _contents(self, role: str) -> list[str]:
        return [
            str(message.get("content"))
            for message in self.context.messages
            if isinstance(message, dict) and message.get("role") == role
        ]


@asynccontextmanager
async def relayed(
    preset: Preset,
    *,
    models: LoadedModels | None = None,
    recorded: Recorded | None = None,
    tools: Sequence[Tool] = (),
) -> AsyncGenerator[Relayed]:
    """The preset's conversation, running."""
    http, switches, ear = HttpSession(), list[Switch](), Ear()
    entries = {entry.id: entry for entry in catalogue()}

    def told(part: ServiceKind, before: str, after: str, why: str) -> None:
        switches.append(Switch(part, before, after, why))

    materials = Materials(entries, KEYS, http)
    parts = Parts(models or LoadedModels(), materials, told, recorded)
    context = LLMContext(tools=[*tools])
    inner = build_conversation(preset, context, parts)
    pipeline = SmallPipeline((*inner.before_room, ear, inner.last))
    try:
        async with pipeline.running():
            yield Relayed(pipeline, context, ear, switches)
    finally:
        await http.close()


def cloud_preset(
    host: Addressed,
    *,
    stt: Sequence[CatalogueService] = (),
    llm: Sequence[CatalogueService] = (),
    tts: Sequence[CatalogueService] = (),
) -> Preset:
    """Deepgram, OpenAI and Cartesia at the provider host; what is given stands by."""
    hears = CatalogueService(
        service="deepgram_stt", url=host.socket("deepgram"), fallback=tuple(stt)
    )
    thinks = CatalogueService(
        service="openai_llm",
        model="gpt-4.1",
        url=f"{host.base('openai')}/v1",
        fallback=tuple(llm),
    )
    speaks = CatalogueService(
        service="cartesia_tts",
        voice="a-voice",
        url=f"{host.socket('cartesia')}/tts/websocket",
        fallback=tuple(tts),
    )
    return Preset(
        id="relayed",
        name="Relayed",
        instructions="Answer.",
        services=Services(stt=hears, llm=thinks, tts=speaks),
    )


def second_chat(host: Addressed) -> CatalogueService:
    return CatalogueService(
        service="openai_llm", model="gpt-4.1-mini", url=f"{host.base('second/openai')}/v1"
    )


def second_voice(host: Addressed) -> CatalogueService:
    return CatalogueService(
        service="elevenlabs_tts", voice="a-voice", url=host.socket("second/elevenlabs")
    )


def second_ear(host: Addressed) -> CatalogueService:
    return CatalogueService(service="deepgram_stt", url=host.socket("second/deepgram"))


def realtime_preset(host: Addressed, *standby: CatalogueService) -> Preset:
    """OpenAI's speech to speech at the provider host; what is given stands by."""
    works = CatalogueService(
        service="openai_realtime",
        model="gpt-realtime",
        url=f"{host.socket('openai')}/v1/realtime",
        fallback=standby,
    )
    return Preset(
        id="realtime", name="Realtime", instructions="Answer.", services=Realtime(realtime=works)
    )


def second_realtime(host: Addressed) -> CatalogueService:
    return CatalogueService(
        service="openai_realtime",
        model="gpt-realtime-mini",
        url=f"{host.socket('second/openai')}/v1/realtime",
    )
