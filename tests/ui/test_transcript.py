"""The script: what stands in it, what is repainted, and how it is read, scrolled and copied."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTextEdit
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import Token
from app.ui.views.script_layouts import KEPT_LAYOUTS, LINE, Said, ScriptLayouts
from app.ui.views.transcript import Transcript
from app.ui.views.transcript_model import Column
from tests.support.sample_call import (
    NOW,
    OPENED_AT,
    PLAIN_STAGES,
    answered,
    asked,
    exchange,
    long_call,
    opening,
    sample_call,
    stages,
)
from tests.ui.pictures import picture, shows
from tests.ui.watching import PaintWatch


@pytest.fixture
def transcript(qtbot: QtBot) -> Transcript:
    view = Transcript()
    qtbot.addWidget(view)
    view.resize(880, 560)
    with qtbot.waitExposed(view):
        view.show()
    return view


def show(view: Transcript, call: Call, now: float = NOW) -> None:
    view.set_call(call)
    view.tick(now)
    for _ in range(4):
        QApplication.processEvents()


def post(view: Transcript, call: Call, facts: list[f.Fact]) -> None:
    view.apply(call.apply(facts))
    for _ in range(3):
        QApplication.processEvents()


def spoken(view: Transcript, role: int = Qt.ItemDataRole.DisplayRole) -> list[tuple[str, str]]:
    model = view.table.script
    return [
        (str(model.index(r, 0).data(role)), str(model.index(r, 1).data(role)))
        for r in range(model.rowCount())
    ]


def test_says_what_will_stand_here(transcript: Transcript) -> None:
    assert not transcript.table.isVisible()
    assert shows(picture(transcript), theme.color(Token.TEXT3))

    show(transcript, sample_call())

    assert transcript.table.isVisible()


def test_has_the_caller_on_the_left_and_the_agent_on_the_right(transcript: Transcript) -> None:
    show(transcript, sample_call())

    assert spoken(transcript)[:2] == [
        ("", "Hello, this is the library. How can I help?"),
        (
            "When does the library close on Saturday?",
            "The library closes at four in the afternoon on Saturdays.",
        ),
    ]
    assert spoken(transcript)[4] == ("OK thank you", "")


def test_is_read_as_sentences(transcript: Transcript) -> None:
    show(transcript, sample_call())

    read = spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)

    assert read[0][0] == "Nobody asked: the agent speaks first"
    assert read[0][1].startswith("Agent, greeting after 1.30 s: Hello")
    assert read[1][0] == "Caller at 0:21: When does the library close on Saturday?"
    assert read[2][1].endswith("takes about, cut off by the caller")
    assert read[3][1].startswith("Agent after 2.31 s, heard after ≈ 2.47 s: About")
    assert read[4] == ("Caller at 0:45: OK thank you", "The agent is thinking")
    table = QAccessible.queryAccessibleInterface(transcript.table)
    assert table.text(QAccessible.Text.Name) == "Transcript"


def test_writes_what_is_not_final_in_a_lighter_ink(transcript: Transcript) -> None:
    call = Call()
    call.apply(opening())
    call.apply([f.CallerTurnStarted(at=OPENED_AT + 5)])
    call.apply([f.CallerSaid(at=OPENED_AT + 6, text="OK thank", final=False)])
    show(transcript, call)
    cell = transcript.table.visualRect(transcript.table.script.index(0, 0)).adjusted(20, 26, 0, 0)
    viewport = transcript.table.viewport()
    assert not shows(picture(viewport), theme.color(Token.TEXT), cell)

    post(transcript, call, [f.CallerSaid(at=OPENED_AT + 7, text="OK thank you", final=True)])

    assert spoken(transcript)[0][0] == "OK thank you"
    assert shows(picture(viewport), theme.color(Token.TEXT), cell, least=20)


def test_keeps_what_was_said_before_a_pause_in_full_ink(transcript: Transcript) -> None:
    call = Call()
    at = OPENED_AT + 5
    call.apply(opening())
    call.apply(
        [
            f.CallerTurnStarted(at=at),
            f.CallerSaid(at=at + 1, text="When does the library HILT", final=True),
        ]
    )
    call.apply([f.CallerTurnStopped(at=at + 1), f.CallerTurnStarted(at=at + 2)])
    call.apply([f.CallerSaid(at=at + 3, text="and then", final=False)])
    show(transcript, call)
    cell = transcript.table.visualRect(transcript.table.script.index(0, 0)).adjusted(20, 26, 0, 0)

    image = picture(transcript.table.viewport())

    assert spoken(transcript)[0][0] == "When does the library HILT and then"
    assert shows(image, theme.color(Token.TEXT), cell, least=10)
    assert shows(image, theme.color(Token.TEXT3), cell, least=10)


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_marks_an_answer_that_was_cut_off(transcript: Transcript, choice: ThemeChoice) -> None:
    theme.apply(choice)
    show(transcript, sample_call())
    script = transcript.table.script
    cut = transcript.table.visualRect(script.index(2, Column.AGENT))
    whole = transcript.table.visualRect(script.index(1, Column.AGENT))

    image = picture(transcript.table.viewport())

    assert shows(image, theme.color(Token.BAD), cut, least=2 * 60)
    assert not shows(image, theme.color(Token.BAD), whole)


def test_the_bar_is_as_wide_as_the_delay(transcript: Transcript) -> None:
    show(transcript, sample_call())
    image = picture(transcript.table.viewport())

    widths = {row: shows_until(image, transcript, row, Token.ST_VOICE) for row in (1, 3)}

    column = transcript.table.columnWidth(Column.AGENT) - 31
    assert widths[1] == pytest.approx(1155 / 2600 * column, abs=4)
    assert widths[3] == pytest.approx(2301 / 2600 * column, abs=4)


def shows_until(image: object, transcript: Transcript, row: int, ink: Token) -> int:
    """How far right of the text's edge a stage colour goes in the bar of a row."""
    from PySide6.QtGui import QImage

    assert isinstance(image, QImage)
    cell = transcript.table.visualRect(transcript.table.script.index(row, Column.AGENT))
    y = cell.y() + 6 + 22
    hits = [
        x
        for x in range(cell.x(), cell.right())
        if image.pixelColor(x, y).name() == theme.color(ink).name()
    ]
    return max(hits) - cell.x() - 11


def test_lets_the_turn_in_hand_grow_and_repaints_only_that(transcript: Transcript) -> None:
    show(transcript, sample_call())
    before = picture(transcript.table.viewport())
    watch = PaintWatch(transcript.table.viewport())

    transcript.tick(NOW + 0.5)

    assert 0 < watch.area() <= 440 * 40
    assert picture(transcript.table.viewport()) != before


def test_a_partial_repaints_its_own_row_only(transcript: Transcript) -> None:
    call = sample_call()
    call.apply([f.CallerSaid(at=NOW, text="OK thank you then", final=False)])
    show(transcript, call)
    watch = PaintWatch(transcript.table.viewport())

    transcript.apply(call.apply([f.CallerSaid(at=NOW, text="OK thank you very", final=False)]))

    row = transcript.table.visualRect(transcript.table.script.index(4, 0))
    assert 0 < watch.area() <= 880 * (row.height() + 2)


def test_settles_a_turn_that_was_never_answered(transcript: Transcript) -> None:
    call = sample_call()
    show(transcript, call)

    later = OPENED_AT + 80
    post(transcript, call, asked(later, "Hello?"))

    read = spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)
    assert read[4][1] == "The agent did not answer"
    assert read[5][1] == "The agent is thinking"


def test_says_no_answer_when_the_call_ends(transcript: Transcript) -> None:
    call = sample_call()
    show(transcript, call)

    post(transcript, call, [f.CallClosed(at=NOW, reason="you ended it")])

    read = spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)
    assert read[4][1] == "The agent did not answer"


def test_shows_a_typed_turn_and_one_without_a_report(transcript: Transcript) -> None:
    call = Call()
    call.apply(opening())
    at = OPENED_AT + 5
    call.apply([f.CallerSaid(at=at, text="Typed words", final=True, typed=True)])
    call.apply([f.AgentSpeechStarted(at=at + 1), f.AgentSaid(at=at + 2, text="Yes", final=True)])
    show(transcript, call)

    read = spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)

    assert read == [("Caller typed at 0:05: Typed words", "Agent: Yes")]
    image = picture(transcript.table.viewport())
    cell = transcript.table.visualRect(transcript.table.script.index(0, Column.AGENT))
    assert shows(image, theme.color(Token.AGENT), cell, least=5)


def test_follows_the_newest_turn(transcript: Transcript) -> None:
    call = long_call(20)
    show(transcript, call)
    bar = transcript.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0

    post(transcript, call, exchange(21, OPENED_AT + 300))

    assert bar.value() == bar.maximum()
    assert transcript.table.following


def test_stays_where_somebody_has_scrolled_to(transcript: Transcript) -> None:
    call = long_call(20)
    show(transcript, call)
    bar = transcript.table.verticalScrollBar()
    bar.setValue(40)

    post(transcript, call, exchange(21, OPENED_AT + 300))

    assert bar.value() == 40
    assert not transcript.table.following
    bar.setValue(bar.maximum())
    post(transcript, call, exchange(22, OPENED_AT + 320))
    assert bar.value() == bar.maximum()


def test_few_turns_lie_at_the_bottom(transcript: Transcript) -> None:
    show(transcript, long_call(2))

    table = transcript.table
    assert table.geometry().bottom() == transcript.height() - 1
    assert table.height() < transcript.height() / 2


def test_wraps_again_when_the_window_changes(transcript: Transcript, qtbot: QtBot) -> None:
    show(transcript, sample_call())
    before = transcript.table.rowHeight(2)

    transcript.resize(520, 560)
    qtbot.waitUntil(lambda: transcript.table.rowHeight(2) > before)

    assert transcript.table.following


def test_wraps_a_long_call_in_the_end_and_keeps_its_place(
    transcript: Transcript, qtbot: QtBot
) -> None:
    call = long_call(150)
    for turn in call.turns[::3]:
        if turn.agent is not None:
            turn.agent.text = "word " * 60
    show(transcript, call)
    table = transcript.table

    qtbot.waitUntil(lambda: table.rowHeight(0) > 100, timeout=5000)

    bar = table.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_many_turns_at_once_are_wrapped_bit_by_bit(transcript: Transcript, qtbot: QtBot) -> None:
    call = long_call(3)
    show(transcript, call)
    table = transcript.table

    facts = [fact for n in range(4, 200) for fact in exchange(n, OPENED_AT + 10.0 * n)]
    post(transcript, call, facts)
    qtbot.waitUntil(lambda: all(table.rowHeight(r) == table.rowHeight(0) for r in range(199)))

    bar = table.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_what_is_read_stays_where_it_is_while_the_rest_is_wrapped(
    transcript: Transcript, qtbot: QtBot
) -> None:
    call = long_call(200)
    for turn in call.turns[:100]:
        if turn.agent is not None:
            turn.agent.text = "word " * 60
    transcript.set_call(call)
    table = transcript.table
    QApplication.processEvents()
    table.verticalScrollBar().setValue(table.verticalScrollBar().maximum() - 300)
    top = table.rowAt(0)
    before = table.rowViewportPosition(top)

    qtbot.waitUntil(lambda: table.rowHeight(0) > 100, timeout=5000)

    assert table.rowAt(0) == top
    assert table.rowViewportPosition(top) == before


def test_the_menu_of_a_turn_copies_it(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    where = table.visualRect(table.script.index(1, 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, table.mapToGlobal(where))

    table.contextMenuEvent(event)
    menu = table.findChild(QMenu)

    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["Copy", "Select characters"]
    menu.actions()[0].trigger()
    assert "When does the library close" in QGuiApplication.clipboard().text()
    menu.actions()[1].trigger()
    assert table.findChild(QTextEdit) is not None
    menu.close()


def test_there_is_no_menu_beside_the_turns(transcript: Transcript) -> None:
    table = transcript.table
    outside = QPoint(-5, -5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, outside, outside)

    table.contextMenuEvent(event)

    assert table.findChild(QMenu) is None


def test_a_hidden_view_catches_up_when_it_is_seen(transcript: Transcript) -> None:
    call = sample_call()
    show(transcript, call)
    transcript.hide()

    post(transcript, call, exchange(9, OPENED_AT + 90))
    assert len(spoken(transcript)) == 5
    transcript.show()

    assert len(spoken(transcript)) == 6


def test_takes_no_notice_of_what_does_not_concern_it(transcript: Transcript) -> None:
    call = sample_call()
    show(transcript, call)
    watch = PaintWatch(transcript.table.viewport())

    post(transcript, call, [f.PipelineLagged(at=NOW, lag_ms=3)])
    post(transcript, call, [f.LevelMeasured(at=NOW, lane=f.Lane.EAR, peak_dbfs=-9, rms_dbfs=-9)])

    assert watch.area() == 0


def test_copies_time_who_and_text(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    table.selectRow(0)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    greeting = QGuiApplication.clipboard().text()

    table.clearSelection()
    table.selectRow(2)
    table.copy()

    assert greeting == "0:03\tAgent\tHello, this is the library. How can I help?"
    assert QGuiApplication.clipboard().text().splitlines() == [
        "0:34\tCaller\tCan I borrow books without a card?",
        "0:36\tAgent\tYou need a card to borrow, but you can read anything here without one,"
        " and making a card takes about … cut off by the caller",
    ]


def test_moves_through_the_turns_by_keyboard(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    table.setFocus()
    table.setCurrentIndex(table.script.index(1, 0))

    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Down)

    assert table.currentIndex().row() == 3
    table.clearSelection()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "About five minutes" in QGuiApplication.clipboard().text()


def test_characters_can_be_selected_but_not_changed(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    table.setCurrentIndex(table.script.index(1, 1))
    table.setFocus()

    QTest.keyClick(table, Qt.Key.Key_F2)
    field = table.findChild(QTextEdit)

    assert isinstance(field, QTextEdit)
    assert field.isReadOnly()
    assert field.textCursor().selectedText().startswith("The library closes")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert spoken(transcript)[1][1].startswith("The library closes")


def test_a_double_click_opens_the_characters(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    where = table.visualRect(table.script.index(1, 1)).center()

    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    assert table.findChild(QTextEdit) is not None


def test_the_keyboard_shows_where_it_is(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    table.setFocus(Qt.FocusReason.TabFocusReason)
    table.setCurrentIndex(table.script.index(1, 0))
    accent = theme.color(Token.ACCENT)
    cell = table.visualRect(table.script.index(1, 0))
    table.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange, False)
    assert not shows(picture(table.viewport()), accent, cell)

    table.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)

    assert shows(picture(table.viewport()), accent, cell)


def test_an_answer_drafted_but_not_spoken_is_still_awaited(transcript: Transcript) -> None:
    call = sample_call()
    call.apply([f.AgentSaid(at=NOW, text="Drafted", final=False)])
    show(transcript, call)

    assert spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)[4][1] == "The agent is thinking"


def test_keeps_the_layouts_of_what_was_shown_last_only() -> None:
    layouts = ScriptLayouts()

    for row in range(2 * KEPT_LAYOUTS):
        layouts.layout((row, 0), Said("some text", 9), 200)

    again = layouts.layout((2 * KEPT_LAYOUTS - 1, 0), Said("some text", 9), 200)
    assert layouts.layout((2 * KEPT_LAYOUTS - 1, 0), Said("some text", 9), 200) is again
    assert layouts.kept == KEPT_LAYOUTS


def test_counts_lines_as_they_are_drawn() -> None:
    layouts = ScriptLayouts()
    text = "one two three four five six seven eight nine ten"

    lines = layouts.line_count((0, 0), Said(text, len(text)), 120)
    layout = layouts.layout((0, 0), Said(text, len(text)), 120)

    assert lines == layout.lineCount() > 2
    assert layout.boundingRect().height() <= lines * LINE
    assert layouts.line_count((1, 0), Said("a\nb\nc", 5), 500) == 3
    assert layouts.line_count((2, 0), Said("", 0), 500) == 1


def test_a_click_on_a_row_selects_the_turn(transcript: Transcript) -> None:
    show(transcript, sample_call())
    table = transcript.table
    where = table.visualRect(table.script.index(3, 0)).topLeft() + QPoint(30, 10)

    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    assert {index.row() for index in table.selectedIndexes()} == {3}


def test_an_answer_brings_its_delay(transcript: Transcript) -> None:
    call = sample_call()
    show(transcript, call)
    parts = stages(PLAIN_STAGES, (200, 170, 8, 300, 90, 300, 9))

    post(transcript, call, answered(NOW, "You are welcome.", parts))

    read = spoken(transcript, Qt.ItemDataRole.AccessibleTextRole)
    assert read[4][1] == "Agent after 1.08 s: You are welcome."
