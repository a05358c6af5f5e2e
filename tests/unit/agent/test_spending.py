# pyright: reportUnknownMemberType=false
"""The limit of cost, kept in a running pipeline."""

from dataclasses import replace
from typing import cast

from pipecat.clocks.system_clock import SystemClock
from pipecat.frames.frames import EndFrame, MetricsFrame
from pipecat.metrics.metrics import LLMTokenUsage, LLMUsageMetricsData, TTSUsageMetricsData
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator

from app.agent.call_course import GOODBYE, CallCourse
from app.agent.pipecat_time import PipecatTime
from app.agent.preset_troubles import troubles_of
from app.agent.spending import watch_spending
from app.domain.presets import Limits, Preset
from app.domain.prices import Price, PriceTable
from app.runtime.clock import AnchoredClock
from tests.support.agents import silent_preset
from tests.support.posted import until
from tests.support.small_pipeline import SmallPipeline

PRICES = (
    Price(service="openai_llm", as_of="2026-11-05", source="", input=1.0, output=2.0),
    Price(service="elevenlabs_tts", as_of="2026-11-05", source="", characters=50.0),
)


def limited(cost_usd: float | None) -> Preset:
    return replace(silent_preset(), limits=Limits(cost_usd=cost_usd))


def thought(tokens: int) -> MetricsFrame:
    value = LLMTokenUsage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
    data = LLMUsageMetricsData(processor="OpenAILLMService#0", model="gpt-4.1", value=value)
    return MetricsFrame(data=[data])


def spoke(characters: int, processor: str = "ElevenLabsTTSService#0") -> MetricsFrame:
    return MetricsFrame(data=[TTSUsageMetricsData(processor=processor, value=characters)])


class Limited:
    """A pipeline whose call may cost so much; what was said and told."""

    def __init__(self, cost_usd: float | None) -> None:
        self.pipeline = SmallPipeline(())
        self.said: list[str] = []
        self.told: list[str] = []
        self.counted: list[float] = []
        preset = limited(cost_usd)
        nobody = cast("LLMUserAggregator", None)
        self.course = CallCourse(preset, self.pipeline.worker, nobody, self._say, self.told.append)
        time = PipecatTime(AnchoredClock(), SystemClock())
        self.pipeline.worker.add_observer(watch_spending(preset, PRICES, time, self._spent))

    async def _say(self, text: str) -> None:
        self.said.append(text)

    async def _spent(self, total_usd: float) -> None:
        self.counted.append(total_usd)
        await self.course.spent(total_usd)


async def test_a_call_that_has_cost_enough_ends_with_a_goodbye() -> None:
    call = Limited(0.05)
    async with call.pipeline.running():
        await call.pipeline.put(thought(20_000), spoke(100, "UnknownTTSService#0"))
        await until(lambda: len(call.counted) == 2, 10, "what was used")
        assert (call.said, call.course.ended_because) == ([], "")

        await call.pipeline.put(spoke(1_000))
        await call.pipeline.some(EndFrame)

    why = "The call has cost $0.07; its limit is $0.05."
    assert call.said == [GOODBYE]
    assert call.told == [why]
    assert call.course.ended_because == why
    await call.course.spent(1.0)
    assert len(call.told) == 1


async def test_without_a_limit_nothing_ends() -> None:
    call = Limited(None)
    await call.course.spent(100.0)
    assert (call.said, call.told, call.course.ended_because) == ([], [], "")


def test_a_damaged_table_of_prices_is_told_where_a_limit_needs_it() -> None:
    table = PriceTable((), "prices.yaml, line 3: no YAML.")
    (trouble,) = troubles_of(limited(1.0), {}, {}, table)
    assert (trouble.what, trouble.blocking) == (table.trouble, False)
    assert troubles_of(limited(None), {}, {}, table) == ()
