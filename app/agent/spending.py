# pyright: reportUnknownMemberType=false
"""Counts what an agent's services have cost while its call runs."""

from collections.abc import Awaitable, Callable

from pipecat.observers.service_metrics_observer import ServiceMetricsObserver, ServiceUsageRecord

from app.agent.latency_facts import service_used
from app.agent.pipecat_time import PipecatTime
from app.domain.cost import known_cost
from app.domain.preset_prices import prices_for
from app.domain.presets import Preset
from app.domain.prices import Price


def watch_spending(
    preset: Preset,
    prices: tuple[Price, ...],
    time: PipecatTime,
    spent: Callable[[float], Awaitable[None]],
) -> ServiceMetricsObserver:
    """An observer for the preset's pipeline: `spent` hears what is known of the cost so far, in US dollars.

    What has no price counts nothing. Agent loop only.
    """
    known = prices_for(preset, prices)
    services = preset.described_services
    total = 0.0

    async def on_usage(_: object, record: ServiceUsageRecord) -> None:
        nonlocal total
        total += known_cost(service_used(record, time), known, services)
        await spent(total)

    observer = ServiceMetricsObserver()
    observer.add_event_handler("on_service_usage", on_usage)
    return observer
