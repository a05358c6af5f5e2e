"""Finds out when blocks were there to be fetched, although some were fetched late."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from app.domain.speech import BLOCK_S

T = TypeVar("T")

AHEAD_BLOCKS = 10


class Steadied(Generic[T]):
    """Passes a remote track's blocks on 100 ms later, each with the time at which it was there.

    A decoder delivers a block every 10 ms. While this process is busy blocks pile up, and are then fetched one right
    after the other; each was there no later than 10 ms before the next one. One thread at a time.
    """

    def __init__(self, pass_on: Callable[[T, float], None]) -> None:
        self._pass_on = pass_on
        self._held: deque[tuple[T, float]] = deque()

    def take(self, block: T, fetched_at: float) -> None:
        self._held.append((block, fetched_at))
        if len(self._held) > AHEAD_BLOCKS:
            self._release()

    def flush(self) -> None:
        """Pass on what is held."""
        while self._held:
            self._release()

    def _release(self) -> None:
        at = min(fetched - number * BLOCK_S for number, (_, fetched) in enumerate(self._held))
        block, _ = self._held.popleft()
        self._pass_on(block, at)
