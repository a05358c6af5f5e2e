import pytest

from app.domain import step_outcome
from app.domain.connection_report import headed_report, report, took_words
from app.domain.servers import StepState, TestStep


def test_each_step_is_a_line_and_what_to_do_is_another() -> None:
    steps = (
        TestStep(1, "Address", StepState.OK, "eu.example.org resolves to 203.0.113.9", took_ms=4.2),
        TestStep(8, "Media over UDP", StepState.FAILED, "no answer", "Open 7882/udp.", 5012.0),
        TestStep(9, "Media over TCP", StepState.SKIPPED, "the server offers none"),
    )

    assert report(steps).splitlines() == [
        "OK    1  Address                 eu.example.org resolves to 203.0.113.9  (4 ms)",
        "FAIL  8  Media over UDP          no answer  (5.0 s)",
        "                                 Open 7882/udp.",
        "SKIP  9  Media over TCP          the server offers none",
    ]


def test_the_head_says_of_which_server_it_is_and_how_it_ended() -> None:
    steps = (TestStep(1, "Address", StepState.OK, "127.0.0.1"),)

    text = headed_report("Staging", "wss://lk.example.org", steps, "cancelled")

    assert text.splitlines()[:3] == [
        "Connection test of “Staging”",
        "wss://lk.example.org",
        "Result: cancelled",
    ]
    assert text.endswith(f"\n\n{report(steps)}\n")


def test_a_step_that_did_not_run_took_no_time() -> None:
    assert took_words(None) == ""


@pytest.mark.parametrize("state", StepState)
def test_a_step_has_ended_unless_it_waits_or_runs(state: StepState) -> None:
    assert state.ended is (state not in (StepState.WAITING, StepState.RUNNING))


def test_an_outcome_has_its_state_and_what_to_do() -> None:
    outcomes = (
        step_outcome.ok("found"),
        step_outcome.warning("late", "Set the clock."),
        step_outcome.failed("refused", "Check the secret."),
        step_outcome.skipped("no TCP"),
    )

    assert [(each.state, each.detail, each.remedy) for each in outcomes] == [
        (StepState.OK, "found", ""),
        (StepState.WARNING, "late", "Set the clock."),
        (StepState.FAILED, "refused", "Check the secret."),
        (StepState.SKIPPED, "no TCP", ""),
    ]
