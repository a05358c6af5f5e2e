# pyright: reportUnknownMemberType=false
"""Watches a pipeline from the outside and tells what happens in it."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pipecat.observers.base_observer import (
    BaseObserver,
    FrameProcessed,
    FramePushed,
    ProcessorSetUp,
)
from pipecat.observers.error_observer import ErrorEvent, ErrorObserver
from pipecat.observers.function_call_observer import FunctionCallEvent, FunctionCallObserver
from pipecat.observers.service_metrics_observer import (
    ServiceLatencyRecord,
    ServiceMetricsObserver,
    ServiceUsageRecord,
)
from pipecat.observers.startup_timing_observer import StartupTimingObserver, StartupTimingReport
from pipecat.observers.user_bot_latency_observer import LatencyBreakdown, UserBotLatencyObserver
from pipecat.utils.asyncio.task_manager import BaseTaskManager

from app.agent import latency_facts
from app.agent.agent_states import AgentStates
from app.agent.app_messages import AppMessages
from app.agent.pipecat_time import PipecatTime
from app.agent.turn_facts import TurnFacts
from app.domain.ports import FactSink

log = logging.getLogger(__name__)


class CallObserver(BaseObserver):
    """The one observer of an agent's pipeline: every other one hangs on it. Agent loop only.

    An observer that raises is dead for the rest of its call and keeps every later frame in memory, so a part that
    raises here is logged once, and the others go on. Nothing here waits for anything, the sink included.
    """

    def __init__(
        self,
        sink: FactSink,
        states: AgentStates,
        time: PipecatTime,
        further: tuple[BaseObserver, ...] = (),
    ) -> None:
        super().__init__(observe_every_push=True)
        self._sink = sink
        self._time = time
        self.turns = TurnFacts(self._sink, states, time)
        self._measured_s = 0.0
        self._startup = StartupTimingObserver()
        self._startup.add_event_handler("on_startup_timing_report", self._on_startup)
        self._parts: tuple[BaseObserver, ...] = (
            *further,
            *self._measuring_parts(),
            self._startup,
        )
        self._broken: set[str] = set()

    async def setup(self, task_manager: BaseTaskManager) -> None:
        await super().setup(task_manager)
        for part in self._parts:
            await part.setup(task_manager)

    async def cleanup(self) -> None:
        await super().cleanup()
        for part in self._parts:
            await self._guarded(part.name, part.cleanup)

    async def on_push_frame(self, data: FramePushed) -> None:
        await self._guarded("turns", self._on_turns, data)
        for part in self._parts:
            if data.first_push or part is self._startup:
                await self._guarded(part.name, part.on_push_frame, data)

    async def on_process_frame(self, data: FrameProcessed) -> None:
        await self._guarded(self._startup.name, self._startup.on_process_frame, data)

    async def on_processor_setup(self, data: ProcessorSetUp) -> None:
        await self._guarded(self._startup.name, self._startup.on_processor_setup, data)

    async def on_pipeline_started(self) -> None:
        for part in self._parts:
            await self._guarded(part.name, part.on_pipeline_started)

    async def _on_turns(self, data: FramePushed) -> None:
        self.turns.on_push(data)

    async def _guarded(self, name: str, call: Callable[..., Awaitable[None]], *args: Any) -> None:
        try:
            await call(*args)
        except Exception:
            if name not in self._broken:
                self._broken.add(name)
                log.exception("the watcher %s failed; further failures are not logged", name)

    def _measuring_parts(self) -> tuple[BaseObserver, ...]:
        latency = UserBotLatencyObserver()
        latency.add_event_handler("on_latency_measured", self._on_latency)
        latency.add_event_handler("on_latency_breakdown", self._on_breakdown)
        metrics = ServiceMetricsObserver()
        metrics.add_event_handler("on_service_latency", self._on_service_latency)
        metrics.add_event_handler("on_service_usage", self._on_service_usage)
        errors = ErrorObserver()
        errors.add_event_handler("on_error", self._on_error)
        tools = FunctionCallObserver(include_results=True)
        tools.add_event_handler("on_function_call_event", self._on_tool)
        return latency, metrics, errors, tools, AppMessages(self._sink, self._time)

    def _on_latency(self, _: object, measured_s: float) -> None:
        self._measured_s = measured_s

    def _on_breakdown(self, _: object, breakdown: LatencyBreakdown) -> None:
        fact = latency_facts.latency_reported(breakdown, self._measured_s, self._time)
        if fact.caller_stopped_at is None and self.turns.caller_has_come:
            # Not a greeting: the answer to something typed, timed from when the first caller came.
            return
        self._sink.post(fact)

    def _on_service_latency(self, _: object, record: ServiceLatencyRecord) -> None:
        if (fact := latency_facts.service_timed(record, self._time)) is not None:
            self._sink.post(fact)

    def _on_service_usage(self, _: object, record: ServiceUsageRecord) -> None:
        self._sink.post(latency_facts.service_used(record, self._time))

    def _on_error(self, _: object, event: ErrorEvent) -> None:
        self._sink.post(latency_facts.error_raised(event, self._time))

    def _on_tool(self, _: object, event: FunctionCallEvent) -> None:
        self._sink.post(latency_facts.tool_called(event, self._time))

    def _on_startup(self, _: object, report: StartupTimingReport) -> None:
        self._sink.post(latency_facts.startup_timed(report, self._time))
