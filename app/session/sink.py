"""Sends a call's facts, without secrets, to the panel and to the library."""

from collections.abc import Hashable
from typing import Protocol

from app.domain.facts import Fact
from app.domain.ports import FactSink
from app.runtime.redaction import Redactor
from app.session.masked_facts import masked


class Keeper(Protocol):
    """Keeps facts for good, in their order. Any thread; does not block."""

    def post(self, fact: Fact) -> None: ...


class CallSink:
    """Posts each fact to the library first, then to the panel: what was shown is kept. Any thread.

    Neither gets a secret that the redactor knows. Samples go to the panel alone.
    """

    def __init__(self, library: Keeper, panel: FactSink, redactor: Redactor) -> None:
        self._library = library
        self._panel = panel
        self._redactor = redactor

    def post(self, fact: Fact) -> None:
        fact = masked(fact, self._redactor)
        self._library.post(fact)
        self._panel.post(fact)

    def sample(self, key: Hashable, fact: Fact) -> None:
        self._panel.sample(key, fact)
