"""The loop that an agent runs on."""

import asyncio
from collections.abc import Callable


class AgentLoop(asyncio.SelectorEventLoop):
    """A loop for another thread than the main one: a bot that asks for signal handlers gets none and no error."""

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        pass

    def remove_signal_handler(self, sig: int) -> bool:
        return False
