"""The owner of what slots start."""

import asyncio
import inspect

import pytest

from app.domain.errors import UserError
from app.ui.tasks import TaskScope

Loop = asyncio.AbstractEventLoop


class Reports:
    def __init__(self) -> None:
        self.seen: list[tuple[str, Exception]] = []

    def __call__(self, doing: str, error: Exception) -> None:
        self.seen.append((doing, error))


def test_a_task_that_fails_is_reported_by_what_it_was_doing(
    qt_loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    reports = Reports()

    async def fail() -> None:
        raise UserError("The room is gone.", "Start it again.")

    async def run() -> None:
        scope = TaskScope(reports)
        scope.spawn(fail(), doing="join the room")
        assert scope.busy("join the room")
        await asyncio.sleep(0.01)
        assert not scope.busy("join the room")
        await scope.close()

    qt_loop.run_until_complete(run())

    ((doing, error),) = reports.seen
    assert doing == "join the room"
    assert isinstance(error, UserError)
    assert "could not join the room" in caplog.text


def test_closing_cancels_waits_and_takes_no_new_work(qt_loop: Loop) -> None:
    reports = Reports()
    steps: list[str] = []

    async def long_work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            steps.append("tidied up")

    async def late_work() -> None:
        steps.append("late")

    async def run() -> None:
        scope = TaskScope(reports)
        scope.spawn(long_work(), doing="work")
        await asyncio.sleep(0)
        await scope.close()
        scope.spawn(late_work(), doing="come late")
        await asyncio.sleep(0.01)

    qt_loop.run_until_complete(run())

    assert steps == ["tidied up"]
    assert reports.seen == []


def test_what_is_closed_before_its_first_step_is_no_coroutine_left_behind(qt_loop: Loop) -> None:
    async def work() -> None: ...

    async def run() -> None:
        scope = TaskScope(Reports())
        coro = work()
        scope.spawn(coro, doing="work")
        await scope.close()
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    qt_loop.run_until_complete(run())


def test_a_task_may_close_its_own_scope(qt_loop: Loop) -> None:
    reports = Reports()
    closed = asyncio.Event()

    async def run() -> None:
        scope = TaskScope(reports)

        async def close() -> None:
            await scope.close()
            closed.set()

        scope.spawn(close(), doing="close")
        await asyncio.wait_for(closed.wait(), 5)

    qt_loop.run_until_complete(run())

    assert reports.seen == []
