# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false
"""The loop that an agent runs on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any


class AgentLoop(asyncio.SelectorEventLoop):
    """A loop for another thread than the main one.

    A bot that asks for signal handlers gets none and no error. What it runs in threads still belongs to it, as with
    `asyncio.to_thread`. The connections that it leaves open are closed with the loop.
    """

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        pass

    def remove_signal_handler(self, sig: int) -> bool:
        return False

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        if isinstance(executor, ProcessPoolExecutor):
            return super().run_in_executor(executor, func, *args)
        return super().run_in_executor(executor, partial(copy_context().run, func, *args))

    def close(self) -> None:
        if not self.is_closed() and not self.is_running():
            self._close_connections()
        super().close()

    def _close_connections(self) -> None:
        # Many clients are never closed by their makers, and sockets outlive their loop until they are collected.
        left: list[asyncio.Transport] = list(self._transports.values())
        for transport in left:
            transport.abort()
        if left:
            self.run_until_complete(asyncio.sleep(0))
