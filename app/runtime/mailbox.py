"""Carries facts from the tiers' threads to whoever folds them."""

from collections import deque
from collections.abc import Hashable
from threading import Lock

from app.domain.facts import Fact

CAPACITY = 100_000


class Mailbox:
    """Ordered facts and latest-wins samples, bounded. Any thread.

    When full it refuses new facts and counts them in `dropped`, so that what was said first is never lost.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._lock = Lock()
        self._capacity = capacity
        self._facts: deque[Fact] = deque()
        self._samples: dict[Hashable, Fact] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Facts refused since the start."""
        return self._dropped

    def post(self, fact: Fact) -> None:
        with self._lock:
            if len(self._facts) < self._capacity:
                self._facts.append(fact)
            else:
                self._dropped += 1

    def sample(self, key: Hashable, fact: Fact) -> None:
        with self._lock:
            self._samples[key] = fact

    def drain(self) -> list[Fact]:
        """Take everything: the facts in their order, then the newest sample of each key."""
        with self._lock:
            taken = [*self._facts, *self._samples.values()]
            self._facts.clear()
            self._samples.clear()
        return taken
