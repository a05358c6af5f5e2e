"""A sink that a pipeline can trust."""

import logging
from collections.abc import Hashable

from app.domain.facts import Fact
from app.domain.ports import FactSink

log = logging.getLogger(__name__)


class SafeSink:
    """Hands facts on, and survives a sink that raises: the first time is logged. Any thread."""

    def __init__(self, sink: FactSink) -> None:
        self._sink = sink
        self._failed = False

    def post(self, fact: Fact) -> None:
        try:
            self._sink.post(fact)
        except Exception as error:  # noqa: BLE001  the edge of the tier: a pipeline must not end with its watcher
            self._complain(error)

    def sample(self, key: Hashable, fact: Fact) -> None:
        try:
            self._sink.sample(key, fact)
        except Exception as error:  # noqa: BLE001  the same
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            log.error("a fact was lost; further losses are not logged", exc_info=error)
