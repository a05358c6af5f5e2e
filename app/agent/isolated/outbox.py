"""Sends what a child tells, on a thread of its own."""

import logging
import os
import threading
from collections import deque
from collections.abc import Hashable

from app.agent.isolated import wire
from app.domain.facts import Fact

log = logging.getLogger(__name__)

CAPACITY = 20_000


class Outbox:
    """A `FactSink` whose facts go down a pipe in their order, beside messages. Any thread; only `close` waits.

    While the other end does not read, facts wait up to `CAPACITY` and are then refused and counted; of a sample only
    the newest waits.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._waiting: deque[Fact | bytes] = deque()
        self._samples: dict[Hashable, Fact] = {}
        self._lost = 0
        self._closing = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def post(self, fact: Fact) -> None:
        with self._changed:
            if len(self._waiting) < CAPACITY:
                self._waiting.append(fact)
                self._changed.notify()
            else:
                self._lost += 1

    def sample(self, key: Hashable, fact: Fact) -> None:
        with self._changed:
            self._samples[key] = fact
            self._changed.notify()

    def say(self, *parts: object) -> None:
        """Queue a message behind the facts before it."""
        with self._changed:
            self._waiting.append(wire.line(*parts))
            self._changed.notify()

    def close(self, timeout_s: float) -> None:
        """Send what waits; gives up after `timeout_s`."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while lines := self._next():
            self._write(b"".join(lines))

    def _next(self) -> list[bytes]:
        """What is to be written now; nothing once it is closed."""
        with self._changed:
            while not (self._waiting or self._samples or self._closing):
                self._changed.wait()
            waiting, self._waiting = self._waiting, deque()
            samples, self._samples = self._samples, {}
            lost, self._lost = self._lost, 0
        lines = [each if isinstance(each, bytes) else _fact(each) for each in waiting]
        lines += [_sample(key, fact) for key, fact in samples.items()]
        return [*lines, wire.line("lost", lost)] if lost else lines

    def _write(self, text: bytes) -> None:
        while text and not self._broken:
            try:
                text = text[os.write(self._descriptor, text) :]
            except OSError:
                # The panel is gone: the end of standard input says so too.
                self._broken = True


def _fact(fact: Fact) -> bytes:
    try:
        return wire.fact_line(fact)
    except (TypeError, ValueError) as error:
        log.warning("a fact cannot be told: %s", error)
        return b""


def _sample(key: Hashable, fact: Fact) -> bytes:
    try:
        return wire.sample_line(key, fact)
    except (TypeError, ValueError) as error:
        log.warning("a reading cannot be told: %s", error)
        return b""
