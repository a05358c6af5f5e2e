"""Instants at which pieces are due, kept by the clock: a piece that came late does not delay the next."""

import asyncio


class Pace:
    """One stream's pace, on the running loop's clock."""

    def __init__(self, first_after_ms: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time() + first_after_ms / 1000

    def after(self, ms: float) -> None:
        """Let the next piece be due so long after this one."""
        self._due_s += ms / 1000

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self._due_s - self._loop.time()))
