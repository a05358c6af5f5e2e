"""Facts in, call out."""

import pytest

from app.domain.call import Call
from app.domain.facts import (
    AgentInterrupted,
    AgentSaid,
    AgentSpeechStarted,
    AgentSpeechStopped,
    AgentState,
    AgentStateChanged,
    CallerSaid,
    CallerTurnStarted,
    CallerTurnStopped,
    ConnectionChanged,
    Edge,
    Fact,
    Lane,
    LatencyReported,
    ServerDied,
    ServerRestarted,
    StageEntered,
    Tap,
)
from app.domain.turns import Turn
from tests.unit.domain.conversation import (
    T0,
    TAPS,
    answer,
    closed,
    edges,
    exchange,
    opened,
    question,
    stage,
)


def replay(*facts: Fact) -> Call:
    call = Call()
    call.apply(facts)
    return call


def texts(turn: Turn) -> tuple[str | None, str | None]:
    return (turn.caller and turn.caller.text, turn.agent and turn.agent.text)


def three_turns() -> list[Fact]:
    return [
        opened(),
        *exchange(T0 + 10, "How high is it?", "It is 330 metres high."),
        *exchange(T0 + 20, "Who built it?", "Eiffel's company did."),
        *exchange(T0 + 30, "When was that?", "From 1887 to 1889."),
        closed(T0 + 40),
    ]


def test_three_turns_have_both_texts_and_all_three_latencies():
    call = replay(*three_turns())

    assert [turn.index for turn in call.exchanges] == [1, 2, 3]
    assert [texts(turn) for turn in call.turns] == [
        ("How high is it?", "It is 330 metres high."),
        ("Who built it?", "Eiffel's company did."),
        ("When was that?", "From 1887 to 1889."),
    ]
    for turn in call.turns:
        assert turn.reported_ms == pytest.approx(900.0)
        assert sum(s.duration_ms for s in turn.stages) == pytest.approx(turn.reported_ms)
        assert turn.gaps[Tap.AGENT].ms == pytest.approx(920.0)
        assert turn.gaps[Tap.LISTENER].ms == pytest.approx(1000.0)
        assert turn.gaps[Tap.CALLER].ms == pytest.approx(1080.0)
        assert not turn.gaps[Tap.LISTENER].uncertain
        assert turn.heard_ms == turn.gaps[Tap.LISTENER].ms
    assert not call.alerts


def test_one_batch_and_one_fact_at_a_time_give_the_same_call():
    at_once = replay(*three_turns())

    one_by_one = Call()
    for fact in three_turns():
        one_by_one.apply([fact])

    assert one_by_one == at_once


def test_the_caller_stopped_when_the_report_says_so():
    call = replay(*exchange(T0, "Hello?", "Hello."))

    caller = call.turns[0].caller
    assert caller is not None
    assert (caller.started_at, caller.stopped_at) == (T0 + 0.2, T0 + 2.0)


def test_partial_texts_are_replaced_in_place():
    call = Call()
    call.apply(question(T0, "How high is it?")[:5])
    assert call.turns[0].caller is not None
    assert call.turns[0].caller.text == "How hig"
    assert not call.turns[0].caller.final

    changes = call.apply([CallerSaid(at=T0 + 1.5, text="How high is", final=False)])

    assert call.turns[0].caller.text == "How high is"
    assert changes.turns_updated == {0}
    assert changes.turns_added == 0


def test_a_final_text_that_comes_after_the_answer_began_stays_in_its_turn():
    facts = [f for f in question(T0, "How high?") if not (isinstance(f, CallerSaid) and f.final)]
    late = CallerSaid(at=T0 + 3.4, text="How high is it?", final=True)

    call = replay(*facts, *answer(T0 + 3.0, "330 metres.", T0 + 2.0)[:3], late)

    assert len(call.turns) == 1
    assert call.turns[0].caller is not None
    assert call.turns[0].caller.text == "How high is it?"
    assert call.turns[0].caller.final


def test_the_text_of_an_answer_cut_off_arrives_after_the_next_turn_began():
    started = answer(T0 + 3.0, "The tower was built by", T0 + 2.0)[:-3]
    call = replay(
        *question(T0, "Tell me all about it"),
        *started,
        CallerTurnStarted(at=T0 + 5.0),
        AgentInterrupted(at=T0 + 5.0),
        AgentSpeechStopped(at=T0 + 5.1),
        AgentSaid(at=T0 + 5.2, text="The tower was", final=True, interrupted=True),
        CallerTurnStopped(at=T0 + 6.0),
        CallerSaid(at=T0 + 6.0, text="No, just its height", final=True),
        *answer(T0 + 7.0, "330 metres.", T0 + 5.8),
    )

    first, second = call.turns
    assert texts(first) == ("Tell me all about it", "The tower was")
    assert first.agent is not None
    assert first.agent.interrupted
    assert first.agent.stopped_at == T0 + 5.1
    assert texts(second) == ("No, just its height", "330 metres.")
    assert second.agent is not None
    assert not second.agent.interrupted


def test_the_last_text_of_a_whole_answer_may_come_after_the_caller_went_on():
    call = replay(
        *question(T0, "Who built it?"),
        *answer(T0 + 3.0, "Eiffel did.", T0 + 2.0)[:-1],
        CallerTurnStarted(at=T0 + 6.1),
        AgentSaid(at=T0 + 6.2, text="Eiffel did.", final=True),
        CallerSaid(at=T0 + 6.5, text="And when", final=False),
    )

    assert [texts(turn) for turn in call.turns] == [
        ("Who built it?", "Eiffel did."),
        ("And when", None),
    ]


def test_a_caller_who_goes_on_before_the_answer_stays_in_the_turn():
    call = replay(
        CallerTurnStarted(at=T0),
        CallerTurnStopped(at=T0 + 1.0),
        CallerSaid(at=T0 + 1.0, text="I would like to know", final=True),
        StageEntered(at=T0 + 1.0, key="llm_inference", owner="SmolLM2"),
        AgentSaid(at=T0 + 1.4, text="What would you", final=False),
        CallerTurnStarted(at=T0 + 1.6),
        AgentSaid(at=T0 + 1.7, text="What would you", final=True, interrupted=True),
        CallerSaid(at=T0 + 2.5, text="how high", final=False),
        CallerTurnStopped(at=T0 + 3.0),
        CallerSaid(at=T0 + 3.0, text="how high it is.", final=True),
        *answer(T0 + 4.0, "330 metres.", T0 + 2.8),
    )

    assert len(call.turns) == 1
    assert texts(call.turns[0]) == ("I would like to know how high it is.", "330 metres.")
    assert not call.turns[0].live_stages
    assert not call.alerts


def test_a_text_that_repeats_what_was_said_before_the_pause_is_not_doubled():
    call = replay(
        CallerTurnStarted(at=T0),
        CallerTurnStopped(at=T0 + 1.0),
        CallerSaid(at=T0 + 1.0, text="I would like to know", final=True),
        CallerTurnStarted(at=T0 + 1.6),
        CallerSaid(at=T0 + 3.0, text="I would like to know more.", final=True),
    )

    assert texts(call.turns[0]) == ("I would like to know more.", None)


def test_a_greeting_is_a_turn_that_nobody_opened():
    call = replay(
        opened(),
        *answer(T0 + 1.0, "Hello, what can I do for you?", None),
        *exchange(T0 + 10, "How high is it?", "330 metres."),
    )

    greeting, first = call.turns
    assert (greeting.index, greeting.caller) == (0, None)
    assert texts(greeting) == (None, "Hello, what can I do for you?")
    assert greeting.reported_ms == 400.0
    assert not greeting.gaps
    assert call.exchanges == [first]
    assert first.index == 1


def test_the_caller_may_speak_into_the_greeting():
    call = replay(
        *answer(T0 + 1.0, "Hello, I am", None)[:-3],
        CallerTurnStarted(at=T0 + 2.0),
        AgentInterrupted(at=T0 + 2.0),
        AgentSpeechStopped(at=T0 + 2.1),
        AgentSaid(at=T0 + 2.1, text="Hello", final=True, interrupted=True),
        CallerTurnStopped(at=T0 + 4.0),
        CallerSaid(at=T0 + 4.0, text="How high is it?", final=True),
        *answer(T0 + 5.0, "330 metres.", T0 + 3.8),
    )

    assert [texts(turn) for turn in call.turns] == [
        (None, "Hello"),
        ("How high is it?", "330 metres."),
    ]
    assert call.turns[0].agent is not None
    assert call.turns[0].agent.interrupted


def test_an_agent_that_never_answers_leaves_a_turn_without_an_answer_and_an_alert():
    call = replay(
        *question(T0, "Is anybody there?"),
        *exchange(T0 + 20, "Hello?", "Yes."),
    )

    assert [texts(turn) for turn in call.turns] == [("Is anybody there?", None), ("Hello?", "Yes.")]
    assert not call.turns[0].answered
    assert call.turns[0].gaps == {}
    assert [(a.text, a.turn_index) for a in call.alerts] == [("Turn 1 got no answer", 1)]


def test_an_answer_drafted_but_never_spoken_is_no_answer():
    draft = AgentSaid(at=T0 + 3.0, text="I", final=False)

    call = replay(*question(T0, "Is anybody there?"), draft, CallerTurnStarted(at=T0 + 20))

    assert texts(call.turns[0]) == ("Is anybody there?", None)
    assert [a.text for a in call.alerts] == ["Turn 1 got no answer"]


def test_a_last_question_without_an_answer_is_told_when_the_call_ends():
    assert not replay(*question(T0, "And now?"), closed(T0 + 3.0)).alerts

    call = replay(*question(T0, "And now?"), closed(T0 + 12.0))

    assert [a.text for a in call.alerts] == ["Turn 1 got no answer"]


def test_a_noise_that_the_agent_took_for_a_turn_leaves_no_empty_turn_behind():
    call = replay(
        CallerTurnStarted(at=T0),
        CallerTurnStopped(at=T0 + 0.5),
        *exchange(T0 + 20, "Hello?", "Yes."),
    )

    assert [texts(turn) for turn in call.turns] == [("Hello?", "Yes.")]
    assert call.turns[0].caller is not None
    assert call.turns[0].caller.started_at == T0 + 20.2
    assert not call.alerts


def test_an_answer_that_began_before_the_caller_had_finished_has_no_silence_to_measure():
    call = replay(
        *exchange(T0, "How high is it?", "330 metres."),
        *edges(Lane.CALLER, Edge.ONSET, T0 + 10.0),
        CallerTurnStarted(at=T0 + 10.2),
        CallerTurnStopped(at=T0 + 12.0),
        CallerSaid(at=T0 + 12.0, text="Fine, thanks", final=True),
        AgentSpeechStarted(at=T0 + 12.4),
        *edges(Lane.AGENT, Edge.ONSET, T0 + 12.42),
        *edges(Lane.CALLER, Edge.OFFSET, T0 + 13.0),
        AgentSaid(at=T0 + 14.0, text="You are welcome.", final=True),
    )

    assert call.turns[0].gaps.keys() == set(TAPS)
    assert call.turns[1].gaps == {}


def test_a_caller_offset_found_after_the_answer_began_completes_the_measurement():
    call = Call()
    call.apply(
        [
            *edges(Lane.CALLER, Edge.ONSET, T0),
            CallerTurnStarted(at=T0 + 0.2),
            AgentSpeechStarted(at=T0 + 2.1),
            *edges(Lane.AGENT, Edge.ONSET, T0 + 2.1),
        ]
    )
    assert call.turns[0].gaps == {}

    changes = call.apply(edges(Lane.CALLER, Edge.OFFSET, T0 + 2.0))

    assert call.turns[0].gaps[Tap.AGENT].ms == pytest.approx(100.0)
    assert changes.turns_updated == {0}


def test_a_turn_whose_caller_no_tap_heard_is_not_measured_from_the_turn_before():
    quiet = [f for f in question(T0 + 20, "Mumble") if f.at != T0 + 20 and f.at != T0 + 22]

    call = replay(
        *exchange(T0, "How high is it?", "330 metres."),
        *quiet,
        *answer(T0 + 23.0, "What did you say?", T0 + 22.0),
    )

    assert call.turns[1].gaps == {}
    assert call.turns[1].reported_ms == pytest.approx(1000.0)


def test_typed_text_is_a_turn_of_its_own_and_is_not_measured():
    call = replay(
        *exchange(T0, "How high is it?", "330 metres."),
        CallerSaid(at=T0 + 10.0, text="Who built it?", final=True, typed=True),
        AgentSpeechStarted(at=T0 + 11.0),
        *edges(Lane.AGENT, Edge.ONSET, T0 + 11.0),
        AgentSaid(at=T0 + 12.0, text="Eiffel.", final=True),
        AgentSpeechStopped(at=T0 + 13.0),
    )

    typed = call.turns[1]
    assert texts(typed) == ("Who built it?", "Eiffel.")
    assert typed.caller is not None
    assert typed.caller.typed
    assert typed.caller.started_at == typed.caller.stopped_at == T0 + 10.0
    assert typed.gaps == {}


def test_two_typed_texts_before_an_answer_are_two_turns():
    call = replay(
        CallerSaid(at=T0, text="Hello", final=True, typed=True),
        CallerSaid(at=T0 + 1.0, text="How high is it?", final=True, typed=True),
        *answer(T0 + 2.0, "330 metres.", None)[1:],
    )

    assert [texts(turn) for turn in call.turns] == [
        ("Hello", None),
        ("How high is it?", "330 metres."),
    ]


def test_speech_after_a_typed_text_does_not_replace_it():
    typed = CallerSaid(at=T0, text="Hello", final=True, typed=True)

    by_turn = replay(typed, *question(T0 + 1.0, "How high is it?"))
    by_text = replay(typed, CallerSaid(at=T0 + 1.0, text="How high is it?", final=True))

    assert [texts(turn) for turn in by_turn.turns] == [("Hello", None), ("How high is it?", None)]
    assert [texts(turn) for turn in by_text.turns] == [("Hello", None), ("How high is it?", None)]


def test_typing_takes_over_a_turn_in_which_nothing_was_said():
    call = replay(
        CallerTurnStarted(at=T0),
        CallerSaid(at=T0 + 5.0, text="Hello", final=True, typed=True),
    )

    assert [texts(turn) for turn in call.turns] == [("Hello", None)]
    assert call.turns[0].opened_at == T0 + 5.0


def test_an_uncertain_edge_makes_the_reading_uncertain():
    facts = question(T0, "How high is it?")
    call = replay(
        *facts,
        AgentSpeechStarted(at=T0 + 3.0),
        *edges(Lane.AGENT, Edge.ONSET, T0 + 3.0, (Tap.AGENT,)),
        *edges(Lane.AGENT, Edge.ONSET, T0 + 3.0, (Tap.LISTENER,), uncertain=True),
    )

    assert not call.turns[0].gaps[Tap.AGENT].uncertain
    assert call.turns[0].gaps[Tap.LISTENER].uncertain


def test_a_server_that_dies_is_told_and_nothing_said_is_lost():
    call = Call()
    call.apply([opened(), *exchange(T0 + 10, "How high is it?", "330 metres.")])

    changes = call.apply(
        [
            ServerDied(at=T0 + 20, reason="killed by signal 9"),
            ConnectionChanged(at=T0 + 20.1, identity="greenroom-ear", state="reconnecting"),
        ]
    )
    assert call.server_down
    assert changes.state
    assert changes.alerts
    assert [a.text for a in call.alerts] == ["The server stopped: killed by signal 9"]
    assert call.connections == {"greenroom-ear": "reconnecting"}

    call.apply(
        [
            ServerRestarted(at=T0 + 21, after_ms=900.0),
            ConnectionChanged(at=T0 + 22, identity="greenroom-ear", state="connected"),
            *exchange(T0 + 30, "Still there?", "Yes."),
        ]
    )
    assert not call.server_down
    assert call.connections == {"greenroom-ear": "connected"}
    assert [texts(turn) for turn in call.turns] == [
        ("How high is it?", "330 metres."),
        ("Still there?", "Yes."),
    ]


def test_an_answer_in_two_bursts_is_one_answer():
    call = replay(
        *question(T0, "How high is it?"),
        AgentSpeechStarted(at=T0 + 3.0),
        AgentSpeechStopped(at=T0 + 4.0),
        AgentSpeechStarted(at=T0 + 4.5),
        AgentSaid(at=T0 + 5.0, text="330 metres. That is a lot.", final=True),
    )

    agent = call.turns[0].agent
    assert agent is not None
    assert (agent.started_at, agent.stopped_at) == (T0 + 3.0, None)
    assert len(call.turns) == 1


def test_an_agent_that_speaks_again_unasked_opens_a_turn_of_its_own():
    call = replay(
        *exchange(T0, "How high is it?", "330 metres."),
        AgentSpeechStarted(at=T0 + 30),
        AgentSaid(at=T0 + 31, text="Are you still there?", final=True),
    )

    assert [texts(turn) for turn in call.turns] == [
        ("How high is it?", "330 metres."),
        (None, "Are you still there?"),
    ]
    assert len(call.exchanges) == 1


def test_an_interruption_when_the_agent_is_silent_is_none():
    call = replay(
        AgentInterrupted(at=T0),
        *exchange(T0, "How high is it?", "330 metres."),
        AgentInterrupted(at=T0 + 20),
        AgentSpeechStopped(at=T0 + 21),
    )

    assert call.turns[0].agent is not None
    assert not call.turns[0].agent.interrupted


def test_who_the_caller_waits_for_is_known_while_they_wait():
    call = Call()
    call.apply([*question(T0, "How high is it?")[:-1]])
    assert call.waiting_on is None

    changes = call.apply([StageEntered(at=T0 + 2.3, key="llm_inference", owner="SmolLM2")])
    assert call.waiting_on is not None
    assert call.waiting_on.owner == "SmolLM2"
    assert changes.state

    call.apply([AgentSaid(at=T0 + 2.5, text="330", final=False)])
    call.apply([StageEntered(at=T0 + 2.5, key="speech_synthesis", owner="Piper")])
    assert call.waiting_on.key == "speech_synthesis"
    assert [s.key for s in call.turns[0].live_stages] == ["llm_inference", "speech_synthesis"]

    changes = call.apply([AgentSpeechStarted(at=T0 + 2.8)])
    assert call.waiting_on is None
    assert changes.state


def test_a_stage_entered_while_nobody_waits_is_not_the_caller_s():
    call = replay(StageEntered(at=T0, key="llm_inference", owner="SmolLM2"))
    assert call.waiting_on is None

    call.apply(
        [
            *exchange(T0, "How high is it?", "330 metres."),
            StageEntered(at=T0 + 9, key="speech_synthesis", owner="Piper"),
        ]
    )
    assert call.waiting_on is None


@pytest.mark.parametrize(
    ("state", "waits"), [(AgentState.THINKING, True), (AgentState.LISTENING, False)]
)
def test_an_agent_that_listens_again_keeps_nobody_waiting(state: AgentState, waits: bool):
    call = replay(*question(T0, "How high is it?"), AgentStateChanged(at=T0 + 2.4, state=state))

    assert (call.waiting_on is not None) is waits


def test_a_report_that_comes_late_goes_to_the_turn_it_is_of():
    report, *rest = answer(T0 + 3.0, "330 metres.", T0 + 2.0)
    call = replay(*question(T0, "How high is it?"), *rest, CallerTurnStarted(at=T0 + 6.5), report)

    assert call.turns[0].reported_ms == pytest.approx(1000.0)
    assert call.turns[1].reported_ms is None


def test_a_report_goes_to_the_turn_in_hand_where_the_one_before_has_none():
    typed = CallerSaid(at=T0, text="Hello", final=True, typed=True)
    call = replay(
        typed,
        *answer(T0 + 1.0, "Hello.", None)[1:],
        *question(T0 + 10, "How high is it?"),
        *answer(T0 + 13.0, "330 metres.", T0 + 12.0),
    )

    assert call.turns[0].reported_ms is None
    assert call.turns[1].reported_ms == pytest.approx(1000.0)


def test_a_report_after_both_answers_began_is_of_the_newer_one():
    late = LatencyReported(at=T0 + 13.1, total_ms=1.0, caller_stopped_at=T0 + 9.0, stages=())
    call = replay(
        CallerSaid(at=T0, text="Hello", final=True, typed=True),
        *answer(T0 + 1.0, "Hello.", None)[1:],
        *question(T0 + 10, "How high is it?"),
        *answer(T0 + 13.0, "330 metres.", T0 + 12.0)[1:],
        late,
    )

    assert call.turns[1].reported_ms == 1.0


def test_a_report_of_a_caller_whom_no_turn_was_opened_for_opens_one():
    call = replay(*answer(T0 + 3.0, "330 metres.", T0 + 2.0))

    assert call.exchanges == call.turns
    assert call.turns[0].reported_ms == pytest.approx(1000.0)
    assert call.turns[0].answered


def test_a_greeting_s_report_after_the_caller_spoke_is_an_event_only():
    greeting = LatencyReported(at=T0 + 4, total_ms=400.0, caller_stopped_at=None, stages=())
    call = replay(*question(T0, "Hello?"), greeting)

    assert call.turns[0].reported_ms is None
    assert call.events == [greeting]


def test_a_slow_turn_raises_an_alert_that_says_who_spent_the_time():
    stages = (stage("endpointing_wait", 200.0), stage("llm_inference", 2000.0, 200.0))
    call = replay(
        *question(T0, "How high is it?"),
        LatencyReported(at=T0 + 5, total_ms=2400.0, caller_stopped_at=T0 + 2.0, stages=stages),
    )

    assert [(a.text, a.turn_index) for a in call.alerts] == [
        ("In turn 1 the caller waited 2.4 s, 2.0 s of it on llm inference", 1)
    ]


def test_answers_while_the_caller_s_turn_has_no_end_go_to_it():
    """An agent that says nothing of turns but what was said."""
    call = replay(
        CallerSaid(at=T0, text="How high is it?", final=True),
        AgentSaid(at=T0 + 2, text="330 metres.", final=True),
        CallerSaid(at=T0 + 9, text="Who built it?", final=True),
        AgentSaid(at=T0 + 11, text="Eiffel.", final=True),
        CallerTurnStarted(at=T0 + 20),
    )

    assert [texts(turn) for turn in call.turns] == [
        ("How high is it?", "330 metres."),
        ("Who built it?", "Eiffel."),
        ("", None),
    ]


def test_empty_texts_say_nothing():
    changes = Call().apply(
        [
            CallerSaid(at=T0, text="", final=True),
            AgentSaid(at=T0, text="", final=True),
            CallerTurnStopped(at=T0),
            AgentSpeechStopped(at=T0),
        ]
    )

    assert not changes


def test_the_text_of_an_answer_may_come_whole_before_its_speech():
    call = replay(
        AgentSaid(at=T0, text="Hello.", final=True),
        AgentSpeechStarted(at=T0 + 0.5),
        AgentSpeechStopped(at=T0 + 2.0),
        AgentSaid(at=T0 + 30, text="Are you still there?", final=True),
        AgentSpeechStarted(at=T0 + 30.5),
    )

    assert [texts(turn) for turn in call.turns] == [
        (None, "Hello."),
        (None, "Are you still there?"),
    ]
    assert [turn.agent and turn.agent.started_at for turn in call.turns] == [T0 + 0.5, T0 + 30.5]
