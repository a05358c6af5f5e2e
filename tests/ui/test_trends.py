"""The trends: tiles, bars, and what of a long call is shown."""

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call, Changes
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import Token
from app.ui.views.trend_tiles import tiles_of
from app.ui.views.trends import Trends
from tests.support.sample_call import (
    NOW,
    OPENED_AT,
    PLAIN_STAGES,
    answered,
    exchange,
    long_call,
    sample_call,
    stages,
)
from tests.ui.pictures import picture, shows
from tests.ui.watching import PaintWatch


@pytest.fixture
def trends(qtbot: QtBot) -> Trends:
    view = Trends()
    qtbot.addWidget(view)
    view.resize(1200, 236)
    with qtbot.waitExposed(view):
        view.show()
    return view


def tiles(call: Call) -> list[tuple[str, str, Token, str]]:
    return [(t.name, t.figure, t.ink, t.note) for t in tiles_of(call.exchanges)]


def test_the_tiles_say_what_they_rest_on() -> None:
    assert tiles(sample_call()) == [
        ("p50", "1.16 s", Token.WARN, "n = 3"),
        ("p95", "–", Token.TEXT3, "from 5 turns"),
        ("Slowest part", "Tool", Token.TEXT, "1.10 s of turn 3"),
        ("Heard, p50", "1.32 s", Token.WARN, "n = 3"),
    ]


def test_p95_comes_with_the_fifth_turn() -> None:
    assert tiles(long_call(4))[1][1] == "–"
    assert tiles(long_call(5))[1][1:] == ("0.89 s", Token.WARN, "n = 5")


def test_nothing_measured_is_never_a_zero() -> None:
    assert [tile[1] for tile in tiles(Call())] == ["–"] * 4


def test_has_a_bar_for_each_answered_turn(trends: Trends) -> None:
    trends.set_call(sample_call())
    view = QAccessible.queryAccessibleInterface(trends)

    bars = [view.child(i).text(QAccessible.Text.Name) for i in range(view.childCount())]

    assert len(bars) == 3
    assert bars[2].startswith("Turn 3, 2.31 s, slowest Tool 1.10 s")
    assert view.text(QAccessible.Text.Description).startswith("p50: 1.16 s, n = 3. p95")


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_stacks_the_stages(trends: Trends, choice: ThemeChoice) -> None:
    theme.apply(choice)
    trends.set_call(sample_call())
    image = picture(trends)

    for ink in (Token.ST_STT, Token.ST_LLM, Token.ST_TOOL, Token.ST_VOICE):
        assert shows(image, theme.color(ink), trends.item_rect(2), least=100)
    assert not shows(image, theme.color(Token.ST_TOOL), trends.item_rect(0))


def test_says_what_will_stand_here(trends: Trends) -> None:
    assert shows(picture(trends), theme.color(Token.TEXT3))
    assert trends.item_count() == 0


def test_the_axis_fits_a_slow_turn(trends: Trends) -> None:
    call = sample_call()
    trends.set_call(call)
    parts = stages(PLAIN_STAGES, (200, 200, 10, 300, 90, 300, 6000))

    trends.apply(call.apply(answered(NOW, "Late.", parts)))

    assert trends.item_count() == 4
    assert shows(picture(trends), theme.color(Token.ST_OUT), trends.item_rect(3), least=1000)


def test_a_long_call_shows_its_newest_turns(trends: Trends) -> None:
    trends.set_call(long_call(300))

    assert trends.item_count() < 150
    assert trends.item_text(trends.item_count() - 1).startswith("Turn 300")
    assert trends.item_rect(trends.item_count() - 1).right() <= trends.width()

    trends.resize(700, 236)
    assert trends.item_count() < 70


def test_is_drawn_anew_only_when_an_answer_came(trends: Trends) -> None:
    call = sample_call()
    trends.set_call(call)
    watch = PaintWatch(trends)

    trends.apply(call.apply([f.CallerSaid(at=NOW, text="OK thanks", final=True)]))
    trends.tick(NOW + 1)
    quiet = watch.area()
    trends.apply(call.apply(exchange(5, OPENED_AT + 90)))

    assert quiet == 0
    assert watch.area() > 0
    assert trends.item_count() == 4


def test_a_report_that_changes_redraws_without_a_new_bar(trends: Trends) -> None:
    call = sample_call()
    trends.set_call(call)
    watch = PaintWatch(trends)
    third = call.exchanges[2]

    third.reported_ms = 2000.0
    trends.apply(Changes(turns_updated={3}))

    assert watch.area() > 0
    assert trends.item_count() == 3


def test_hovering_tells_tiles_and_turns(trends: Trends) -> None:
    trends.set_call(sample_call())
    bar = trends.item_rect(1)

    assert "p95: –, from 5 turns" in trends.tip_at(QPointF(50, 50))
    assert trends.tip_at(bar.center()).startswith("Turn 2, 0.95 s")
    assert trends.tip_at(QPointF(bar.right() + 3, 50)) == ""


def test_the_hovered_bar_stands_out(trends: Trends) -> None:
    trends.set_call(sample_call())
    before = picture(trends)

    QTest.mouseMove(trends, trends.item_rect(0).center().toPoint())

    assert trends.hovered == 0
    assert picture(trends) != before
