import asyncio

import numpy as np
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.metrics.metrics import MetricsData

from app.agent.eager_turn import EagerTurnAnalyzer

RATE_HZ = 16_000
BLOCK = RATE_HZ // 100
COMPLETE, INCOMPLETE = EndOfTurnState.COMPLETE, EndOfTurnState.INCOMPLETE


class Recording(BaseTurnAnalyzer):
    """Keeps the samples it hears and gives the verdict it was told to give."""

    def __init__(self, verdict: EndOfTurnState) -> None:
        super().__init__()
        self.verdict = verdict
        self.samples = 0
        self.asked_after: list[int] = []
        self.clears = 0
        self.next_state = INCOMPLETE
        self.vad_start_secs = 0.0

    @property
    def speech_triggered(self) -> bool:
        return self.samples > 0

    @property
    def params(self) -> BaseTurnParams:
        return BaseTurnParams()

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        self.samples += len(buffer) // 2
        return self.next_state

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        self.asked_after.append(self.samples)
        await asyncio.sleep(0)
        return self.verdict, None

    def update_vad_start_secs(self, vad_start_secs: float) -> None:
        self.vad_start_secs = vad_start_secs

    def clear(self) -> None:
        self.clears += 1


class Caller:
    """Speaks to an eager analyzer made of two recording ones."""

    def __init__(self, verdict: EndOfTurnState, ahead: EndOfTurnState) -> None:
        self.slow = Recording(verdict)
        self.ahead = Recording(ahead)
        self.analyzer = EagerTurnAnalyzer(self.slow, self.ahead, silence_s=0.2)
        self.analyzer.set_sample_rate(RATE_HZ)
        self.analyzer.update_vad_start_secs(0.2)

    def speak(self, seconds: float) -> None:
        self._send(8000, seconds)

    def pause(self, seconds: float) -> None:
        self._send(0, seconds)

    def _send(self, value: int, seconds: float) -> None:
        block = np.full(BLOCK, value, np.int16).tobytes()
        for _ in range(round(seconds * 100)):
            self.analyzer.append_audio(block, is_speech=True)


async def test_the_verdict_is_asked_for_in_the_pause_and_given_when_the_vad_asks():
    caller = Caller(INCOMPLETE, COMPLETE)
    caller.speak(0.5)
    caller.pause(0.08)
    await asyncio.sleep(0)
    caller.pause(0.12)

    assert await caller.analyzer.analyze_end_of_turn() == (COMPLETE, None)

    heard_s = 0.5 + 0.08 + 0.12
    assert caller.ahead.asked_after == [round(heard_s * RATE_HZ)]
    assert caller.slow.asked_after == []
    assert caller.slow.clears == 1
    assert caller.slow.vad_start_secs == caller.ahead.vad_start_secs == 0.2


async def test_a_caller_who_goes_on_makes_the_verdict_void():
    caller = Caller(INCOMPLETE, COMPLETE)
    caller.speak(0.5)
    caller.pause(0.1)
    caller.speak(0.5)

    assert await caller.analyzer.analyze_end_of_turn() == (INCOMPLETE, None)

    assert len(caller.slow.asked_after) == 1
    assert caller.slow.clears == 0
    assert caller.analyzer.speech_triggered


async def test_a_verdict_of_not_yet_leaves_what_was_heard():
    caller = Caller(COMPLETE, INCOMPLETE)
    caller.speak(0.5)
    caller.pause(0.2)

    assert await caller.analyzer.analyze_end_of_turn() == (INCOMPLETE, None)
    assert caller.slow.clears == 0


async def test_a_turn_that_ends_by_silence_or_by_order_forgets_everything():
    caller = Caller(COMPLETE, COMPLETE)
    caller.speak(0.5)
    caller.pause(0.1)
    caller.slow.next_state = COMPLETE

    assert caller.analyzer.append_audio(bytes(2 * BLOCK), is_speech=False) is COMPLETE
    assert caller.ahead.clears == 1
    caller.analyzer.clear()
    assert (caller.slow.clears, caller.ahead.clears) == (1, 2)
    await caller.analyzer.cleanup()
    assert isinstance(caller.analyzer.params, BaseTurnParams)
