from app.domain.alerts import Severity, no_answer, slow_answer
from app.domain.turns import Turn
from tests.unit.domain.conversation import stage


def test_an_answer_in_time_is_no_alert():
    assert slow_answer(1.0, Turn(1, 0.0)) is None
    assert slow_answer(1.0, Turn(1, 0.0, reported_ms=1500.0)) is None


def test_a_slow_answer_says_how_long_and_on_what():
    alert = slow_answer(1.0, Turn(3, 0.0, reported_ms=1600.0, stages=(stage("llm", 900.0),)))

    assert alert is not None
    assert (alert.at, alert.severity, alert.turn_index) == (1.0, Severity.WATCH, 3)
    assert alert.text == "In turn 3 the caller waited 1.6 s, 0.9 s of it on llm"


def test_a_slow_answer_without_stages_says_how_long():
    alert = slow_answer(1.0, Turn(3, 0.0, reported_ms=1600.0))

    assert alert is not None
    assert alert.text == "In turn 3 the caller waited 1.6 s"


def test_no_answer_is_worse():
    alert = no_answer(1.0, Turn(3, 0.0))

    assert (alert.severity, alert.text, alert.turn_index) == (
        Severity.BAD,
        "Turn 3 got no answer",
        3,
    )
