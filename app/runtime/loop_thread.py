"""A thread with a private asyncio loop."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
CANCELLED_S = 0.5
"""What is left on a loop that ends has this long to clean up, two times over."""


class LoopThread:
    """Runs coroutines on a private asyncio loop, away from the UI thread.

    Not a daemon: whoever starts it must stop it, so that nothing is torn down half-way by interpreter shutdown.
    """

    def __init__(
        self,
        name: str,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        self._loop = loop_factory()
        self._thread = Thread(target=self._run, name=name)
        self._told_to_stop = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    @property
    def ident(self) -> int | None:
        """The thread's id, for `sys._current_frames`; None before `start`."""
        return self._thread.ident

    def start(self) -> None:
        self._thread.start()

    def submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        """Schedule a coroutine. Any thread. Raises RuntimeError once the loop is closed."""
        try:
            return asyncio.run_coroutine_threadsafe(coro, self._loop)
        except RuntimeError:
            coro.close()
            raise

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Cancel what is left, close the loop and say whether the thread has ended.

        Blocks for up to `timeout_s`: never call it on the UI thread. False means that something on the loop does
        not let go of its thread.
        """
        if self._thread.ident is None:
            self._loop.close()
            return True
        if not self._told_to_stop:
            self._told_to_stop = True
            with suppress(RuntimeError):  # Closed already: something on the loop has stopped it.
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._cancel_remaining())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _cancel_remaining(self) -> None:
        """Cancel what is left, twice: a task that waits for others while it cleans up is let go by the second."""
        for _ in range(2):
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            if not tasks:
                return
            for task in tasks:
                task.cancel()
            # With a deadline, because a task that swallows its cancellation must not keep the thread.
            done, _ = await asyncio.wait(tasks, timeout=CANCELLED_S)
            await asyncio.gather(*done, return_exceptions=True)
