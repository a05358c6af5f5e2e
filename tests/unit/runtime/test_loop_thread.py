import asyncio
import contextlib
import threading
from collections.abc import Generator

import pytest

from app.runtime.loop_thread import LoopThread


@pytest.fixture
def thread() -> Generator[LoopThread]:
    thread = LoopThread("test loop")
    thread.start()
    yield thread
    assert thread.stop()


async def here() -> str:
    return threading.current_thread().name


def test_coroutines_run_on_its_own_thread(thread: LoopThread):
    assert thread.submit(here()).result(5) == "test loop"
    assert thread.ident is not None
    assert thread.loop.is_running()


def test_stopping_cancels_what_is_left_and_closes_the_loop():
    thread = LoopThread("test loop")
    thread.start()
    cleaned_up = threading.Event()

    async def linger() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaned_up.set()

    lingering = thread.submit(linger())
    thread.submit(asyncio.sleep(0)).result(5)

    assert thread.stop()
    assert cleaned_up.is_set()
    assert lingering.cancelled()
    assert thread.loop.is_closed()
    assert thread.stop()


def test_a_task_that_needs_a_second_cancellation_gets_it():
    thread = LoopThread("test loop")
    thread.start()
    cancellations: list[int] = []

    async def clean_up_slowly() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancellations.append(1)
            await asyncio.sleep(60)

    lingering = thread.submit(clean_up_slowly())
    thread.submit(asyncio.sleep(0)).result(5)

    assert thread.stop()
    assert cancellations == [1]
    assert lingering.cancelled()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_task_that_swallows_every_cancellation_does_not_keep_the_thread():
    thread = LoopThread("test loop")
    thread.start()
    let_go = threading.Event()

    async def never_end() -> None:
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    thread.submit(never_end())
    thread.submit(asyncio.sleep(0)).result(5)

    assert thread.stop()
    let_go.set()


def test_a_thread_that_was_never_started_can_be_stopped():
    thread = LoopThread("test loop")

    assert thread.ident is None
    assert thread.stop()
    assert thread.loop.is_closed()


def test_a_loop_that_something_on_it_stopped_can_be_stopped():
    thread = LoopThread("test loop")
    thread.start()
    thread.loop.call_soon_threadsafe(thread.loop.stop)
    while not thread.loop.is_closed():
        threading.Event().wait(0.001)

    assert thread.stop()


def test_a_coroutine_for_a_closed_loop_is_refused():
    thread = LoopThread("test loop")
    thread.stop()

    with pytest.raises(RuntimeError):
        thread.submit(here())


def test_a_thread_that_is_blocked_is_told_of():
    thread = LoopThread("test loop")
    thread.start()
    entered, let_go = threading.Event(), threading.Event()

    async def block() -> None:
        entered.set()
        let_go.wait(10)

    thread.submit(block())
    entered.wait(5)

    assert not thread.stop(timeout_s=0.01)
    assert not thread.stop(timeout_s=0.01)
    let_go.set()
    assert thread.stop()


def test_the_loop_is_made_by_the_factory():
    loop = asyncio.new_event_loop()
    thread = LoopThread("test loop", lambda: loop)

    assert thread.loop is loop
    thread.stop()
