"""What a test tells the providers, the same for a host in this process and for one in another."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.script import Entry, Heard, Script, What


class Orders(ABC):
    """Orders to a host, and what it has seen. Any thread."""

    @abstractmethod
    def tell(self, order: str, **arguments: Any) -> None:
        """Carry out one of ORDERS; the arguments are JSON."""

    @abstractmethod
    def seen(self) -> dict[str, Any]:
        """`Script.as_json`."""

    def delays(self, **delays_ms: float) -> None:
        """Set some of `Delays`."""
        self.tell("delays", **delays_ms)

    def answers(self, texts: Sequence[str], only: str = "") -> None:
        """What the models say next, in order. `only`: a service or a key that the list is for."""
        self.tell("answers", texts=list(texts), only=only)

    def transcripts(self, texts: Sequence[str], only: str = "") -> None:
        """What is recognised in the next utterances, in order."""
        self.tell("transcripts", texts=list(texts), only=only)

    def misbehave(self, service: str, fault: Fault) -> None:
        self.tell("fault", service=service, **asdict(fault))

    def healthy(self, service: str | None = None) -> None:
        """Let this service behave again, or all of them."""
        self.tell("heal", service=service)

    def reset(self) -> None:
        """As at the beginning; connections that are open stay so."""
        self.tell("reset")

    def entries(self, what: What | None = None, service: str = "", key: str = "") -> list[Entry]:
        """What was seen and done, in its order: of all, or of one kind, one service, one key."""
        return [
            entry
            for entry in map(_entry, self.seen()["entries"])
            if (what is None or entry.what is what)
            and (not service or entry.service == service)
            and (not key or entry.key == key)
        ]

    def heard(self, service: str) -> Heard:
        """How much audio has reached a service."""
        return Heard(**self.seen()["heard"].get(service, {}))

    def keys(self, service: str = "") -> set[str]:
        """The keys that connections and requests have carried."""
        return {entry.key for entry in self.entries(service=service)}


def _entry(json_object: dict[str, Any]) -> Entry:
    return Entry(What(json_object.pop("what")), **json_object)


class ScriptOrders(Orders):
    """Orders to a script in this process."""

    def __init__(self, script: Script, reset: Callable[[], None]) -> None:
        self._script = script
        self._orders: Mapping[str, Callable[..., None]] = {
            "delays": script.set_delays,
            "answers": script.set_answers,
            "transcripts": script.set_transcripts,
            "fault": self._fault,
            "heal": script.heal,
            "reset": reset,
        }

    def tell(self, order: str, **arguments: Any) -> None:
        self._orders[order](**arguments)

    def seen(self) -> dict[str, Any]:
        return json.loads(json.dumps(self._script.as_json()))

    def _fault(self, service: str, kind: str, **more: Any) -> None:
        self._script.set_fault(service, Fault(Kind(kind), **more))
