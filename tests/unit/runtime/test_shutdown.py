import asyncio
import inspect
import logging
from contextlib import suppress

import pytest

from app.domain.errors import UserError
from app.runtime.shutdown import stop_within


async def test_a_step_that_ends_in_time_ended_in_order():
    assert await stop_within(5, "agent", asyncio.sleep(0))


async def test_a_future_is_a_step_too():
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)

    assert await stop_within(5, "agent", future)


async def test_a_late_step_is_given_up_and_named(caplog: pytest.LogCaptureFixture):
    ended = asyncio.Event()

    async def late() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    assert not await stop_within(0.01, "agent", late())

    assert "stopping agent: gave up" in caplog.text
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_step_that_ignores_its_cancellation_holds_up_nobody():
    let_go = asyncio.Event()

    async def stubborn() -> None:
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()

    assert not await stop_within(0.01, "agent", stubborn())
    let_go.set()
    await asyncio.sleep(0)


async def test_a_step_that_fails_is_logged_and_the_next_has_its_turn(
    caplog: pytest.LogCaptureFixture,
):
    async def fail() -> None:
        raise UserError("The room is gone.")

    assert not await stop_within(5, "room", fail())

    record = caplog.records[-1]
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "stopping room: failed")
    assert record.exc_info is not None


async def test_a_step_that_was_cancelled_did_not_end_in_order():
    future = asyncio.get_running_loop().create_future()
    future.cancel()

    assert not await stop_within(5, "agent", future)


async def test_who_cancels_the_stop_cancels_its_step():
    ended = asyncio.Event()

    async def step() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    stopping = asyncio.get_running_loop().create_task(stop_within(60, "agent", step()))
    await asyncio.sleep(0.01)
    stopping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stopping
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_step_that_never_began_is_no_coroutine_left_behind():
    async def step() -> None: ...

    coro = step()
    stopping = asyncio.get_running_loop().create_task(stop_within(60, "agent", coro))
    # The stop has made its step's task, and that has not run yet.
    asyncio.get_running_loop().call_soon(stopping.cancel)
    with suppress(asyncio.CancelledError):
        await stopping
    await asyncio.sleep(0)

    assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED
