"""Runs blocking calls that may never return."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class DaemonWorker:
    """Does jobs one after another on a daemon thread, which lives while there is something to do.

    A job that hangs is given up, not joined: it neither keeps the process from ending nor is joined by a second
    thread, because as long as it hangs every other job is refused at once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._running = False
        self._overdue_at = float("inf")

    async def do(self, job: Callable[[], T], deadline_s: float) -> T:
        """The result of `job`, or what it raised. Any loop.

        Raises TimeoutError when it has not come after `deadline_s`, and at once while an earlier job is overdue.
        """
        outcome: Future[T] = Future()
        self._submit(lambda: _settle(outcome, job), deadline_s)
        async with asyncio.timeout(deadline_s):
            return await asyncio.wrap_future(outcome)

    def _submit(self, work: Callable[[], None], deadline_s: float) -> None:
        with self._lock:
            if time.monotonic() > self._overdue_at:
                raise TimeoutError
            self._waiting.append(lambda: self._run_one(work, deadline_s))
            if self._running:
                return
            self._running = True
        Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                run_next = self._waiting.popleft()
            run_next()

    def _run_one(self, work: Callable[[], None], deadline_s: float) -> None:
        self._overdue_at = time.monotonic() + deadline_s
        work()
        self._overdue_at = float("inf")


def _settle(outcome: Future[T], job: Callable[[], T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - whoever waits for the outcome gets it.
        outcome.set_exception(error)
    else:
        outcome.set_result(result)
