"""The state of an agent that is not ours, as far as it can be heard."""

from collections.abc import Hashable

from app.domain.facts import AgentState, AgentStateChanged, Edge, Fact, Lane, SpeechEdge
from app.domain.ports import FactSink


class WatchedAgent:
    """Passes facts on, and says from its audio whether the agent of the room speaks. Any thread."""

    def __init__(self, sink: FactSink) -> None:
        self._sink = sink

    def post(self, fact: Fact) -> None:
        self._sink.post(fact)
        if isinstance(fact, SpeechEdge) and fact.lane is Lane.AGENT:
            speaks = fact.edge is Edge.ONSET
            state = AgentState.SPEAKING if speaks else AgentState.LISTENING
            self._sink.post(AgentStateChanged(at=fact.at, state=state))

    def sample(self, key: Hashable, fact: Fact) -> None:
        self._sink.sample(key, fact)
