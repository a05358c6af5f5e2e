"""Notices that nothing comes from a process any more, though it lives."""

from collections.abc import Callable

from app.domain.facts import LoopBlocked
from app.domain.ports import Clock, FactSink

SILENT_AFTER_S = 3.5
"""A process gives a sign of life every second, whatever its loop does."""
SILENT_START_AFTER_S = 15.0
"""While it starts: a large library that is loaded from a cold disk lets nothing else of a process run."""
STACK_S = 0.5
"""What faulthandler writes is here by then."""


class SilenceWatch:
    """Tells that a process does not answer, with its stack where there is one, and when it does again. One thread."""

    def __init__(
        self, sink: FactSink, clock: Clock, ask: Callable[[], None], stack: Callable[[], str]
    ) -> None:
        """`ask` has the process write where it stands, which it does beside its Python; `stack` gives that later."""
        self._sink = sink
        self._clock = clock
        self._ask = ask
        self._stack = stack
        self._heard_at: float | None = None
        self._asked_at: float | None = None
        self._told = False
        self._over_at = float("-inf")

    def heard(self) -> None:
        """Something came from the process."""
        now = self._clock.now()
        if self._told and self._heard_at is not None:
            self._over_at = now
            self._tell(now - self._heard_at, "", over=True)
        self._heard_at, self._asked_at, self._told = now, None, False

    def look(self, *, starting: bool) -> None:
        """See whether it has been silent for too long; several times a second, once all that came was heard."""
        if self._heard_at is None or self._told:
            return
        now = self._clock.now()
        patience_s = SILENT_START_AFTER_S if starting else SILENT_AFTER_S
        if self._asked_at is None:
            if now - self._heard_at >= patience_s:
                self._asked_at = now
                self._ask()
        elif now - self._asked_at >= STACK_S:
            self._told = True
            self._tell(now - self._heard_at, self._stack())

    def covers(self, fact: LoopBlocked) -> bool:
        """Whether this is what the process says of a silence that was told: its loop stood still with the rest."""
        return fact.at - fact.blocked_ms / 1000.0 < self._over_at

    def _tell(self, silent_s: float, stack: str, *, over: bool = False) -> None:
        self._sink.post(
            LoopBlocked(
                at=self._clock.now(),
                blocked_ms=silent_s * 1000.0,
                stack=stack,
                over=over,
                whole=True,
            )
        )
