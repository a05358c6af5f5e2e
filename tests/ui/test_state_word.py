"""The one big word."""

import pytest
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.domain.facts import AgentState, Fact, Lane
from app.ui.theme import theme
from app.ui.tokens import Token
from app.ui.views.state_word import StateWord, state_of
from tests.support.sample_call import NOW, OPENED_AT, asked, greeting, opening, sample_call
from tests.ui.pictures import picture, shows
from tests.ui.watching import PaintWatch

AT = OPENED_AT + 5
HEARD = f.LevelMeasured(at=AT, lane=Lane.CALLER, peak_dbfs=-12, rms_dbfs=-20)
YOU = f.LevelMeasured(at=AT, lane=Lane.OPERATOR, peak_dbfs=-12, rms_dbfs=-18)
SPEAKS = f.CallerTurnStarted(at=AT)


def state(now: float, *facts: Fact) -> tuple[str, str]:
    call = Call()
    call.apply(facts)
    found = state_of(call, now)
    return found.word, found.detail


def agent_is(state: AgentState, why: str = "") -> Fact:
    return f.AgentStateChanged(at=AT, state=state, why=why)


def test_starts_with_the_step_in_hand() -> None:
    assert state(AT) == ("Starting", "")
    assert state(AT, *opening()[:3]) == ("Starting", "Language model: loading SmolLM2")
    assert state(AT, *opening()[:2]) == ("Starting", "")
    step = f.StepProgressed(at=AT, step="room", label="Join the room")
    assert state(AT, *opening()[:2], step) == ("Starting", "Join the room")


def test_listens() -> None:
    assert state(AT, *opening()) == ("Listening", "waiting for the caller")


def test_says_who_speaks() -> None:
    said = f.CallerSaid(at=AT + 1, text="When does the", final=False)

    assert state(AT, *opening(), SPEAKS) == ("Caller", "the agent hears the caller")
    assert state(AT, *opening(), HEARD, SPEAKS, said) == ("Caller", "When does the")
    assert state(AT, *opening(), HEARD, YOU, SPEAKS) == ("You", "the agent hears you")


def test_thinks_and_says_on_what() -> None:
    assert state(NOW, *opening(), *asked(OPENED_AT + 45.1, "Hi", took_s=0.5)) == (
        "Thinking",
        "0.6 s, waiting for the LLM",
    )
    assert state(AT, *opening(), agent_is(AgentState.THINKING)) == ("Thinking", "")


def test_speaks() -> None:
    assert state(AT, *opening(), *greeting()[:3]) == ("Speaking", "Local agent")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([agent_is(AgentState.STOPPING)], ("Stopping", "the agent leaves the room")),
        ([agent_is(AgentState.FAILED, "no voice")], ("Failed", "no voice")),
        ([f.ServerDied(at=AT, reason="killed")], ("Reconnecting", "the server stopped")),
        (
            [f.ConnectionChanged(at=AT, identity="ear", state="reconnecting")],
            ("Reconnecting", "the connection was lost"),
        ),
        (
            [f.CallClosed(at=OPENED_AT + 76, reason="you ended it")],
            ("Ended", "after 1:16, you ended it"),
        ),
        ([f.CallClosed(at=OPENED_AT + 76, reason="")], ("Ended", "after 1:16")),
    ],
)
def test_says_how_things_end(facts: list[Fact], expected: tuple[str, str]) -> None:
    assert state(AT, *opening(), *facts) == expected


def test_comes_back_after_the_server_does() -> None:
    died, back = f.ServerDied(at=AT, reason="x"), f.ServerRestarted(at=AT + 1, after_ms=900)

    assert state(AT, *opening(), died, back)[0] == "Listening"


@pytest.fixture
def word(qtbot: QtBot) -> StateWord:
    view = StateWord()
    qtbot.addWidget(view)
    view.resize(view.sizeHint())
    view.set_call(sample_call())
    with qtbot.waitExposed(view):
        view.show()
    view.tick(NOW)
    return view


def test_is_written_in_the_colour_of_its_state(word: StateWord) -> None:
    assert shows(picture(word), theme.color(Token.WARN), least=100)
    assert word.state.detail == "0.6 s, waiting for the LLM"

    call = Call()
    call.apply([*opening(), agent_is(AgentState.FAILED, "no voice")])
    word.set_call(call)

    assert shows(picture(word), theme.color(Token.BAD), least=100)


def test_makes_room_for_why_it_failed(word: StateWord) -> None:
    width = word.sizeHint().width()
    call = sample_call()
    why = "Speech recognition could not be loaded: out of memory"
    call.apply([agent_is(AgentState.FAILED, why)])

    word.set_call(call)

    assert width < word.sizeHint().width() <= 420
    assert word.toolTip() == f"<qt>{why}</qt>"
    call.apply([agent_is(AgentState.FAILED, "x" * 500)])
    word.set_call(call)
    assert word.minimumSizeHint().width() == 420


def test_a_screen_reader_hears_the_word_and_not_the_seconds(word: StateWord) -> None:
    found = QAccessible.queryAccessibleInterface(word)
    word.tick(NOW + 1)

    assert found.role() is QAccessible.Role.StaticText
    assert found.text(QAccessible.Text.Name) == "State of the call: Thinking"


def test_follows_what_changes(word: StateWord) -> None:
    call = sample_call()
    word.set_call(call)
    started = f.AgentSpeechStarted(at=NOW)

    word.apply(call.apply([started, agent_is(AgentState.SPEAKING)]))

    assert word.state.word == "Speaking"
    word.apply(call.apply([f.LevelMeasured(at=NOW, lane=Lane.EAR, peak_dbfs=-9, rms_dbfs=-9)]))
    assert word.state.word == "Speaking"


def test_the_ring_turns_while_the_state_will_pass(word: StateWord) -> None:
    call = Call()
    word.set_call(call)
    word.tick(NOW)
    before = picture(word)
    watch = PaintWatch(word)

    word.tick(NOW + 0.3)

    assert 0 < watch.area() <= 27 * 42
    assert picture(word) != before


def test_the_ring_rests_when_less_motion_is_asked_for(
    word: StateWord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "reduced_motion", True)
    word.set_call(Call())
    word.tick(NOW)
    watch = PaintWatch(word)

    word.tick(NOW + 0.3)

    assert watch.area() == 0


def test_a_state_that_lasts_costs_nothing(word: StateWord) -> None:
    call = Call()
    call.apply(opening())
    word.set_call(call)
    word.tick(NOW)
    watch = PaintWatch(word)

    word.tick(NOW + 1)

    assert watch.area() == 0
