# pyright: reportUnknownMemberType=false
"""Judges whether the caller has finished while the silence that the VAD waits for is still running."""

import asyncio

import numpy as np
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.metrics.metrics import MetricsData

from app.agent.ahead import BYTES_PER_SAMPLE, PAUSE_S, Pauses
from app.runtime.pcm import level

Verdict = tuple[EndOfTurnState, MetricsData | None]


class EagerTurnAnalyzer(BaseTurnAnalyzer):
    """Asks a second analyzer at the first pause, and gives its verdict if nothing was said since.

    Smart-turn takes 110 ms on one core, as long as the rest of the silence wait. The second analyzer is one of its
    own because a verdict of "finished" makes an analyzer forget what it heard; if the caller goes on after all, the
    first still has it. One loop only.
    """

    def __init__(
        self, analyzer: BaseTurnAnalyzer, ahead: BaseTurnAnalyzer, silence_s: float
    ) -> None:
        """`silence_s` is the silence that `analyzer` would have heard when the VAD asks it."""
        super().__init__()
        self._analyzer = analyzer
        self._ahead = ahead
        self._missing_s = max(0.0, silence_s - PAUSE_S)
        self._pauses = Pauses()
        self._speech = False
        self._verdict: asyncio.Task[Verdict] | None = None

    @property
    def speech_triggered(self) -> bool:
        return self._analyzer.speech_triggered

    @property
    def params(self) -> BaseTurnParams:
        return self._analyzer.params

    def set_sample_rate(self, sample_rate: int) -> None:
        super().set_sample_rate(sample_rate)
        self._analyzer.set_sample_rate(sample_rate)
        self._ahead.set_sample_rate(sample_rate)

    def update_vad_start_secs(self, vad_start_secs: float) -> None:
        self._analyzer.update_vad_start_secs(vad_start_secs)
        self._ahead.update_vad_start_secs(vad_start_secs)

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        state = self._analyzer.append_audio(buffer, is_speech)
        self._ahead.append_audio(buffer, is_speech)
        if state is EndOfTurnState.COMPLETE:
            self._forget()
        elif is_speech:
            self._look_for_pause(buffer)
        self._speech = is_speech
        return state

    async def analyze_end_of_turn(self) -> Verdict:
        verdict, self._verdict = self._verdict, None
        if verdict is None or not self._pauses.pending:
            return await self._analyzer.analyze_end_of_turn()
        state, metrics = await verdict
        if state is EndOfTurnState.COMPLETE:
            self._analyzer.clear()
        return state, metrics

    def clear(self) -> None:
        self._analyzer.clear()
        self._forget()

    async def cleanup(self) -> None:
        self._forget()
        await self._analyzer.cleanup()
        await self._ahead.cleanup()

    def _look_for_pause(self, buffer: bytes) -> None:
        if not self._speech:
            self._pauses.start()
        samples = np.frombuffer(buffer, dtype=np.int16)
        if not self._pauses.feed(level(samples).rms_dbfs, samples.size / self.sample_rate):
            return
        # The rest of the silence, as the model was trained to hear it before it is asked.
        missing = bytes(round(self._missing_s * self.sample_rate) * BYTES_PER_SAMPLE)
        self._ahead.append_audio(missing, is_speech=True)
        loop = asyncio.get_running_loop()
        self._verdict = loop.create_task(self._ahead.analyze_end_of_turn(), name="eager turn")

    def _forget(self) -> None:
        self._pauses.start()
        self._ahead.clear()
        if self._verdict is not None:
            self._verdict.cancel()
            self._verdict = None
