"""Stops an agent by ever rougher means, each with its deadline."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from app.agent.loop_watch import stack_of

log = logging.getLogger(__name__)

ANSWERS_S = 0.8
"""A loop that does not answer within this is blocked."""
CANCELLED_S = 4.0
"""A start in progress waits for its connection attempt, which must not be cancelled."""
FORCED_S = 2.0
"""A forced end takes 20 ms or never comes."""
LEFT_S = 1.0
TASKS_S = 1.0
THREAD_S = 1.5
LOADED_S = 4.0
"""A start that blocks its loop often builds models, and ends in order when it has them."""
BLOCKED_THREAD_S = 3.5
EVICTED_S = 1.5


class StopRung(StrEnum):
    """What it took."""

    CANCELLED = "cancelled while starting"
    ENDED = "ended politely"
    FORCED = "forced"
    LEFT = "left the room, tasks cancelled"
    EVICTED = "removed by the server"
    KILLED = "its process was killed"


@dataclass(frozen=True, slots=True)
class StopReport:
    """How an agent was stopped; `thread_ended` is False for one that still blocks its own thread."""

    rung: StopRung
    took_s: float
    thread_ended: bool


class Stoppable(Protocol):
    """What the ladder asks of an agent. The coroutines run on the agent's loop."""

    def submit(self, coro: Coroutine[Any, Any, None]) -> "Future[None]": ...

    def is_over(self) -> bool:
        """Whether its bot has returned. Any thread."""
        ...

    def is_starting(self) -> bool:
        """Whether it has not come into the room yet. Any thread."""
        ...

    async def cancel_start(self) -> None: ...

    async def end_politely(self) -> None:
        """Let it finish its sentence; returns when the bot has returned."""
        ...

    async def force_end(self) -> None:
        """End past whatever is stuck; returns when the bot has returned."""
        ...

    async def leave_room(self) -> None: ...

    async def cancel_tasks(self) -> None: ...

    def join(self, timeout_s: float) -> bool:
        """End its loop and thread; whether they have ended."""
        ...

    @property
    def thread_ident(self) -> int | None: ...


def stop(agent: Stoppable, goodbye_s: float, evict: "Callable[[], Future[None]]") -> StopReport:
    """Stop an agent, in 12 s at most. Blocks: call it on a thread of its own."""
    began = time.monotonic()
    rung = _climb(agent, goodbye_s)
    if rung is StopRung.EVICTED:
        log.error("the agent's thread is stuck here:\n%s", stack_of(agent.thread_ident))
        _evict(evict)
        if agent.is_starting() and _within(LOADED_S, agent, agent.cancel_start()):
            rung = StopRung.CANCELLED
        ended = agent.join(BLOCKED_THREAD_S)
    else:
        ended = agent.join(THREAD_S)
    if ended or rung is not StopRung.EVICTED:
        # After a first time too: on its way out it may have come back.
        _evict(evict)
    return StopReport(rung, time.monotonic() - began, ended)


def _climb(agent: Stoppable, goodbye_s: float) -> StopRung:
    if agent.is_over():
        return StopRung.ENDED
    if not _within(ANSWERS_S, agent, asyncio.sleep(0)):
        return StopRung.EVICTED
    if agent.is_starting() and _within(CANCELLED_S, agent, agent.cancel_start()):
        return StopRung.CANCELLED
    if not agent.is_starting() and _within(goodbye_s, agent, agent.end_politely()):
        return StopRung.ENDED
    if _within(FORCED_S, agent, agent.force_end()):
        return StopRung.FORCED
    left = _within(LEFT_S, agent, agent.leave_room())
    cancelled = _within(TASKS_S + 0.5, agent, agent.cancel_tasks())
    return StopRung.LEFT if left or cancelled else StopRung.EVICTED


def _within(timeout_s: float, agent: Stoppable, step: Coroutine[Any, Any, None]) -> bool:
    """Run a step on the agent's loop and say whether it was done in time."""
    try:
        future = agent.submit(step)
    except RuntimeError:
        # The loop has closed: whatever ran on it is over.
        return True
    try:
        future.result(timeout_s)
    except TimeoutError:
        log.warning("the agent did not answer to %s in %.1f s", step.__qualname__, timeout_s)
        future.cancel()
        return False
    except Exception:
        log.exception("the agent failed in %s", step.__qualname__)
        return False
    return True


def _evict(evict: "Callable[[], Future[None]]") -> None:
    try:
        evict().result(EVICTED_S)
    except Exception as error:  # noqa: BLE001  the last rung: whatever it is, it is logged and the stop goes on
        log.warning("the agent could not be removed from its room: %r", error)
