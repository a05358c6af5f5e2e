"""Where somebody was in the views of a call, after they have looked at another one."""

from pathlib import Path

from app.ui.call_acts import Phase
from app.ui.views.events import ROW_HEIGHT
from app.ui.views.waterfall import WaterfallPlace
from app.ui.views.waterfall_row import ROW as TURN_HEIGHT
from tests.support.panel import PanelRig, run_panel, until
from tests.support.several_calls import facts_of
from tests.ui.test_several_calls import ROOMS, Loop, click_row, rows


async def two_long_calls(rig: PanelRig) -> None:
    """The first of them is in hand."""
    for room in ROOMS[:2]:
        rig.desk.facts_of_start = facts_of(room, turns=40)
        rig.window.start_call()
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
    await until(lambda: len(rows(rig)) == 2)
    await click_row(rig, 0)


def test_a_script_that_was_scrolled_is_found_as_it_was_left(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.desk.facts_of_start = facts_of("library-demo", turns=40)
        rig.window.start_call()
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        rig.desk.facts_of_start = facts_of("front-desk-2")
        rig.window.start_call()
        await until(lambda: len(rows(rig)) == 2 and rig.window.acts.phase is Phase.IN_CALL)
        await click_row(rig, 0)
        table = rig.stage.script.table
        assert table.following
        bar = table.verticalScrollBar()
        bar.setValue(bar.maximum() // 2)
        left_at = table.first_seen
        assert left_at is not None

        await click_row(rig, 1)
        assert table.following
        await click_row(rig, 0)

        assert table.first_seen == left_at

    run_panel(qt_loop, tmp_path, test)


def test_the_views_of_the_dock_are_found_as_they_were_left(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await two_long_calls(rig)
        stage = rig.stage
        stage.show_dock(0)
        await rig.settle()
        stage.waterfall.set_current(17)
        stage.waterfall.reveal(3)
        left = stage.waterfall.place
        assert (left.current, left.scrolled_px) == (17, 3 * TURN_HEIGHT)
        stage.show_dock(2)
        await rig.settle()
        events = stage.events.table
        events.verticalScrollBar().setValue(5 * ROW_HEIGHT + 9)
        assert events.first_seen == (5, 9)

        await click_row(rig, 1)
        assert stage.waterfall.place == WaterfallPlace()
        assert events.first_seen is None
        assert events.verticalScrollBar().value() == events.verticalScrollBar().maximum()
        await click_row(rig, 0)

        assert events.first_seen == (5, 9)
        assert stage.waterfall.place == left
        stage.show_dock(0)
        await rig.settle()
        assert stage.waterfall.place == left

    run_panel(qt_loop, tmp_path, test)


def test_a_filter_that_hides_the_event_shows_the_next_one_first(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await two_long_calls(rig)
        rig.stage.show_dock(2)
        await rig.settle()
        events, model = rig.stage.events.table, rig.stage.events.model
        events.verticalScrollBar().setValue(2 * ROW_HEIGHT)
        assert events.first_seen == (2, 0)

        await click_row(rig, 1)
        model.set_filter("first byte")
        assert model.event_at(0) == 5
        await click_row(rig, 0)

        assert events.first_seen == (5, 0)

    run_panel(qt_loop, tmp_path, test)
