# pyright: reportPrivateUsage=false
import time
from collections.abc import Callable, Iterator

import pytest

from app.agent import loop_watch
from app.agent.loop_watch import LoopWatch, stack_of
from app.domain.facts import LoopBlocked
from app.runtime.loop_thread import LoopThread
from tests.support.hand_clock import HandClock
from tests.support.posted import Posted, until


@pytest.fixture
def thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopThread]:
    monkeypatch.setattr(loop_watch, "BEAT_S", 0.02)
    monkeypatch.setattr(loop_watch, "BLOCKED_AFTER_S", 0.3)
    thread = LoopThread("watched")
    thread.start()
    yield thread
    assert thread.stop()


async def look_up_slowly() -> None:
    time.sleep(0.8)  # noqa: ASYNC251  what it is about


def watching(thread: LoopThread, sink: Posted, *, starting: bool = False) -> LoopWatch:
    is_starting: Callable[[], bool] = lambda: starting  # noqa: E731
    watch = LoopWatch(thread, sink, HandClock(), is_starting)
    watch.start()
    return watch


async def test_a_loop_that_is_held_up_is_told_with_the_line_and_its_end_too(thread: LoopThread):
    sink = Posted()
    watch = watching(thread, sink)
    thread.submit(look_up_slowly())
    await until(lambda: len(sink.of(LoopBlocked)) == 2, 5, "the end of the block")
    watch.stop()
    blocked, over = sink.of(LoopBlocked)

    assert "look_up_slowly: time.sleep(0.8)" in blocked.stack.splitlines()[-1]
    assert not blocked.over
    assert 300 <= blocked.blocked_ms < over.blocked_ms
    assert over.over
    assert over.stack == ""


async def test_while_it_starts_it_may_take_its_time(thread: LoopThread):
    sink = Posted()
    watch = watching(thread, sink, starting=True)
    thread.submit(look_up_slowly()).result(5)
    watch.stop()

    assert sink.facts == []


async def test_a_watch_ends_with_its_loop(thread: LoopThread):
    sink = Posted()
    watch = watching(thread, sink)
    assert thread.stop()
    assert watch._thread is not None
    await until(lambda: watch._thread and not watch._thread.is_alive(), 2, "the end")
    watch.stop()

    assert sink.facts == []


def test_a_thread_that_has_ended_stands_nowhere():
    assert stack_of(None) == ""
    assert stack_of(1) == ""
