# pyright: reportUnknownMemberType=false
"""Pipecat's view of the local speech recognition."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import cast

import numpy as np
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserAudioRawFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from app.agent.ahead import Listening, Want
from app.agent.transcriber import SAMPLE_RATE_HZ, Transcriber
from app.domain.preset_services import WhisperTinyEn
from app.runtime.pcm import level

EXPECTED_P99_S = 1.0
"""How long after the end of speech a transcript may take, which Pipecat's turn strategies wait for."""
NEWS_TRAVELS_S = 0.003
REST = 2.0
"""After showing what is said so far this many times as long passes without it: a busy computer hears first of all."""
TAIL = bytes(int(0.5 * SAMPLE_RATE_HZ) * 2)
"""Silence after the speech: a model drops the last word of audio that ends abruptly."""


class WhisperTinyEnService(SegmentedSTTService):
    """Transcribes each utterance, and guesses at it before the VAD has called its end.

    What was said so far goes out as InterimTranscriptionFrame and to `on_words`; a guess that nothing was added to
    becomes the transcript without further work.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        preset: WhisperTinyEn,
        on_words: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE_HZ,
            ttfs_p99_latency=EXPECTED_P99_S,
            settings=STTSettings(model="tiny.en", language=Language.EN),
        )
        self._transcriber = transcriber
        self._short_window = preset.short_window
        self._on_words = on_words
        self._listening = Listening(SAMPLE_RATE_HZ, preset.partials_every_s, preset.speculative)
        self._guess: asyncio.Task[str | None] | None = None
        self._partial: asyncio.Task[None] | None = None
        self._newest = 0
        """Counts attempts at an utterance; those before the newest are not worth the work."""
        self._rest_until_s = 0.0
        self._said: list[str] = []
        """Utterances of the turn that have been transcribed."""
        self._speaker = ""

    @property
    def wants_wav_segments(self) -> bool:
        return False

    def can_generate_metrics(self) -> bool:
        return True

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, VADUserStartedSpeakingFrame) and not self._listening.speaking:
            self._listening.start()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._listening.speaking:
            if not self._listening.guess_holds:
                self._guess = None
            self._listening.stop()
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._said.clear()
        await super().process_frame(frame, direction)

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        await super().process_audio_frame(frame, direction)
        self._speaker = frame.user_id if isinstance(frame, UserAudioRawFrame) else ""
        rms_dbfs = level(np.frombuffer(frame.audio, dtype=np.int16)).rms_dbfs
        want = self._listening.feed(frame.audio, rms_dbfs)
        if want is Want.GUESS:
            self._guess = self._start_transcribing()
        elif want is Want.PARTIAL and self._has_time_to_show():
            self._start_transcribing()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Transcribe 16 kHz mono int16 samples, or take the guess that was made of them."""
        await self.start_processing_metrics()
        guess, self._guess = self._guess, None
        # A task of Pipecat's that failed has logged why, and returns None.
        text = None if guess is None else await guess
        if text is None:
            self._supersede()
            text = await self._transcribe(audio, lambda: True)
        await self.stop_processing_metrics()
        if text:
            self._said.append(text)
            # A guess is there at once, and would overtake the news that the caller has stopped.
            await asyncio.sleep(NEWS_TRAVELS_S)
            yield TranscriptionFrame(text, self._speaker, time_now_iso8601(), Language.EN)

    async def cleanup(self) -> None:
        for task in (self._guess, self._partial):
            if task is not None and not task.done():
                await self.cancel_task(task)
        await super().cleanup()

    async def _transcribe(self, pcm: bytes, wanted: Callable[[], bool]) -> str | None:
        samples = np.frombuffer(pcm, dtype=np.int16)
        return await asyncio.to_thread(
            self._transcriber.transcribe_if, wanted, samples, short_window=self._short_window
        )

    def _supersede(self) -> Callable[[], bool]:
        """Begin a new attempt; returns whether it is still the newest."""
        self._newest += 1
        mine = self._newest
        return lambda: mine == self._newest

    def _has_time_to_show(self) -> bool:
        shown = self._partial is None or self._partial.done()
        rested = time.monotonic() >= self._rest_until_s
        return shown and rested and not self._transcriber.busy

    def _start_transcribing(self) -> "asyncio.Task[str | None]":
        """Transcribe what was heard of the utterance so far, and show it when that is done."""
        heard = bytes(self._listening.heard) + TAIL
        transcribing = self._transcribe(heard, self._supersede())
        task = cast("asyncio.Task[str | None]", self.create_task(transcribing, "so far"))
        self._partial = self.create_task(self._show_when_done(task), "show")
        return task

    async def _show_when_done(self, transcription: "asyncio.Task[str | None]") -> None:
        began_s = time.monotonic()
        text = await transcription
        ended_s = time.monotonic()
        self._rest_until_s = ended_s + REST * (ended_s - began_s)
        if not text or not self._listening.speaking:
            return
        if self._on_words is not None:
            self._on_words(" ".join([*self._said, text]))
        await self.push_frame(
            InterimTranscriptionFrame(text, self._speaker, time_now_iso8601(), Language.EN)
        )
