import time

import pytest
from pipecat.observers.error_observer import ErrorEvent
from pipecat.observers.function_call_observer import FunctionCallEvent, FunctionCallEventKind
from pipecat.observers.service_metrics_observer import (
    ServiceLatencyKind,
    ServiceLatencyRecord,
    ServiceUsageKind,
    ServiceUsageRecord,
)
from pipecat.observers.startup_timing_observer import (
    ProcessorStartupTiming,
    StartupTimingReport,
)
from pipecat.observers.user_bot_latency_observer import (
    LatencyBreakdown,
    LatencyContribution,
    LatencyOwnerKind,
    MeasuredFrom,
)
from pipecat.utils.errors import ErrorCategory

from app.agent import latency_facts
from app.agent.pipecat_time import PipecatTime
from app.domain.facts import OwnerKind
from tests.unit.agent.pushes import Ticking


@pytest.fixture
def clock() -> PipecatTime:
    ticking = Ticking()
    return PipecatTime(ticking, ticking)


def part(key: str, kind: LatencyOwnerKind, start: float, duration: float) -> LatencyContribution:
    return LatencyContribution(
        key=key,
        label=key.replace("_", " "),
        owner="X#0",
        owner_kind=kind,
        start_time=start,
        duration_secs=duration,
    )


def breakdown(measured_from: MeasuredFrom) -> LatencyBreakdown:
    stopped = time.time() - 1.0
    return LatencyBreakdown(
        measured_from=measured_from,
        user_turn_start_time=stopped,
        total_secs=0.7,
        contributions=[
            part("endpointing_wait", LatencyOwnerKind.SETTING, stopped, 0.2),
            part("transcription", LatencyOwnerKind.SERVICE, stopped + 0.2, 0.1),
            part("speech_synthesis", LatencyOwnerKind.SERVICE, stopped + 0.4, 0.3),
            part("pipeline", LatencyOwnerKind.PIPELINE, stopped, 0.1),
        ],
    )


def test_the_stages_of_a_breakdown_tile_its_total(clock: PipecatTime):
    fact = latency_facts.latency_reported(breakdown(MeasuredFrom.USER_SILENCE), 0.7, clock)

    assert fact.total_ms == pytest.approx(700.0)
    assert sum(stage.duration_ms for stage in fact.stages) == pytest.approx(fact.total_ms)
    assert [round(stage.start_ms) for stage in fact.stages] == [0, 200, 300, 600]
    assert fact.stages[0].label == "Endpointing wait"
    assert fact.stages[0].owner_kind is OwnerKind.SETTING
    assert fact.caller_stopped_at == pytest.approx(999.0, abs=0.05)


def test_a_greeting_has_no_caller_who_stopped(clock: PipecatTime):
    fact = latency_facts.latency_reported(breakdown(MeasuredFrom.CLIENT_CONNECTED), 0.7, clock)

    assert fact.caller_stopped_at is None


def test_a_breakdown_without_contributions_has_the_measured_total(clock: PipecatTime):
    bare = LatencyBreakdown(user_turn_start_time=time.time())

    fact = latency_facts.latency_reported(bare, 0.65, clock)

    assert (fact.total_ms, fact.stages) == (650.0, ())


def test_a_service_that_took_no_time_was_not_timed(clock: PipecatTime):
    def record(seconds: float) -> ServiceLatencyRecord:
        return ServiceLatencyRecord(
            kind=ServiceLatencyKind.TTFB, processor="X#0", timestamp=time.time(), seconds=seconds
        )

    assert latency_facts.service_timed(record(0.0), clock) is None
    timed = latency_facts.service_timed(record(0.12), clock)
    assert timed is not None
    assert (timed.kind, timed.duration_ms) == ("ttfb", pytest.approx(120.0))


def test_usage_keeps_its_quantities(clock: PipecatTime):
    used = latency_facts.service_used(
        ServiceUsageRecord(
            kind=ServiceUsageKind.LLM,
            processor="X#0",
            model="m",
            timestamp=time.time(),
            prompt_tokens=7,
            completion_tokens=3,
        ),
        clock,
    )

    assert (used.kind, used.prompt_tokens, used.completion_tokens, used.audio_s) == (
        "llm",
        7,
        3,
        None,
    )


def test_a_tool_call_is_told_in_words(clock: PipecatTime):
    called = latency_facts.tool_called(
        FunctionCallEvent(
            kind=FunctionCallEventKind.COMPLETED,
            function_name="lookup",
            tool_call_id="1",
            timestamp=time.time(),
            arguments={"day": "Friday"},
            result="open",
        ),
        clock,
    )

    assert (called.kind, called.name, called.arguments, called.result, called.error) == (
        "completed",
        "lookup",
        '{"day": "Friday"}',
        "open",
        "",
    )


def test_an_error_keeps_category_and_processor(clock: PipecatTime):
    raised = latency_facts.error_raised(
        ErrorEvent(
            message="429",
            category=ErrorCategory.RATE_LIMIT,
            processor="X#0",
            processor_usable=True,
            timestamp=time.time(),
        ),
        clock,
    )

    assert (raised.category, raised.processor, raised.usable) == ("rate_limit", "X#0", True)


def test_the_headers_that_an_sdk_writes_into_an_error_are_left_out(clock: PipecatTime):
    raised = latency_facts.error_raised(
        ErrorEvent(
            message="rejected: headers: {'Authorization': 'x', 'id': '1'}, status_code: 401, body: No.",
            category=ErrorCategory.AUTHENTICATION,
            processor="X#0",
            processor_usable=False,
            timestamp=time.time(),
        ),
        clock,
    )

    assert raised.message == "rejected: status_code: 401, body: No."


def test_the_start_names_its_slowest_parts(clock: PipecatTime):
    report = StartupTimingReport(
        start_time=time.time(),
        total_duration_secs=0.5,
        processor_timings=[
            ProcessorStartupTiming(
                processor_name=f"P#{n}",
                start_offset_secs=0.0,
                duration_secs=n / 100,
                setup_duration_secs=0.0,
            )
            for n in range(8)
        ],
    )

    fact = latency_facts.startup_timed(report, clock)

    assert fact.total_ms == 500.0
    assert [name for name, _ in fact.parts] == ["P#7", "P#6", "P#5", "P#4", "P#3"]
