"""The events: what is listed, how it is found, copied and followed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.domain.facts import AgentState, Fact
from app.ui.theme import theme
from app.ui.tokens import Token
from app.ui.views.events import Events
from app.ui.views.events_model import EventColumn, EventsModel, Index, event_ink
from tests.support.sample_call import NOW, OPENED_AT, opening, sample_call
from tests.ui.pictures import picture, shows

ERROR = f.ErrorRaised(
    at=NOW, message="no route to host", category="network", processor="LLM#0", usable=False
)


@pytest.fixture
def events(qtbot: QtBot) -> Events:
    view = Events()
    qtbot.addWidget(view)
    view.resize(900, 236)
    with qtbot.waitExposed(view):
        view.show()
    return view


def rows(view: Events) -> list[tuple[str, str]]:
    model = view.model
    return [
        (str(model.index(r, 0).data()), str(model.index(r, 1).data()))
        for r in range(model.rowCount())
    ]


def count(view: Events) -> str:
    found = [label.text() for label in view.findChildren(QLabel) if "event" in label.text()]
    return found[0] if found else view.findChildren(QLabel)[0].text()


def many(number: int) -> list[Fact]:
    return [f.Flagged(at=OPENED_AT + n / 10, note=f"note {n}") for n in range(number)]


def test_lists_what_happened_with_its_time(events: Events) -> None:
    events.set_call(sample_call())

    assert rows(events)[0] == (
        "0:00.0",
        "Call opened in room library-demo on This computer, with Local agent",
    )
    assert ("0:43.0", "Tool search_catalogue: completed") in rows(events)
    assert count(events) == f"{len(rows(events))} events"
    assert [events.model.headerData(c, Qt.Orientation.Horizontal) for c in EventColumn] == [
        "Time",
        "Event",
    ]


def test_says_so_while_nothing_has_happened(events: Events) -> None:
    assert count(events) == "Nothing has happened yet."


def test_adds_what_happens_in_one_go(events: Events, qtbot: QtBot) -> None:
    call = sample_call()
    events.set_call(call)

    with qtbot.waitSignal(events.model.rowsInserted) as inserted:
        events.apply(call.apply([ERROR, *many(50)]))

    assert inserted.signal_triggered
    assert rows(events)[-1][1] == "Flag: note 49"


def test_shows_trouble_in_its_colour(events: Events) -> None:
    call = sample_call()
    call.apply([ERROR])
    events.set_call(call)
    QApplication.processEvents()

    viewport = events.table.viewport()

    assert shows(picture(viewport), theme.color(Token.BAD))


@pytest.mark.parametrize(
    ("fact", "ink"),
    [
        (ERROR, Token.BAD),
        (f.ServerDied(at=0, reason="gone"), Token.BAD),
        (f.AgentStateChanged(at=0, state=AgentState.FAILED), Token.BAD),
        (f.AgentStateChanged(at=0, state=AgentState.SPEAKING), Token.TEXT2),
        (
            f.ErrorRaised(at=0, message="", category="", processor="", usable=True),
            Token.WARN,
        ),
        (f.AgentInterrupted(at=0), Token.TEXT),
        (f.Flagged(at=0, note=""), Token.TEXT2),
    ],
)
def test_colours_by_how_bad_it_is(fact: Fact, ink: Token) -> None:
    assert event_ink(fact) is ink


def test_filters_by_words_whatever_their_case(events: Events, qtbot: QtBot) -> None:
    call = sample_call()
    call.apply(many(5))
    events.set_call(call)
    total = len(rows(events))

    QTest.keyClicks(events.filter, "FLAG: note")
    qtbot.waitUntil(lambda: len(rows(events)) == 5)
    events.apply(call.apply([ERROR, f.Flagged(at=NOW, note="note x")]))

    assert [text for _, text in rows(events)][-1] == "Flag: note x"
    assert count(events) == f"6 of {total + 2} events"
    events.filter.clear()
    qtbot.waitUntil(lambda: len(rows(events)) == total + 2)


def test_nothing_is_inserted_while_the_filter_hides_it(events: Events, qtbot: QtBot) -> None:
    call = sample_call()
    events.set_call(call)
    events.model.set_filter("no such thing")

    with qtbot.assertNotEmitted(events.model.rowsInserted):
        events.apply(call.apply(many(3)))

    assert rows(events) == []


def test_copies_the_chosen_lines(events: Events) -> None:
    events.set_call(sample_call())
    events.table.selectRow(0)
    events.table.setFocus()

    QTest.keyClick(events.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == (
        "0:00.0\tCall opened in room library-demo on This computer, with Local agent"
    )
    events.table.clearSelection()
    events.table.setCurrentIndex(events.model.index(1, 0))
    events.table.clearSelection()
    events.table.copy()
    assert "joined as agent" in QGuiApplication.clipboard().text()


def test_the_menu_of_an_event_copies_it(events: Events) -> None:
    events.set_call(sample_call())
    QApplication.processEvents()
    where = events.table.visualRect(events.model.index(0, 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, where)

    events.table.contextMenuEvent(event)
    menu = events.table.findChild(QMenu)

    assert isinstance(menu, QMenu)
    events.table.selectRow(2)
    menu.actions()[0].trigger()
    assert "Caller joined as caller" in QGuiApplication.clipboard().text()
    menu.close()


def test_moves_by_keyboard(events: Events) -> None:
    events.set_call(sample_call())
    events.table.setFocus()
    events.table.setCurrentIndex(events.model.index(0, 0))

    QTest.keyClick(events.table, Qt.Key.Key_Down)

    assert events.table.currentIndex().row() == 1


def test_follows_the_newest_unless_scrolled_up(events: Events) -> None:
    call = sample_call()
    call.apply(many(100))
    events.set_call(call)
    QApplication.processEvents()
    bar = events.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0

    events.apply(call.apply(many(10)))
    QApplication.processEvents()
    assert bar.value() == bar.maximum()

    bar.setValue(10)
    events.apply(call.apply(many(10)))
    QApplication.processEvents()
    assert bar.value() == 10


def test_a_hidden_view_catches_up_when_it_is_seen(events: Events) -> None:
    call = sample_call()
    events.set_call(call)
    known = len(rows(events))
    events.hide()

    events.apply(call.apply(many(7)))
    hidden = len(rows(events))
    events.show()

    assert (hidden, len(rows(events))) == (known, known + 7)


def test_what_is_no_event_changes_nothing(events: Events) -> None:
    call = sample_call()
    events.set_call(call)
    known = len(rows(events))

    events.apply(call.apply([f.PipelineLagged(at=NOW, lag_ms=3)]))
    events.tick(NOW + 1)

    assert len(rows(events)) == known


def test_another_call_replaces_everything(events: Events) -> None:
    events.set_call(sample_call())
    call = Call()
    call.apply(opening()[:1])

    events.set_call(call)

    assert len(rows(events)) == 1


def test_tens_of_thousands_cost_no_more_than_those_in_sight(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Call()
    call.apply(many(30_000))
    events.set_call(call)
    QApplication.processEvents()
    asked: list[object] = []
    answer = EventsModel.data

    def data(model: EventsModel, index: Index, role: int = 0) -> object:
        asked.append(role)
        return answer(model, index, role)

    monkeypatch.setattr(EventsModel, "data", data)

    for number in range(20):
        events.apply(call.apply([f.Flagged(at=NOW, note=f"new {number}")]))
        QApplication.processEvents()

    in_sight, roles = 10, 20
    assert len(asked) <= 20 * in_sight * roles
    assert len(rows(events)) == 30_020
