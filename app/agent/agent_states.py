"""Says which state an agent is in, each change once."""

from threading import Lock

from app.domain.facts import AgentState, AgentStateChanged
from app.domain.ports import Clock, FactSink

RUNNING = frozenset({AgentState.LISTENING, AgentState.THINKING, AgentState.SPEAKING})
OVER = frozenset({AgentState.STOPPED, AgentState.FAILED})


class AgentStates:
    """Owns the state of one agent. Any thread."""

    def __init__(self, sink: FactSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._lock = Lock()
        self._state: AgentState | None = None

    @property
    def state(self) -> AgentState | None:
        return self._state

    def become(self, state: AgentState, why: str = "") -> None:
        """Enter a state of the agent's life; what is over stays over."""
        with self._lock:
            if self._state is not state and self._state not in OVER:
                self._enter(state, self._clock.now(), why)

    def seem(self, state: AgentState, at: float) -> None:
        """Follow the conversation, while the agent runs."""
        with self._lock:
            if self._state in RUNNING and self._state is not state:
                self._enter(state, at, "")

    def follow(self, fact: AgentStateChanged) -> None:
        """Take over what the agent's own process says of it; what was decided here is not undone."""
        with self._lock:
            decided = self._state in OVER or (
                self._state is AgentState.STOPPING and fact.state not in OVER
            )
            if not decided and fact.state not in (self._state, AgentState.STARTING):
                self._enter(fact.state, fact.at, fact.why)

    def _enter(self, state: AgentState, at: float, why: str) -> None:
        self._state = state
        self._sink.post(AgentStateChanged(at=at, state=state, why=why))
