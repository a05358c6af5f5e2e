"""The waterfall: its rows, its axis, what hovering tells, scrolling and the keyboard."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollBar
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.ui.painted import NOTHING
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import Token
from app.ui.views.waterfall import Waterfall
from app.ui.views.waterfall_row import AROUND, BARS_X, CUT_X, TOTAL_X, picture_of, reach_ms
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
from tests.ui.pictures import colors_in, on_screen, picture, shows
from tests.ui.watching import PaintWatch


@pytest.fixture
def waterfall(qtbot: QtBot) -> Waterfall:
    view = Waterfall()
    qtbot.addWidget(view)
    view.resize(1200, 236)
    with qtbot.waitExposed(view):
        view.show()
    return view


def show(view: Waterfall, call: Call, now: float = NOW) -> None:
    view.set_call(call)
    view.tick(now)


def post(view: Waterfall, call: Call, facts: list[f.Fact]) -> None:
    view.apply(call.apply(facts))


def bar(view: Waterfall) -> QScrollBar:
    found = view.findChild(QScrollBar)
    assert isinstance(found, QScrollBar)
    return found


def at(view: Waterfall, row: int, ms: float) -> QPointF:
    """A point on the bar of a row."""
    return QPointF(view.axis().x(ms), view.item_rect(row).center().y())


def test_says_what_will_stand_here(waterfall: Waterfall) -> None:
    assert waterfall.item_count() == 0
    assert shows(picture(waterfall), theme.color(Token.TEXT3))
    assert waterfall.tip_at(QPointF(600, 60)) == ""


def test_has_a_row_for_each_turn_that_a_caller_opened(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())

    view = QAccessible.queryAccessibleInterface(waterfall)
    rows = [view.child(i).text(QAccessible.Text.Name) for i in range(view.childCount())]

    assert rows == [
        "Turn 1, 1.16 s, slowest Voice 0.36 s · PiperTTSService#0, heard after 1.32 s."
        " Caller said: When does the library close on Saturday?",
        "Turn 2, 0.95 s, slowest Voice 0.26 s · PiperTTSService#0, heard after 1.10 s,"
        " cut off by the caller. Caller said: Can I borrow books without a card?",
        "Turn 3, 2.31 s, slowest Tool 1.10 s · search_catalogue, heard after ≈ 2.47 s."
        " Caller said: How long does it take?",
        "Turn 4, waiting 0.6 s, now LLM. Caller said: OK thank you",
    ]


def test_a_row_says_total_slowest_part_and_what_was_asked() -> None:
    call = sample_call()
    first, _, third, live = (picture_of(call, turn, NOW) for turn in call.exchanges)

    assert (first.number, first.total, first.total_ink) == ("1", "1.16 s", Token.WARN)
    assert (third.slowest, third.slowest_ink, third.total_ink) == ("Tool", Token.ST_TOOL, Token.BAD)
    assert (live.total, live.slowest, live.live) == ("0.6 s", "LLM, running", True)
    assert reach_ms(call.exchanges[2]) == pytest.approx(2468)


def test_a_row_without_an_answer_says_so() -> None:
    call = sample_call()
    call.apply(asked(OPENED_AT + 80, "Hello?")[:2])
    unanswered, speaking = (picture_of(call, turn, NOW) for turn in call.exchanges[-2:])

    assert (unanswered.total, unanswered.slowest) == ("–", "No answer")
    assert (speaking.total, speaking.slowest) == ("–", "Caller speaks")


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_colours_the_stages_and_hatches_settings(waterfall: Waterfall, choice: ThemeChoice) -> None:
    theme.apply(choice)
    show(waterfall, sample_call())
    image = picture(waterfall)
    axis = waterfall.axis()
    row = waterfall.item_rect(0)

    def inks(start_ms: float, end_ms: float) -> int:
        left, right = axis.x(start_ms) + 2, axis.x(end_ms) - 3
        area = row.adjusted(left - row.x(), 10, right - row.right(), -10)
        return len(colors_in(image, area))

    assert inks(0, 200) > 3
    assert inks(200, 447) == 1
    tool = waterfall.item_rect(2)
    assert shows(image, theme.color(Token.ST_TOOL), tool, least=2000)
    assert shows(image, theme.color(Token.ST_NET), row, least=10)


def test_marks_who_cut_whom(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())
    image = picture(waterfall)

    marks = [
        shows(image, theme.color(Token.BAD), waterfall.item_rect(i).adjusted(34, 0, -1090, 0))
        for i in range(2)
    ]

    assert CUT_X < TOTAL_X
    assert len(colors_in(image, waterfall.item_rect(1).adjusted(34, 0, -1126, 0))) > 3
    assert marks[0] is False


@pytest.mark.parametrize(
    ("row", "ms", "words"),
    [
        (0, 100, "Silence wait 0.20 s · setting VAD stop_secs"),
        (0, 300, "Transcribe 0.25 s · WhisperSTTService#0"),
        (2, 1200, "Tool 1.10 s · search_catalogue"),
        (0, 1319, "The listener heard the answer after 1.32 s"),
        (2, 2468, "The listener heard the answer after about 2.47 s"),
        (0, 2000, ""),
        (3, 500, "LLM 0.25 s · LocalLLMService#0"),
    ],
)
def test_hovering_names_the_part_and_whose_it_is(
    waterfall: Waterfall, row: int, ms: float, words: str
) -> None:
    show(waterfall, sample_call())

    assert waterfall.tip_at(at(waterfall, row, ms)) == words


def test_hovering_over_the_words_tells_them_whole(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())
    y = waterfall.item_rect(0).center().y()

    assert waterfall.tip_at(QPointF(300, y)) == "When does the library close on Saturday?"
    assert waterfall.tip_at(QPointF(80, y)).startswith("Turn 1, 1.16 s")
    assert waterfall.tip_at(QPointF(80, 5)) == ""


def test_the_axis_fits_a_slow_turn(waterfall: Waterfall) -> None:
    call = sample_call()
    show(waterfall, call)
    before = waterfall.axis().span_ms

    post(waterfall, call, answered(NOW, "Late.", stages(PLAIN_STAGES, (200,) * 6 + (4000,))))

    assert before == 2600
    assert waterfall.axis().span_ms == 6000
    assert waterfall.axis().x(5200) < waterfall.width()


def test_the_axis_follows_a_caller_who_waits_long(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())

    waterfall.tick(NOW + 6)

    assert waterfall.axis().span_ms == 7000


def test_the_live_row_grows_and_only_it_is_repainted(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())
    watch = PaintWatch(waterfall)

    waterfall.tick(NOW + 0.3)

    assert 0 < watch.area() <= waterfall.width() * 34
    assert "waiting 0.9 s" in waterfall.item_text(3)


def test_the_words_of_the_live_row_stand_still_within_a_tenth_of_a_second(
    waterfall: Waterfall,
) -> None:
    show(waterfall, sample_call(), NOW + 0.26)
    watch = PaintWatch(waterfall)

    waterfall.tick(NOW + 0.32)

    assert 0 < watch.area() <= (waterfall.width() - BARS_X + AROUND) * 34


@pytest.mark.parametrize("step_s", [0.03, 0.3])
def test_a_row_that_grew_looks_as_if_painted_at_once(
    waterfall: Waterfall, qtbot: QtBot, step_s: float
) -> None:
    show(waterfall, sample_call(), NOW + 0.26)
    before = on_screen(waterfall)

    waterfall.tick(NOW + 0.26 + step_s)
    qtbot.waitUntil(lambda: on_screen(waterfall) != before)

    assert on_screen(waterfall) == picture(waterfall)


def test_an_update_repaints_its_row_only(waterfall: Waterfall) -> None:
    call = sample_call()
    show(waterfall, call)
    watch = PaintWatch(waterfall)

    post(waterfall, call, [f.CallerSaid(at=NOW, text="OK thank you all", final=True)])

    assert 0 < watch.area() <= waterfall.width() * 34
    assert waterfall.item_text(3).endswith("OK thank you all")


def test_the_first_turn_brings_the_axis(waterfall: Waterfall) -> None:
    call = Call()
    call.apply(opening())
    show(waterfall, call)
    grid = theme.color(Token.LINE)
    assert not shows(picture(waterfall), grid)

    post(waterfall, call, exchange(1, OPENED_AT + 5))

    assert shows(picture(waterfall), grid, least=300)


def test_follows_the_newest_turn_unless_scrolled_up(waterfall: Waterfall) -> None:
    call = long_call(30)
    show(waterfall, call)
    assert bar(waterfall).value() == bar(waterfall).maximum() > 0

    bar(waterfall).setValue(0)
    post(waterfall, call, exchange(31, OPENED_AT + 400))
    stayed = bar(waterfall).value()
    bar(waterfall).setValue(bar(waterfall).maximum())
    post(waterfall, call, exchange(32, OPENED_AT + 420))

    assert stayed == 0
    assert bar(waterfall).value() == bar(waterfall).maximum()


def test_scrolls_to_what_the_keyboard_chooses(waterfall: Waterfall, qtbot: QtBot) -> None:
    show(waterfall, long_call(30))
    waterfall.setFocus()

    QTest.keyClick(waterfall, Qt.Key.Key_Home)
    top = waterfall.item_rect(0)
    with qtbot.waitSignal(waterfall.activated):
        QTest.keyClick(waterfall, Qt.Key.Key_Return)
    QTest.keyClick(waterfall, Qt.Key.Key_End)

    assert bar(waterfall).value() == bar(waterfall).maximum()
    assert top.y() == 32
    assert waterfall.current == 29
    QTest.keyClick(waterfall, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("Turn 30, ")


def test_scrolls_with_the_wheel(waterfall: Waterfall) -> None:
    from PySide6.QtGui import QWheelEvent

    show(waterfall, long_call(30))
    before = bar(waterfall).value()
    where = QPointF(400, 100)
    wheel = QWheelEvent(
        where,
        waterfall.mapToGlobal(where),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    waterfall.wheelEvent(wheel)

    assert bar(waterfall).value() == before - 60


def test_only_rows_in_sight_can_be_hit(waterfall: Waterfall) -> None:
    show(waterfall, long_call(30))

    assert waterfall.item_at(QPointF(100, 10)) == NOTHING
    assert waterfall.item_at(QPointF(100, waterfall.height() - 5)) == NOTHING
    assert waterfall.item_at(QPointF(100, 60)) > 20


def test_a_click_marks_the_row(waterfall: Waterfall) -> None:
    show(waterfall, sample_call())
    row = waterfall.item_rect(1)

    QTest.mouseClick(waterfall, Qt.MouseButton.LeftButton, pos=row.center().toPoint())

    assert waterfall.current == 1
    assert shows(picture(waterfall), theme.color(Token.RAISE), row, least=5000)


def test_a_hidden_view_catches_up_when_it_is_seen(waterfall: Waterfall) -> None:
    call = sample_call()
    show(waterfall, call)
    waterfall.hide()

    post(waterfall, call, exchange(9, OPENED_AT + 90))
    waterfall.tick(NOW + 60)
    hidden = waterfall.item_count()
    waterfall.show()

    assert (hidden, waterfall.item_count()) == (4, 5)


def test_settles_the_turn_in_hand_when_the_call_ends(waterfall: Waterfall) -> None:
    call = sample_call()
    show(waterfall, call)

    post(waterfall, call, [f.CallClosed(at=NOW, reason="done")])

    assert waterfall.item_text(3).startswith("Turn 4, not answered")
