"""Owns the coroutines that slots start."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class TaskScope:
    """The tasks of one window or dialog; none outlives it. UI loop only.

    `report` is given what could not be done and why: an error never ends in silence.
    """

    def __init__(self, report: Callable[[str, Exception], None]) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def spawn(self, coro: Coroutine[Any, Any, None], *, doing: str) -> None:
        """Start a task. `doing` completes the sentence "Could not ...". After `close` nothing starts any more."""
        if self._closed:
            coro.close()
            log.debug("closed: did not %s", doing)
            return
        task = asyncio.get_running_loop().create_task(self._guard(coro, doing), name=doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Cancelled before its first step, the task has not come to await it.
        task.add_done_callback(lambda _: coro.close())

    def busy(self, doing: str) -> bool:
        """Whether a task of this name is running."""
        return any(task.get_name() == doing for task in self._tasks)

    async def close(self) -> None:
        """Take no new work, cancel what runs and wait until it is gone."""
        self._closed = True
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self, coro: Coroutine[Any, Any, None], doing: str) -> None:
        try:
            await coro
        except Exception as error:
            # The one broad catch of the UI: it ends in the log and in a toast.
            log.exception("could not %s", doing)
            self._report(doing, error)
