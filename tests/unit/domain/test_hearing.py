import pytest

from app.domain.facts import Edge, Lane, SpeechEdge, Tap
from app.domain.hearing import Answer, Hearing
from app.domain.turns import Gap


def listener(*edges: tuple[Lane, Edge, float]) -> Hearing:
    """What the listener heard."""
    hearing = Hearing()
    for lane, edge, at in edges:
        hearing.add(SpeechEdge(at=at, tap=Tap.LISTENER, lane=lane, edge=edge))
    return hearing


def gap_of(hearing: Hearing, since: float = 0.0, before: float | None = None) -> Gap | None:
    return hearing.gap(Tap.LISTENER, Answer(3.8, since, before))


CALLER_SPEAKS = ((Lane.CALLER, Edge.ONSET, 1.0), (Lane.CALLER, Edge.OFFSET, 3.0))


def test_the_gap_is_from_the_caller_s_last_block_to_the_agent_s_first():
    hearing = listener(*CALLER_SPEAKS, (Lane.AGENT, Edge.ONSET, 3.9))

    gap = gap_of(hearing)

    assert gap is not None
    assert gap.ms == pytest.approx(900.0)
    assert (gap.caller_stopped_at, gap.agent_started_at) == (3.0, 3.9)


def test_nothing_is_measured_until_both_have_been_heard():
    assert gap_of(listener()) is None
    assert gap_of(listener(*CALLER_SPEAKS)) is None
    assert gap_of(listener((Lane.AGENT, Edge.ONSET, 3.9))) is None


def test_each_tap_hears_for_itself():
    hearing = listener(*CALLER_SPEAKS, (Lane.AGENT, Edge.ONSET, 3.9))

    assert hearing.taps == {Tap.LISTENER}
    assert hearing.gap(Tap.AGENT, Answer(3.8, since=0.0)) is None


def test_edges_may_come_in_any_order():
    hearing = listener((Lane.AGENT, Edge.ONSET, 3.9), *reversed(CALLER_SPEAKS))

    gap = gap_of(hearing)

    assert gap is not None
    assert gap.ms == pytest.approx(900.0)


@pytest.mark.parametrize(("onset", "found"), [(3.4, False), (3.5, True), (6.7, True), (6.9, False)])
def test_the_onset_is_near_to_what_the_agent_reports(onset: float, found: bool):
    hearing = listener(*CALLER_SPEAKS, (Lane.AGENT, Edge.ONSET, onset))

    assert (gap_of(hearing) is not None) is found


@pytest.mark.parametrize(("before", "found"), [(5.0, True), (4.0, False)])
def test_an_onset_of_the_next_answer_is_not_this_one_s(before: float, found: bool):
    hearing = listener(*CALLER_SPEAKS, (Lane.AGENT, Edge.ONSET, 3.9))

    assert (gap_of(hearing, before=before) is not None) is found


@pytest.mark.parametrize(("since", "found"), [(2.9, True), (3.1, False)])
def test_what_the_caller_said_in_an_earlier_turn_does_not_count(since: float, found: bool):
    hearing = listener(*CALLER_SPEAKS, (Lane.AGENT, Edge.ONSET, 3.9))

    assert (gap_of(hearing, since=since) is not None) is found


def test_a_caller_who_speaks_again_has_not_stopped():
    hearing = listener(
        *CALLER_SPEAKS, (Lane.CALLER, Edge.ONSET, 3.5), (Lane.AGENT, Edge.ONSET, 3.9)
    )

    assert gap_of(hearing) is None
