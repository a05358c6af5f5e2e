from app.agent.agent_states import AgentStates
from app.domain.facts import AgentState, AgentStateChanged
from tests.support.posted import Posted


class StandingClock:
    def now(self) -> float:
        return 5.0


def told(sink: Posted) -> list[tuple[AgentState, float, str]]:
    return [(fact.state, fact.at, fact.why) for fact in sink.of(AgentStateChanged)]


def test_each_change_is_told_once():
    sink = Posted()
    states = AgentStates(sink, StandingClock())
    assert states.state is None

    states.become(AgentState.STARTING)
    states.become(AgentState.LISTENING)
    states.become(AgentState.LISTENING)
    states.seem(AgentState.THINKING, 6.0)
    states.seem(AgentState.THINKING, 6.5)

    assert told(sink) == [
        (AgentState.STARTING, 5.0, ""),
        (AgentState.LISTENING, 5.0, ""),
        (AgentState.THINKING, 6.0, ""),
    ]
    assert states.state is AgentState.THINKING


def test_the_conversation_counts_only_while_the_agent_runs():
    sink = Posted()
    states = AgentStates(sink, StandingClock())
    states.seem(AgentState.SPEAKING, 1.0)
    states.become(AgentState.STARTING)
    states.seem(AgentState.SPEAKING, 2.0)
    states.become(AgentState.STOPPING)
    states.seem(AgentState.LISTENING, 3.0)

    assert [state for state, _, _ in told(sink)] == [AgentState.STARTING, AgentState.STOPPING]


def test_an_agent_that_failed_is_not_stopped_afterwards():
    sink = Posted()
    states = AgentStates(sink, StandingClock())
    states.become(AgentState.FAILED, "It was removed from the room.")
    states.become(AgentState.STOPPING)
    states.become(AgentState.STOPPED)

    assert told(sink) == [(AgentState.FAILED, 5.0, "It was removed from the room.")]


def test_what_another_process_says_is_followed_until_a_stop_is_wanted():
    sink = Posted()
    states = AgentStates(sink, StandingClock())
    states.become(AgentState.STARTING)
    for at, state in enumerate(
        (AgentState.STARTING, AgentState.LISTENING, AgentState.LISTENING, AgentState.SPEAKING)
    ):
        states.follow(AgentStateChanged(at=float(at), state=state))
    states.become(AgentState.STOPPING)
    for state in (AgentState.LISTENING, AgentState.STOPPING, AgentState.STOPPED, AgentState.FAILED):
        states.follow(AgentStateChanged(at=9.0, state=state, why="forced"))

    assert told(sink) == [
        (AgentState.STARTING, 5.0, ""),
        (AgentState.LISTENING, 1.0, ""),
        (AgentState.SPEAKING, 3.0, ""),
        (AgentState.STOPPING, 5.0, ""),
        (AgentState.STOPPED, 9.0, "forced"),
    ]
