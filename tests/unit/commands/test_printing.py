import io

from app.commands.printing import CallPrinter, latency_table, turn_lines
from app.domain.call import Call
from app.domain.turns import Turn, Utterance
from tests.support.sample_call import sample_call


def test_a_turn_that_was_never_answered_says_so() -> None:
    turn = Turn(index=1, opened_at=0.0, caller=Utterance(text="Hello?", final=True))

    lines = turn_lines(turn)

    assert "  1  Caller  Hello?" in lines
    assert "     Agent   (no answer)" in lines
    assert any("reported not measured" in line for line in lines)


def test_each_turn_is_printed_once_and_in_order() -> None:
    call = sample_call()
    out = io.StringIO()
    printer = CallPrinter(call, out)

    printer.finish()
    printer.finish()

    printed = [line for line in out.getvalue().splitlines() if "Caller  " in line]
    assert printed == [
        f"{turn.index:3}  Caller  {turn.caller.text}" for turn in call.exchanges if turn.caller
    ]


def test_the_table_has_each_stage_and_each_latency_with_its_number() -> None:
    lines = latency_table(sample_call().exchanges)

    assert lines[1].split() == ["median", "p95", "n"]
    assert any(line.startswith("Reported") for line in lines)
    assert any(line.startswith("Heard by a listener") for line in lines)


def test_nothing_measured_gives_an_empty_table() -> None:
    assert latency_table(Call().exchanges) == ["", f"{'':24}{'median':>10}{'p95':>10}{'n':>5}"]
