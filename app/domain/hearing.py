"""Measures the silence before an answer from the edges of speech at each tap."""

from bisect import bisect_left
from dataclasses import dataclass, field

from app.domain.facts import Edge, Lane, SpeechEdge, Tap
from app.domain.turns import Gap

EARLY_S = 0.3
"""How far before the agent's own report its first block may be dated: the detectors do not agree to the block."""


@dataclass(slots=True)
class _Lane:
    onsets: list[SpeechEdge] = field(default_factory=list[SpeechEdge])
    offsets: list[SpeechEdge] = field(default_factory=list[SpeechEdge])


class Hearing:
    """The speech edges of a call by tap and lane."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[Tap, Lane], _Lane] = {}

    def add(self, edge: SpeechEdge) -> None:
        lane = self._lanes.setdefault((edge.tap, edge.lane), _Lane())
        edges = lane.onsets if edge.edge is Edge.ONSET else lane.offsets
        edges.insert(bisect_left(edges, edge.at, key=_time), edge)

    def taps(self) -> set[Tap]:
        return {tap for tap, _ in self._lanes}

    def gap(self, tap: Tap, answered_at: float, before: float | None = None) -> Gap | None:
        """The silence that ended with the first speech of the agent from `answered_at` on.

        `answered_at` is when the agent says that it began; an answer heard later than `before` belongs to the next
        turn. None while either side has not been heard.
        """
        agent = _first_from(self._edges(tap, Lane.AGENT).onsets, answered_at - EARLY_S)
        if agent is None or (before is not None and agent.at >= before):
            return None
        caller = _last_before(self._edges(tap, Lane.CALLER).offsets, agent.at)
        if caller is None or self._caller_speaks_again(tap, caller, agent):
            return None
        uncertain = agent.uncertain or caller.uncertain
        return Gap((agent.at - caller.at) * 1000.0, caller.at, agent.at, uncertain)

    def _edges(self, tap: Tap, lane: Lane) -> _Lane:
        return self._lanes.get((tap, lane), _Lane())

    def _caller_speaks_again(self, tap: Tap, stopped: SpeechEdge, agent: SpeechEdge) -> bool:
        """Whether the caller's last onset before the answer has no offset yet (it is found 200 ms late)."""
        begun = _last_before(self._edges(tap, Lane.CALLER).onsets, agent.at)
        return begun is not None and begun.at > stopped.at


def _time(edge: SpeechEdge) -> float:
    return edge.at


def _first_from(edges: list[SpeechEdge], at: float) -> SpeechEdge | None:
    index = bisect_left(edges, at, key=_time)
    return edges[index] if index < len(edges) else None


def _last_before(edges: list[SpeechEdge], at: float) -> SpeechEdge | None:
    index = bisect_left(edges, at, key=_time)
    return edges[index - 1] if index else None
