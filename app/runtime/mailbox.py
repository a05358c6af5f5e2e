"""Carries facts from the tiers' threads to whoever folds them."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

from app.domain.facts import Fact
from app.domain.ports import FactSink

PER_CALL = 20_000
CAPACITY = 8 * PER_CALL
"""Over all calls: as many as may be live at a time."""


@dataclass(slots=True)
class _Box:
    """What one call has posted since it was last drained."""

    facts: list[Fact] = field(default_factory=list[Fact])
    samples: dict[Hashable, Fact] = field(default_factory=dict[Hashable, Fact])


class Mailbox:
    """Ordered facts and latest-wins samples of several calls, kept apart and bounded. Any thread.

    A call whose share is full has its new facts refused, counted in `dropped`: what it said first is never lost, and
    no other call loses anything by it.
    """

    def __init__(self, per_call: int = PER_CALL, capacity: int = CAPACITY) -> None:
        """`per_call` facts may wait of one call, `capacity` of all."""
        self._lock = Lock()
        self._per_call = per_call
        self._capacity = capacity
        self._boxes: dict[str, _Box] = {}
        self._held = 0
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Facts refused since the start."""
        return self._dropped

    def sink(self, call: str) -> FactSink:
        """Where the facts of the call with this key go."""
        return _Slot(self, call)

    def post(self, call: str, fact: Fact) -> None:
        with self._lock:
            box = self._boxes.setdefault(call, _Box())
            if len(box.facts) < self._per_call and self._held < self._capacity:
                box.facts.append(fact)
                self._held += 1
            else:
                self._dropped += 1

    def sample(self, call: str, key: Hashable, fact: Fact) -> None:
        with self._lock:
            self._boxes.setdefault(call, _Box()).samples[key] = fact

    def drain(self) -> dict[str, list[Fact]]:
        """Take everything, by call: its facts in their order, then the newest sample of each key."""
        with self._lock:
            taken, self._boxes, self._held = self._boxes, {}, 0
        return {call: [*box.facts, *box.samples.values()] for call, box in taken.items()}


class _Slot:
    """The way into a mailbox for one call."""

    def __init__(self, mailbox: Mailbox, call: str) -> None:
        self._mailbox = mailbox
        self._call = call

    def post(self, fact: Fact) -> None:
        self._mailbox.post(self._call, fact)

    def sample(self, key: Hashable, fact: Fact) -> None:
        self._mailbox.sample(self._call, key, fact)
