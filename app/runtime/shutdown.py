"""Stops things one after another, each with a deadline of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

_abandoned: set[asyncio.Task[Any]] = set()
"""Steps given up on, kept until they end by themselves."""


async def stop_within(deadline_s: float, name: str, awaitable: Awaitable[object]) -> bool:
    """Wait for one step of a stop and say whether it ended in order within `deadline_s`.

    Never raises for the step: what went wrong is logged under `name`, and the next step has its turn. A step that is
    late is cancelled and left to itself, so that one that ignores its cancellation cannot hold up the others.
    """
    task = asyncio.get_running_loop().create_task(_await(awaitable), name=f"stop {name}")
    _abandoned.add(task)
    task.add_done_callback(_abandoned.discard)
    if isinstance(awaitable, Coroutine):
        # Cancelled before its first step, the task has not come to await it.
        task.add_done_callback(lambda _: awaitable.close())
    try:
        done, _ = await asyncio.wait({task}, timeout=deadline_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        log.warning("stopping %s: gave up after %.1f s", name, deadline_s)
        task.cancel()
        return False
    return _ended_in_order(name, task)


async def _await(awaitable: Awaitable[object]) -> None:
    await awaitable


def _ended_in_order(name: str, task: asyncio.Task[None]) -> bool:
    if task.cancelled():
        log.warning("stopping %s: was cancelled", name)
        return False
    if error := task.exception():
        log.error("stopping %s: failed", name, exc_info=error)
        return False
    return True
