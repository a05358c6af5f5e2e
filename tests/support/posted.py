"""A sink that keeps every fact, patience for what happens elsewhere, and figures to look at."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from app.domain.facts import Fact

F = TypeVar("F", bound=Fact)

POLL_S = 0.02


class Posted:
    """Keeps the facts and samples it is given, all of them, in their order. Any thread."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.samples: list[tuple[Hashable, Fact]] = []

    def post(self, fact: Fact) -> None:
        self.facts.append(fact)

    def sample(self, key: Hashable, fact: Fact) -> None:
        self.samples.append((key, fact))

    def of(self, kind: type[F]) -> list[F]:
        """The facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def sampled(self, kind: type[F]) -> list[F]:
        """The samples of one kind."""
        return [fact for _, fact in self.samples if isinstance(fact, kind)]


async def until(condition: Callable[[], object], within_s: float, what: str = "it") -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        await asyncio.sleep(POLL_S)


async def until_async(
    condition: Callable[[], Awaitable[object]], within_s: float, what: str = "it"
) -> None:
    """Ask a server for a condition until it holds; fail when it does not come true in time."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        await asyncio.sleep(POLL_S)


def report(figures: str) -> None:
    """Print what was measured, for `pytest -s`."""
    sys.stdout.write(f"\n{figures}\n")
