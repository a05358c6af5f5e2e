"""Several calls at once: the list left of the Stage, switching, whom the operator talks to, closing."""

import asyncio
import random
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest

from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import CallClosed
from app.ui.call_acts import Phase
from app.ui.places import Place
from tests.support.panel import PanelRig, run_panel, until
from tests.support.sample_call import NOW, opening
from tests.support.several_calls import enter_three_calls, facts_of

Loop = asyncio.AbstractEventLoop
ROOMS = ("library-demo", "front-desk-2", "clinic-reminders")


async def three_calls(rig: PanelRig) -> list[str]:
    """Start three calls, the last of them in hand; returns their keys."""
    keys: list[str] = []
    for room in ROOMS:
        rig.desk.facts_of_start = facts_of(room)
        keys.append(rig.window.start_call())
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
    await rig.settle()
    return keys


def rows(rig: PanelRig) -> list[str]:
    calls = rig.stage.side.calls
    return [calls.item_text(index) for index in range(calls.item_count())]


def script(rig: PanelRig) -> str:
    model = rig.stage.script.table.script
    return "\n".join(model.copied([row]) for row in range(model.rowCount()))


async def click_row(rig: PanelRig, index: int) -> None:
    calls = rig.stage.side.calls
    at = calls.item_rect(index).center().toPoint()
    QTest.mouseClick(calls, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    await rig.settle()


def test_three_calls_are_listed_and_the_one_in_hand_is_marked(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await three_calls(rig)

        assert [row.split(",")[0] for row in rows(rig)] == list(ROOMS)
        assert [("on the Stage" in row) for row in rows(rig)] == [False, False, True]
        assert rig.stage.side.agents.item_text(0) == "Local agent, in 3 calls"
        assert "clinic-reminders" in rig.stage.bar.title.accessibleName()

    run_panel(qt_loop, tmp_path, test)


def test_a_click_switches(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)

        await click_row(rig, 0)

        assert rig.feed.in_hand == keys[0]
        assert "library-demo" in rig.stage.bar.title.accessibleName()
        assert "library-demo: Question 1" in script(rig)
        assert "clinic-reminders" not in script(rig)
        assert [("on the Stage" in row) for row in rows(rig)] == [True, False, False]

    run_panel(qt_loop, tmp_path, test)


def test_the_figures_of_the_bar_are_right_at_once(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await enter_three_calls(rig)
        elapsed = rig.stage.bar.elapsed
        assert elapsed.accessibleName() == "elapsed: 0:46"

        rig.window.acts.take(keys[1])
        assert elapsed.accessibleName() == "elapsed: 4:12"

    run_panel(qt_loop, tmp_path, test)


def test_the_keyboard_switches(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        rig.stage.side.calls.setFocus(Qt.FocusReason.TabFocusReason)

        await rig.press(Qt.Key.Key_Up)
        assert rig.feed.in_hand == keys[2]
        await rig.press(Qt.Key.Key_Return)
        assert rig.feed.in_hand == keys[1]
        await rig.press(Qt.Key.Key_Down)
        await rig.press(Qt.Key.Key_Return)
        assert rig.feed.in_hand == keys[2]

    run_panel(qt_loop, tmp_path, test)


def test_a_screen_reader_finds_each_call(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await three_calls(rig)

        access = QAccessible.queryAccessibleInterface(rig.stage.side.calls)
        assert access.childCount() == 3
        names = [access.child(index).text(QAccessible.Text.Name) for index in range(3)]
        assert [name.split(",")[0] for name in names] == list(ROOMS)
        assert rig.stage.side.new.accessibleName() == "Start another call"

    run_panel(qt_loop, tmp_path, test)


def test_the_operator_is_in_the_call_in_hand_alone(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        first, second, third = (rig.desk.calls[key].room for key in keys)
        assert [room.talking[-1] for room in (first, second, third)] == [False, False, True]
        assert rig.audio.attached is third

        await click_row(rig, 1)

        assert [room.talking[-1] for room in (first, second, third)] == [False, True, False]
        assert rig.audio.attached is second
        assert rig.stage.mixer.heard.text() == "Only front-desk-2 hears you."
        assert ["hears you" in row for row in rows(rig)] == [False, True, False]
        await rig.press(Qt.Key.Key_M)
        assert rig.stage.mixer.heard.text() == "No call hears you."
        assert not any("hears you" in row for row in rows(rig))

    run_panel(qt_loop, tmp_path, test)


def test_space_is_heard_in_the_call_in_hand_and_let_go_by_switching(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        await rig.press(Qt.Key.Key_M)
        first, third = rig.desk.calls[keys[0]].room, rig.desk.calls[keys[2]].room
        rig.window.setFocus()

        await rig.key_down(Qt.Key.Key_Space)
        assert (first.talking[-1], third.talking[-1]) == (False, True)
        await click_row(rig, 0)

        assert (first.talking[-1], third.talking[-1]) == (False, False)
        await rig.key_up(Qt.Key.Key_Space)
        assert not rig.window.talk.held

    run_panel(qt_loop, tmp_path, test)


def test_a_call_that_comes_up_while_another_is_in_hand_hears_nobody(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        first = rig.feed.in_hand
        rig.desk.start_gate.clear()
        second = rig.window.start_call()
        await until(lambda: second in rig.desk.calls)
        await click_row(rig, 0)

        rig.desk.start_gate.set()
        await until(lambda: rig.window.acts.phase_of(second) is Phase.IN_CALL)

        assert rig.feed.in_hand == first
        assert rig.desk.calls[second].room.talking == [False]
        assert rig.audio.attached is rig.desk.calls[first].room

    run_panel(qt_loop, tmp_path, test)


def test_a_call_being_started_is_shown_beside_the_live_one(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        rig.desk.start_gate.clear()

        await rig.click(rig.stage.side.new)
        await until(lambda: rig.desk.asked == ["start local", "start local"])

        assert rig.window.pages.currentWidget() is rig.stage
        assert rig.stage.start.button.isVisible()
        assert rig.stage.start.button.text() == "Cancel"
        assert not rig.stage.script.isVisible()
        assert not rig.stage.bar.end.isVisible()
        assert rows(rig)[1] == "Local agent, starting, on the Stage"
        await rig.click(rig.stage.start.button)
        await until(lambda: len(rig.feed.calls) == 1)
        assert rig.window.acts.phase is Phase.IN_CALL
        assert rig.stage.script.isVisible()

    run_panel(qt_loop, tmp_path, test)


def test_a_start_that_fails_beside_a_live_call_is_listed_tried_again_and_closed(
    qt_loop: Loop, tmp_path: Path
) -> None:
    plan = CallPlan(preset="", server="Production EU", room="front-desk", speaking=False)

    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.desk.start_error = UserError("The room front-desk is closed.", "Look again.")
        rig.window.bring_to_stage(plan)
        await until(lambda: rig.window.acts.phase is Phase.FAILED)
        await rig.settle()
        card = rig.stage.start
        assert card.error_title.text() == "The room front-desk is closed."
        assert "front-desk, failed, The room front-desk is closed." in rows(rig)[1]

        await rig.click(card.button)
        await until(lambda: rig.desk.asked[-2:] == ["start front-desk", "start front-desk"])
        await until(lambda: rig.window.acts.phase is Phase.FAILED)
        assert len(rig.feed.calls) == 2
        await rig.click(card.close_button)

        assert len(rig.feed.calls) == 1
        assert rig.window.acts.phase is Phase.IN_CALL

    run_panel(qt_loop, tmp_path, test)


def test_to_watch_a_room_that_has_a_call_of_ours_is_to_go_to_that_call(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        rig.window.places.go_to(Place.ROOMS)

        rig.window.bring_to_stage(
            CallPlan(preset="", server="This computer", room="front-desk-2", speaking=False)
        )

        assert rig.feed.in_hand == keys[1]
        assert rig.window.places.current is Place.STAGE
        assert rig.desk.asked == ["start local"] * 3

    run_panel(qt_loop, tmp_path, test)


def test_try_again_on_the_first_page_tries_the_same_plan(qt_loop: Loop, tmp_path: Path) -> None:
    plan = CallPlan(preset="", server="Production EU", room="front-desk", speaking=False)

    async def test(rig: PanelRig) -> None:
        rig.desk.start_error = UserError("The room front-desk is closed.", "Look again.")
        rig.window.bring_to_stage(plan)
        card = rig.window.first_run.card
        await until(lambda: card.button.text() == "Try again")

        await rig.click(card.button)
        await until(lambda: rig.desk.asked == ["start front-desk", "start front-desk"])
        await until(lambda: card.button.text() == "Try again")
        await rig.click(card.close_button)

        assert card.button.text() == "Talk to the local agent"
        assert not card.error_title.isVisible()

    run_panel(qt_loop, tmp_path, test)


def test_ended_calls_stay_until_they_are_closed(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        rig.stage.bar.end.click()
        await until(lambda: rig.window.acts.phase is Phase.ENDED)
        assert list(rig.feed.calls) == keys
        assert rig.feed.calls[keys[0]].live
        assert "Delete closes it" in rows(rig)[2]
        rig.stage.side.calls.setFocus(Qt.FocusReason.TabFocusReason)

        await rig.press(Qt.Key.Key_Delete)

        assert list(rig.feed.calls) == keys[:2]
        assert rig.feed.in_hand == keys[1]
        await rig.press(Qt.Key.Key_Delete)
        assert list(rig.feed.calls) == keys[:2]

    run_panel(qt_loop, tmp_path, test)


def test_the_cross_closes_a_call_without_taking_it_in_hand(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        rig.desk.post_to(keys[0], CallClosed(at=NOW, reason="The server is gone."))
        await until(lambda: rig.window.acts.phase_of(keys[0]) is Phase.ENDED)
        calls = rig.stage.side.calls
        assert rig.window.acts.phase is Phase.IN_CALL

        at = calls.cross_rect(0).center().toPoint()
        QTest.mouseClick(calls, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

        assert list(rig.feed.calls) == keys[1:]
        assert rig.feed.in_hand == keys[2]

    run_panel(qt_loop, tmp_path, test)


def test_closing_the_last_one_shows_the_first_page(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.desk.post(CallClosed(at=NOW, reason="done"))
        await until(lambda: rig.window.acts.phase is Phase.ENDED)
        await rig.settle()
        calls = rig.stage.side.calls

        at = calls.cross_rect(0).center().toPoint()
        QTest.mouseClick(calls, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

        assert rig.window.pages.currentWidget() is rig.window.first_run
        assert rig.window.first_run.card.button.text() == "Talk to the local agent"

    run_panel(qt_loop, tmp_path, test)


def test_talk_again_takes_the_place_of_the_ended_call(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        keys = await three_calls(rig)
        rig.desk.post_to(keys[1], CallClosed(at=NOW, reason="done"))
        await click_row(rig, 1)
        rig.desk.facts_of_start = facts_of("front-desk-3")

        await rig.click(rig.stage.bar.again)
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)

        assert list(rig.feed.calls) == [keys[0], rig.desk.newest, keys[2]]
        assert rows(rig)[1].startswith("front-desk-3")

    run_panel(qt_loop, tmp_path, test)


def test_another_call_that_is_not_admitted_says_why(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.desk.refusal = UserError("8 calls are live, and no more can be.", "End one of them.")

        await rig.click(rig.stage.side.new)

        assert [toast.title for toast in rig.window.toasts.shown] == [rig.desk.refusal.title]
        assert len(rig.feed.calls) == 1

    run_panel(qt_loop, tmp_path, test)


def test_what_is_typed_goes_to_the_call_in_hand_and_drafts_stay_with_theirs(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await three_calls(rig)
        field = rig.stage.compose.field
        field.setText("for the clinic")

        await click_row(rig, 0)
        assert field.text() == ""
        field.setText("for the library")
        await click_row(rig, 2)
        assert field.text() == "for the clinic"
        await click_row(rig, 0)
        assert field.text() == "for the library"

    run_panel(qt_loop, tmp_path, test)


def test_closing_the_window_ends_all_calls_side_by_side(qt_loop: Loop, tmp_path: Path) -> None:
    async def test() -> None:
        rig = PanelRig(tmp_path)
        await rig.open()
        keys = await three_calls(rig)
        rig.desk.end_gate.clear()

        hanging_up = asyncio.get_running_loop().create_task(rig.window.hang_up())
        await until(lambda: all(rig.desk.calls[key].cancelled for key in keys))
        rig.desk.end_gate.set()
        await hanging_up

        rig.gone()
        assert all(call.closed_at is not None for call in rig.feed.calls.values())
        assert rig.audio.attached is None

    qt_loop.run_until_complete(test())


def test_many_calls_scroll_and_the_one_in_hand_is_in_sight(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        for number in range(14):
            rig.desk.facts_of_start = facts_of(f"room-{number}", turns=1, agent=f"agent {number}")
            rig.window.start_call()
            await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        await rig.settle()
        calls = rig.stage.side.calls

        seen = calls.visibleRegion().boundingRect()
        assert calls.height() > seen.height()
        assert seen.contains(calls.item_rect(13).toAlignedRect().center())
        calls.setFocus(Qt.FocusReason.TabFocusReason)
        await rig.press(Qt.Key.Key_Home)
        assert calls.visibleRegion().contains(QPoint(20, 20))

    run_panel(qt_loop, tmp_path, test)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_of_one_call_is_ever_shown_in_another(
    qt_loop: Loop, tmp_path: Path, seed: int
) -> None:
    """Facts come interleaved while somebody switches: each view shows its own call alone."""
    randomly = random.Random(seed)

    async def test(rig: PanelRig) -> None:
        keys: dict[str, str] = {}
        for room in ROOMS:
            rig.desk.facts_of_start = facts_of(room, turns=0)
            keys[room] = rig.window.start_call()
            await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        left = {room: facts_of(room, turns=6)[len(opening()) :] for room in ROOMS}
        while any(left.values()):
            for room in randomly.sample(ROOMS, 2):
                count = randomly.randrange(1, 15)
                rig.desk.post_to(keys[room], *left[room][:count])
                left[room] = left[room][count:]
            chosen = randomly.choice(ROOMS)
            rig.window.acts.take(keys[chosen])
            rig.pump.flush()
            _assert_only(rig, chosen)
        for room in ROOMS:
            rig.window.acts.take(keys[room])
            _assert_only(rig, room)
            assert script(rig).count(f"{room}: Question") == 6

    run_panel(qt_loop, tmp_path, test)


def _assert_only(rig: PanelRig, room: str) -> None:
    stage = rig.stage
    waterfall = stage.waterfall
    shown = [
        script(rig),
        stage.bar.title.accessibleName(),
        stage.bar.state.toolTip(),
        *(waterfall.item_text(index) for index in range(waterfall.item_count())),
        *(
            str(stage.events.model.index(row, column).data())
            for row in range(stage.events.model.rowCount())
            for column in range(stage.events.model.columnCount())
        ),
    ]
    for other in ROOMS:
        assert (other == room) or not any(other in text for text in shown)
    assert room in stage.bar.title.accessibleName()
