# pyright: reportUnknownMemberType=false
"""Pipecat's view of the local voice."""

import asyncio
from collections.abc import AsyncGenerator

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language

from app.agent.voice import SAMPLE_RATE_HZ, Voice


class PiperJoeService(TTSService):
    """Speaks with a voice shared between agents; the synthesis runs on a thread of its own."""

    def __init__(self, voice: Voice, speed: float) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=SAMPLE_RATE_HZ,
            settings=TTSSettings(model="joe", voice="joe", language=Language.EN),
        )
        self._voice = voice
        self._speed = speed

    def can_generate_metrics(self) -> bool:
        return True

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The audio of one clause or sentence, or an ErrorFrame."""
        await self.start_tts_usage_metrics(text)
        try:
            samples = await asyncio.to_thread(self._voice.speak, text, self._speed)
        except (RuntimeError, ValueError) as error:
            yield ErrorFrame(error=f"The voice could not say {text[:40]!r}: {error}")
            return
        finally:
            await self.stop_ttfb_metrics()
        if samples.size:
            yield TTSAudioRawFrame(samples.tobytes(), SAMPLE_RATE_HZ, 1, context_id=context_id)
