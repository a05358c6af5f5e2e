"""Turns what Pipecat's observers measured into facts."""

import json
import re

from pipecat.observers.error_observer import ErrorEvent
from pipecat.observers.function_call_observer import FunctionCallEvent
from pipecat.observers.service_metrics_observer import ServiceLatencyRecord, ServiceUsageRecord
from pipecat.observers.startup_timing_observer import StartupTimingReport
from pipecat.observers.user_bot_latency_observer import (
    LatencyBreakdown,
    LatencyContribution,
    MeasuredFrom,
)

from app.agent.pipecat_time import PipecatTime
from app.domain import facts as f
from app.domain.facts import OwnerKind, Stage

SLOWEST_SHOWN = 5
TEXT_AT_MOST = 2000
_HEADERS = re.compile(r"\bheaders: \{[^{}]*\},? *")
"""Headers, which some SDKs write into their errors: ids and keys, and nothing that a person could use."""
FUNCTION_CALL = "function_call_"


def latency_reported(
    breakdown: LatencyBreakdown, measured_s: float, time: PipecatTime
) -> f.LatencyReported:
    """The breakdown of one answer; `measured_s` is the total where there are no contributions."""
    began = breakdown.user_turn_start_time
    if breakdown.measured_from is MeasuredFrom.CLIENT_CONNECTED:
        began = None
    return f.LatencyReported(
        at=time.now(),
        total_ms=(breakdown.total_secs if breakdown.contributions else measured_s) * 1000.0,
        caller_stopped_at=None if began is None else time.of_record(began),
        stages=stages(breakdown.contributions),
    )


def stages(contributions: list[LatencyContribution]) -> tuple[Stage, ...]:
    """The contributions laid end to end, with Pipecat's own durations.

    What Pipecat leaves unnamed it lists last, as the pipeline's, because it is spread over the turn; so a stage may
    begin earlier here than it did, by no more than that.
    """
    laid: list[Stage] = []
    start_ms = 0.0
    for part in contributions:
        duration_ms = part.duration_secs * 1000.0
        laid.append(
            Stage(
                key=part.key,
                label=part.label[:1].upper() + part.label[1:],
                owner=part.owner,
                owner_kind=OwnerKind(part.owner_kind.value),
                start_ms=start_ms,
                duration_ms=duration_ms,
            )
        )
        start_ms += duration_ms
    return tuple(laid)


def service_timed(record: ServiceLatencyRecord, time: PipecatTime) -> f.ServiceTimed | None:
    """None for the empty records that every service sends first."""
    if record.seconds <= 0.0:
        return None
    return f.ServiceTimed(
        at=time.of_record(record.timestamp),
        kind=record.kind.value,
        processor=record.processor,
        model=record.model,
        duration_ms=record.seconds * 1000.0,
    )


def service_used(record: ServiceUsageRecord, time: PipecatTime) -> f.ServiceUsed:
    return f.ServiceUsed(
        at=time.of_record(record.timestamp),
        kind=record.kind.value,
        processor=record.processor,
        model=record.model,
        audio_s=record.audio_seconds,
        characters=record.characters,
        prompt_tokens=record.prompt_tokens,
        completion_tokens=record.completion_tokens,
        cached_tokens=record.cache_read_input_tokens,
        cache_write_tokens=record.cache_creation_input_tokens,
        input_audio_tokens=record.input_audio_tokens,
        cached_audio_tokens=record.cache_read_input_audio_tokens,
        output_audio_tokens=record.output_audio_tokens,
    )


def tool_called(event: FunctionCallEvent, time: PipecatTime) -> f.ToolCalled:
    return f.ToolCalled(
        at=time.of_record(event.timestamp),
        kind=event.kind.value.removeprefix(FUNCTION_CALL),
        name=event.function_name,
        tool_call_id=event.tool_call_id,
        arguments=_text(event.arguments),
        result=_text(event.result),
        error=_text(event.error),
    )


def error_raised(event: ErrorEvent, time: PipecatTime) -> f.ErrorRaised:
    return f.ErrorRaised(
        at=time.of_record(event.timestamp),
        message=_HEADERS.sub("", event.message)[:TEXT_AT_MOST],
        category=event.category.value,
        processor=event.processor,
        usable=event.processor_usable,
    )


def startup_timed(report: StartupTimingReport, time: PipecatTime) -> f.StartupTimed:
    slowest = sorted(report.processor_timings, key=lambda timing: -timing.duration_secs)
    parts = [(timing.processor_name, timing.duration_secs * 1000.0) for timing in slowest]
    return f.StartupTimed(
        at=time.now(),
        total_ms=report.total_duration_secs * 1000.0,
        parts=tuple(parts[:SLOWEST_SHOWN]),
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:TEXT_AT_MOST]
    return json.dumps(value, default=str)[:TEXT_AT_MOST]
