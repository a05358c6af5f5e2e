import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.agent import stop_ladder
from app.agent.stop_ladder import StopRung, stop
from app.runtime.loop_thread import LoopThread

NEVER_S = 30.0
GOODBYE_S = 0.1


@dataclass
class Steps:
    """How long an agent takes for each step that is asked of it."""

    cancel_s: float = 0.0
    polite_s: float = 0.0
    forced_s: float = 0.0
    leave_s: float = 0.0
    tasks_s: float = 0.0
    starting: bool = False
    over: bool = False
    asked: list[str] = field(default_factory=list[str])


class FakeAgent:
    """An agent on a real loop, as obedient as its steps say."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.thread = LoopThread("fake agent")
        self.thread.start()

    @property
    def thread_ident(self) -> int | None:
        return self.thread.ident

    def submit(self, coro: Coroutine[Any, Any, None]) -> "Future[None]":
        return self.thread.submit(coro)

    def is_over(self) -> bool:
        return self._steps.over

    def is_starting(self) -> bool:
        return self._steps.starting

    async def cancel_start(self) -> None:
        await self._take("cancel", self._steps.cancel_s)

    async def end_politely(self) -> None:
        await self._take("end", self._steps.polite_s)

    async def force_end(self) -> None:
        await self._take("force", self._steps.forced_s)

    async def leave_room(self) -> None:
        await self._take("leave", self._steps.leave_s)

    async def cancel_tasks(self) -> None:
        await self._take("tasks", self._steps.tasks_s)

    def join(self, timeout_s: float) -> bool:
        return self.thread.stop(timeout_s)

    async def _take(self, step: str, time_s: float) -> None:
        self._steps.asked.append(step)
        await asyncio.sleep(time_s)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in (
        "ANSWERS_S",
        "CANCELLED_S",
        "FORCED_S",
        "LEFT_S",
        "TASKS_S",
        "LOADED_S",
        "BLOCKED_THREAD_S",
    ):
        monkeypatch.setattr(stop_ladder, name, 0.2)


@pytest.fixture
def evicted() -> Iterator[Callable[[], "Future[None]"]]:
    """An eviction that counts itself."""
    calls: list[float] = []

    def evict() -> "Future[None]":
        calls.append(time.monotonic())
        done: Future[None] = Future()
        done.set_result(None)
        return done

    yield evict
    assert len(calls) in (1, 2), "every stop ends with the server's word that the agent is gone"


@pytest.mark.parametrize(
    ("steps", "rung", "asked"),
    [
        (Steps(over=True), StopRung.ENDED, []),
        (Steps(), StopRung.ENDED, ["end"]),
        (Steps(starting=True), StopRung.CANCELLED, ["cancel"]),
        (Steps(polite_s=NEVER_S), StopRung.FORCED, ["end", "force"]),
        (Steps(starting=True, cancel_s=NEVER_S), StopRung.FORCED, ["cancel", "force"]),
        (
            Steps(polite_s=NEVER_S, forced_s=NEVER_S),
            StopRung.LEFT,
            ["end", "force", "leave", "tasks"],
        ),
        (
            Steps(polite_s=NEVER_S, forced_s=NEVER_S, leave_s=NEVER_S),
            StopRung.LEFT,
            ["end", "force", "leave", "tasks"],
        ),
        (
            Steps(polite_s=NEVER_S, forced_s=NEVER_S, leave_s=NEVER_S, tasks_s=NEVER_S),
            StopRung.EVICTED,
            ["end", "force", "leave", "tasks"],
        ),
    ],
)
def test_the_next_rung_is_taken_when_one_does_not_hold(
    steps: Steps, rung: StopRung, asked: list[str], evicted: Callable[[], "Future[None]"]
):
    report = stop(FakeAgent(steps), GOODBYE_S, evicted)

    assert report.rung is rung
    assert report.thread_ended
    assert steps.asked == asked


def test_an_agent_that_blocks_its_loop_is_removed_by_the_server(
    evicted: Callable[[], "Future[None]"], caplog: pytest.LogCaptureFixture
):
    agent = FakeAgent(Steps())
    release = threading.Event()

    async def block() -> None:
        release.wait(10)

    agent.submit(block())
    with caplog.at_level(logging.ERROR):
        report = stop(agent, GOODBYE_S, evicted)
    release.set()

    assert report.rung is StopRung.EVICTED
    assert not report.thread_ended
    assert "release.wait(10)" in caplog.text
    assert agent.join(2.0)


def test_a_start_that_builds_models_ends_in_order_when_it_has_them(
    evicted: Callable[[], "Future[None]"], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stop_ladder, "LOADED_S", 5.0)
    steps = Steps(starting=True)
    agent = FakeAgent(steps)
    release = threading.Event()

    async def build() -> None:
        release.wait(10)

    agent.submit(build())
    threading.Timer(0.5, release.set).start()
    report = stop(agent, GOODBYE_S, evicted)

    assert report.rung is StopRung.CANCELLED
    assert report.thread_ended
    assert steps.asked == ["cancel"]


def test_a_step_that_fails_does_not_end_the_stop(evicted: Callable[[], "Future[None]"]):
    class Failing(FakeAgent):
        async def end_politely(self) -> None:
            raise RuntimeError("no pipeline")

    report = stop(Failing(Steps()), GOODBYE_S, evicted)

    assert report.rung is StopRung.FORCED


def test_an_eviction_that_fails_is_logged(caplog: pytest.LogCaptureFixture):
    def evict() -> "Future[None]":
        failed: Future[None] = Future()
        failed.set_exception(ConnectionError("no server"))
        return failed

    report = stop(FakeAgent(Steps()), GOODBYE_S, evict)

    assert report.rung is StopRung.ENDED
    assert "no server" in caplog.text
