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

    def gaps(self, answer: Answer) -> dict[Tap, Gap]:
        """The silence before the answer at each tap that has heard both its ends."""
        taps = {tap for tap, _ in self._lanes}
        found = {tap: self._gap(tap, answer) for tap in sorted(taps)}
        return {tap: gap for tap, gap in found.items() if gap is not None}

    def _gap(self, tap: Tap, answer: Answer) -> Gap | None:
        agent = self._first_of_agent(tap, answer)
        if agent is None:
            return None
        caller = self._last_of_caller(tap, agent.at)
        if caller is None or caller.at < answer.since:
            return None
        uncertain = agent.uncertain or caller.uncertain
        return Gap((agent.at - caller.at) * 1000.0, caller.at, agent.at, uncertain)

    def _first_of_agent(self, tap: Tap, answer: Answer) -> SpeechEdge | None:
        onset = _first_from(self._edges(tap, Lane.AGENT).onsets, answer.begun_at - EARLY_S)
        if onset is None or onset.at > answer.begun_at + LATE_S:
            return None
        if answer.before is not None and onset.at >= answer.before - EARLY_S:
            return None
        return onset

    def _last_of_caller(self, tap: Tap, before: float) -> SpeechEdge | None:
        """The caller's last offset; None when the caller had begun again (an offset is found 200 ms late)."""
        edges = self._edges(tap, Lane.CALLER)
        stopped = _last_before(edges.offsets, before)
        begun = _last_before(edges.onsets, before)
        if stopped is None or (begun is not None and begun.at > stopped.at):
            return None
        return stopped

    def _edges(self, tap: Tap, lane: Lane) -> _Lane:
        return self._lanes.get((tap, lane), _Lane())


def _time(edge: SpeechEdge) -> float:
    return edge.at


def _first_from(edges: list[SpeechEdge], at: float) -> SpeechEdge | None:
    index = bisect_left(edges, at, key=_time)
    return edges[index] if index < len(edges) else None


def _last_before(edges: list[SpeechEdge], at: float) -> SpeechEdge | None:
    index = bisect_left(edges, at, key=_time)
    return edges[index - 1] if index else None
