import asyncio
import threading

import pytest

from app.runtime.daemon_worker import DaemonWorker
from tests.support.posted import until

NAME = "worker of the test"


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


async def gone() -> None:
    await until(lambda: not threads(), 10, "the end of the thread")


async def test_jobs_run_one_after_another_on_a_daemon_thread_that_ends_with_them():
    worker = DaemonWorker(NAME)

    def job() -> tuple[str, bool]:
        return threading.current_thread().name, threading.current_thread().daemon

    seen = await asyncio.gather(*(worker.do(job, 10) for _ in range(20)))

    assert set(seen) == {(NAME, True)}
    await gone()
    assert await worker.do(job, 10) == (NAME, True)
    await gone()


async def test_what_a_job_raises_reaches_who_waits():
    def fails() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await DaemonWorker(NAME).do(fails, 10)


async def test_a_hung_job_is_given_up_and_more_are_refused_without_another_thread():
    worker = DaemonWorker(NAME)
    answers = threading.Event()
    ran: list[int] = []

    with pytest.raises(TimeoutError):
        await worker.do(answers.wait, 0.02)
    for _ in range(50):
        with pytest.raises(TimeoutError):
            await worker.do(lambda: ran.append(1), 60)

    assert len(threads()) == 1
    answers.set()
    await gone()
    assert ran == []
    await worker.do(lambda: ran.append(2), 10)
    assert ran == [2]


async def test_a_job_that_waited_behind_a_hung_one_is_not_done_after_its_time():
    worker = DaemonWorker(NAME)
    answers = threading.Event()
    ran: list[int] = []

    outcomes = await asyncio.gather(
        worker.do(answers.wait, 0.05),
        worker.do(lambda: ran.append(1), 0.01),
        return_exceptions=True,
    )
    answers.set()
    await gone()

    assert [type(outcome) for outcome in outcomes] == [TimeoutError, TimeoutError]
    assert ran == []
