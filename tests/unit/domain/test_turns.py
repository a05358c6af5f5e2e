import pytest

from app.domain.facts import OwnerKind, Tap
from app.domain.turns import UNEXPLAINED, Gap, Turn, Utterance, percentiles, tile
from tests.unit.domain.conversation import stage


def test_stages_that_sum_to_the_total_stay_as_they_are():
    stages = (stage("a", 200.0), stage("b", 300.2, 200.0))

    assert tile(stages, 500.0)[0] == stages[0]
    assert sum(s.duration_ms for s in tile(stages, 500.0)) == pytest.approx(500.0)
    assert tile((), 0.0) == ()


def test_what_the_stages_leave_is_the_pipeline_s():
    rest = tile((stage("a", 200.0),), 500.0)[-1]

    assert (rest.key, rest.owner_kind, rest.start_ms, rest.duration_ms) == (
        UNEXPLAINED,
        OwnerKind.PIPELINE,
        200.0,
        300.0,
    )


def test_what_goes_beyond_the_total_is_cut_off_from_the_end():
    stages = (stage("a", 400.0), stage("b", 300.0, 400.0), stage("c", 50.0, 700.0))

    assert [(s.key, s.duration_ms) for s in tile(stages, 500.0)] == [("a", 400.0), ("b", 100.0)]


def test_the_slowest_stage_is_the_longest():
    turn = Turn(1, 0.0, stages=(stage("a", 200.0), stage("b", 300.0)))

    assert turn.slowest is not None
    assert turn.slowest.key == "b"
    assert Turn(1, 0.0).slowest is None


def test_a_turn_is_answered_when_the_agent_said_something():
    assert not Turn(1, 0.0).answered
    assert not Turn(1, 0.0, agent=Utterance(started_at=1.0)).answered
    assert Turn(1, 0.0, agent=Utterance("Yes.")).answered
    assert not Turn(1, 0.0, agent=Utterance("Yes.")).answer_begun


def test_the_delay_heard_is_the_listener_s():
    turn = Turn(1, 0.0)
    assert turn.heard_ms is None

    turn.gaps[Tap.LISTENER] = Gap(812.0, 1.0, 1.812, uncertain=False)
    assert turn.heard_ms == 812.0


def test_percentiles_are_of_the_nearest_rank():
    assert percentiles([3.0, 1.0, 2.0]).p50 == 2.0
    assert percentiles([1.0, 2.0, 3.0, 4.0]).p50 == 2.0
    hundred = percentiles([float(i) for i in range(1, 101)])
    assert (hundred.n, hundred.p50, hundred.p95, hundred.p99) == (100, 50.0, 95.0, 99.0)


def test_the_rank_is_exact_for_every_number_of_values():
    for n in range(100, 2000):
        values = [float(i) for i in range(1, n + 1)]
        assert percentiles(values).p95 == (95 * n + 99) // 100
        assert percentiles(values).p99 == (99 * n + 99) // 100


@pytest.mark.parametrize(
    ("n", "p50", "p95", "p99"),
    [(0, False, False, False), (1, True, False, False), (4, True, False, False),
     (5, True, True, False), (99, True, True, False), (100, True, True, True)],
)  # fmt: skip
def test_a_percentile_of_too_few_values_is_not_given(n: int, p50: bool, p95: bool, p99: bool):
    found = percentiles([1.0] * n)

    assert found.n == n
    assert [p is not None for p in (found.p50, found.p95, found.p99)] == [p50, p95, p99]
