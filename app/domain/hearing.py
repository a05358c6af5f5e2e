"""Measures the silence before an answer from the edges of speech at each tap."""

from bisect import bisect_left
from dataclasses import dataclass, field

from app.domain.facts import Edge, Lane, SpeechEdge, Tap
from app.domain.turns import Gap

EARLY_S = 0.3
"""How far before the agent's own report its first block may be dated: the detectors do not agree to the block."""
LATE_S = 3.0
"""How far after it: silence at the start of the voice, the network, a jitter buffer. Later is another sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where to listen for one answer.

    `begun_at` is when the agent says that it began; what the caller said before `since` and what the agent said
    from `before` on belong to other turns.
    """

    begun_at: float
    since: float
    before: float | None = None


@dataclass(slots=True)
class _Edges:
    """Edges in the order of their times, which are kept beside them for the search."""

    times: list[float] = field(default_factory=list[float])
    edges: list[SpeechEdge] = field(default_factory=list[SpeechEdge])

    def add(self, edge: SpeechEdge) -> None:
        index = bisect_left(self.times, edge.at)
        self.times.insert(index, edge.at)
        self.edges.insert(index, edge)

    def first_from(self, at: float) -> SpeechEdge | None:
        index = bisect_left(self.times, at)
        return self.edges[index] if index < len(self.edges) else None

    def last_before(self, at: float) -> SpeechEdge | None:
        index = bisect_left(self.times, at)
        return self.edges[index - 1] if index else None


class Hearing:
    """The speech edges of a call by tap and lane."""

    def __init__(self) -> None:
        self.taps: set[Tap] = set()
        """Where something has been heard."""
        self._edges: dict[tuple[Tap, Lane, Edge], _Edges] = {}

    def add(self, edge: SpeechEdge) -> None:
        self.taps.add(edge.tap)
        self._edges.setdefault((edge.tap, edge.lane, edge.edge), _Edges()).add(edge)

    def gap(self, tap: Tap, answer: Answer) -> Gap | None:
        """The silence before the answer at this tap; None while it has not heard both its ends."""
        agent = self._first_of_agent(tap, answer)
        if agent is None:
            return None
        caller = self._last_of_caller(tap, agent.at)
        if caller is None or caller.at < answer.since:
            return None
        uncertain = agent.uncertain or caller.uncertain
        return Gap((agent.at - caller.at) * 1000.0, caller.at, agent.at, uncertain)

    def _first_of_agent(self, tap: Tap, answer: Answer) -> SpeechEdge | None:
        onset = self._of(tap, Lane.AGENT, Edge.ONSET).first_from(answer.begun_at - EARLY_S)
        if onset is None or onset.at > answer.begun_at + LATE_S:
            return None
        if answer.before is not None and onset.at >= answer.before - EARLY_S:
            return None
        return onset

    def _last_of_caller(self, tap: Tap, before: float) -> SpeechEdge | None:
        """The caller's last offset; None when the caller had begun again (an offset is found 200 ms late)."""
        stopped = self._of(tap, Lane.CALLER, Edge.OFFSET).last_before(before)
        begun = self._of(tap, Lane.CALLER, Edge.ONSET).last_before(before)
        if stopped is None or (begun is not None and begun.at > stopped.at):
            return None
        return stopped

    def _of(self, tap: Tap, lane: Lane, edge: Edge) -> _Edges:
        return self._edges.get((tap, lane, edge), _NONE)


_NONE = _Edges()
