"""The Rooms page: what it shows, and what it does with the keyboard alone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.rooms import PersonKind, Trouble
from app.ui.pages.people_list import HEAD_HEIGHT
from app.ui.pages.rooms_model import RoomColumn, RoomsModel
from app.ui.pages.rooms_table import RoomsTable
from tests.support.desks_rooms import (
    NOW,
    PRODUCTION,
    eight_rooms,
    many_rooms,
    person,
    room,
)
from tests.support.hostile import HOSTILE
from tests.support.panel import until
from tests.support.rooms_rig import (
    RoomsRig,
    no_servers,
    panel_of,
    run_rooms,
    two_hundred,
    with_eight,
)
from tests.ui.pictures import picture
from tests.ui.test_page_states import visible
from tests.ui.watching import PaintWatch

Loop = asyncio.AbstractEventLoop
State = Callable[[RoomsRig], Awaitable[None]]
CTRL = Qt.KeyboardModifier.ControlModifier


# The list


def test_the_bar_says_how_many_and_how_old(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        assert rig.page.bar.summary.text() == "8 live · 15 people · as of now"

        rig.clock.at += 3
        await until(lambda: "as of 3 s ago" in rig.page.bar.summary.text())
        assert rig.page.model.text(rig.desk.rooms[0], RoomColumn.OPEN_FOR) == "2:08"

    run_rooms(qt_loop, test)


def test_webhooks_that_do_not_come_are_said(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        rig.desk.unheard = "Port 8099 cannot be opened for the server's webhooks. In use."
        await with_eight(rig)
        summary = rig.page.bar.summary

        assert summary.text().startswith("8 live · 15 people · as of now · Port 8099 cannot be")
        assert "In use." in summary.toolTip(), "however little room there is"
        assert "asks the server again and again" in summary.toolTip()

    run_rooms(qt_loop, test)


def test_what_is_wrong_stands_first(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        names = [rig.page.model.key(row) for row in range(8)]

        assert names[:3] == ["clinic-reminders", "booking-eu-7", "support-nl-3"]
        assert names[-2:] == ["lobby", "qa-manual-4"]

    run_rooms(qt_loop, test)


def test_a_server_that_goes_away_leaves_what_was_known(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.clock.at += 14
        rig.desk.trouble = "The server does not answer."
        rig.desk.tell()
        await rig.settle()

        assert rig.page.model.rowCount() == 8
        assert rig.page.table.current_room == "clinic-reminders"
        assert "as of 14 s ago" in rig.page.bar.summary.text()
        assert "The server does not answer." in rig.page.trouble.words.text()
        assert rig.page.trouble.isVisible()

        rig.desk.trouble = ""
        await rig.click(rig.page.trouble.again)
        assert not rig.page.trouble.isVisible()
        assert "as of now" in rig.page.bar.summary.text()

    run_rooms(qt_loop, test)


def test_a_refresh_keeps_what_is_chosen_and_what_is_in_sight(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await two_hundred(rig)
        table = rig.page.table
        bar = table.verticalScrollBar()
        bar.setValue(1500)
        top = rig.page.model.key(table.rowAt(0))
        offset = table.rowViewportPosition(table.rowAt(0))
        panel = panel_of(rig)

        rig.desk.close_by_itself("front-desk-009")
        rig.desk.rooms.insert(0, room("another", trouble=Trouble.BAD))
        rig.desk.change("front-desk-100", people=9)
        rig.desk.tell()
        rig.desk.rooms.append(room("and-another", trouble=Trouble.BAD))
        rig.desk.tell()
        await rig.settle()

        assert table.current_room == rig.page.inspector.room == "front-desk-003"
        row = rig.page.model.row_of(top)
        assert row is not None
        assert table.rowViewportPosition(row) == offset
        assert panel_of(rig) is panel

    run_rooms(qt_loop, test)


def test_a_refresh_repaints_the_row_that_changed(qtbot: QtBot) -> None:
    model = RoomsModel()
    table = RoomsTable(model)
    qtbot.addWidget(table)
    table.resize(900, 500)
    table.show_rooms(eight_rooms())
    table.show()
    watch = PaintWatch(table.viewport())

    changed = [replace(r, now="Still") if r.name == "lobby" else r for r in eight_rooms()]
    table.show_rooms(changed)

    row = model.row_of("lobby")
    assert row is not None
    height = table.rowHeight(row)
    # Qt adds a pixel to the row.
    line = QRect(0, table.rowViewportPosition(row), table.viewport().width(), height + 1)
    assert not watch.region().isEmpty()
    assert watch.region().subtracted(line).isEmpty()


def test_a_room_that_closes_leaves_nothing_chosen(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        rig.desk.close_by_itself("clinic-reminders")
        rig.desk.tell()
        await rig.settle()

        assert rig.page.table.current_room == ""
        assert rig.page.inspector.room == ""
        assert rig.page.inspector.words.text() == "clinic-reminders is closed."

    run_rooms(qt_loop, test)


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("LIBRARY", ["library-demo"]),
        ("+31 6", ["clinic-reminders"]),
        ("heard itself", ["booking-eu-7"]),
        ("patient_ref", ["clinic-reminders"]),
        ("returns-v3", ["returns-11"]),
        ("nonsense", []),
    ],
)
def test_the_search_finds_rooms_people_and_words(
    qt_loop: Loop, needle: str, found: list[str]
) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        await rig.press(Qt.Key.Key_F, CTRL)
        assert rig.focus() is rig.page.bar.search
        rig.page.bar.search.setText(needle)

        model = rig.page.model
        assert [model.key(row) for row in range(model.rowCount())] == found
        assert rig.page.unfound.isVisible() is (not found)
        rig.page.bar.search.clear()
        assert model.rowCount() == 8

    run_rooms(qt_loop, test)


def test_people_are_asked_for_the_chosen_room_only(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        rig.desk.rooms = list(many_rooms(200))
        await rig.open()
        rig.desk.tell()
        await rig.settle()
        assert rig.desk.people_asked == []

        await rig.choose("front-desk-007")
        rig.desk.tell()
        await rig.settle()

        assert set(rig.desk.people_asked) == {"front-desk-007"}

    run_rooms(qt_loop, test)


def test_a_page_that_is_not_seen_asks_seldom_and_for_the_rooms_alone(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        counts: list[int] = []
        rig.page.wanting.connect(counts.append)
        await with_eight(rig)
        rig.page.hide()
        assert rig.desk.resting
        asked = len(rig.desk.people_asked)
        rig.desk.change("lobby", trouble=Trouble.BAD)
        rig.desk.tell()
        await rig.settle()
        assert counts[-1] == counts[-2] + 1
        assert len(rig.desk.people_asked) == asked

        rig.page.show()
        await until(lambda: not rig.desk.resting)

    run_rooms(qt_loop, test)


def test_another_server_by_its_menu(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.page.bar.switch.setFocus(Qt.FocusReason.TabFocusReason)
        await rig.press(Qt.Key.Key_Down)
        menu = rig.page.bar.switch.opened
        assert menu is not None
        names = [action.text() for action in menu.actions()]
        assert names == ["This computer", "Cloud staging", "Production EU"]
        assert not any(action.icon().isNull() for action in menu.actions())

        menu.actions()[2].trigger()
        menu.close()
        await rig.settle()

        assert rig.desk.watched == "Production EU"
        assert rig.page.bar.switch.text() == "Production EU"
        assert rig.page.inspector.room == ""

    run_rooms(qt_loop, test)


# The keyboard


def test_tab_goes_over_the_page_as_one_reads_it(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        page, inspector, panel = rig.page, rig.page.inspector, panel_of(rig)
        page.bar.switch.setFocus(Qt.FocusReason.TabFocusReason)

        visited: list[object] = []
        for _ in range(21):
            visited.append(rig.focus())
            await rig.press(Qt.Key.Key_Tab)

        assert visited[:5] == [
            page.bar.switch,
            page.bar.search,
            page.bar.new,
            page.table,
            inspector.more,
        ]
        expected = {
            inspector.edit,
            inspector.people,
            *panel.permissions.switches.values(),
            panel.mute,
            panel.message,
            panel.remove,
            panel.more,
            inspector.stage,
            inspector.invite,
            inspector.agent,
            inspector.join,
            inspector.close_room,
        }
        assert expected <= set(visited)

    run_rooms(qt_loop, test)


def test_the_list_by_keys(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.page.table.setFocus(Qt.FocusReason.TabFocusReason)

        await rig.press(Qt.Key.Key_Down)
        assert rig.page.inspector.room == "booking-eu-7"
        await rig.press(Qt.Key.Key_Return)

        assert rig.desk.asked == ["stage booking-eu-7 listening"]
        assert rig.stage_shown == 1

    run_rooms(qt_loop, test)


def test_a_person_is_opened_and_shut_by_keys(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        people = rig.page.inspector.people
        people.setFocus(Qt.FocusReason.TabFocusReason)
        people.setCurrentIndex(people.people.index(1, 0))

        await rig.press(Qt.Key.Key_Return)
        assert people.open_person is not None
        assert people.open_person.identity == "clinic-agent"
        assert people.rowHeight(0) == HEAD_HEIGHT < people.rowHeight(1)
        await rig.press(Qt.Key.Key_Space)
        assert people.open_person is None
        assert people.rowHeight(1) == HEAD_HEIGHT

    run_rooms(qt_loop, test)


def test_the_menu_of_a_row_has_every_act(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig, PRODUCTION.name)
        rig.page.table.menu_wanted.emit("lobby", QPoint(10, 10))
        (menu,) = [m for m in rig.page.findChildren(QMenu) if m.isVisible()]

        words = [action.text() for action in menu.actions() if action.text()]

        assert words == [
            "Open on the Stage",
            "Join as caller",
            "Start an agent",
            "Invite",
            "Change metadata…",
            "Message to all…",
            "Copy the name",
            "Copy the sid",
            "Close room…",
        ]
        menu.close()

    run_rooms(qt_loop, test)


@pytest.mark.parametrize("by_key", [True, False])
def test_the_menu_of_a_row_by_key_and_by_click(qt_loop: Loop, by_key: bool) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        table = rig.page.table
        if by_key:
            reason = QContextMenuEvent.Reason.Keyboard
            QApplication.sendEvent(table, QContextMenuEvent(reason, QPoint(), QPoint()))
        else:
            cell = table.visualRect(rig.page.model.index(0, RoomColumn.MENU)).center()
            QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
        (menu,) = [m for m in rig.page.findChildren(QMenu) if m.isVisible()]

        menu.actions()[0].trigger()
        menu.close()
        await rig.settle()

        assert rig.desk.asked == ["stage clinic-reminders listening"]

    run_rooms(qt_loop, test)


def test_server_profiles_that_cannot_be_read_are_tried_again(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await no_servers(rig)
        assert rig.page.blank.title.text() == "The server profiles cannot be read."
        rig.servers.error = None
        rig.desk.rooms = list(eight_rooms())

        await rig.click(rig.page.blank.act)

        await until(lambda: rig.page.model.rowCount() == 8)

    run_rooms(qt_loop, test)


# Foreign text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn_literally(qt_loop: Loop, text: str) -> None:
    async def test(rig: RoomsRig) -> None:
        name = text or "empty"
        rig.desk.rooms = [
            room(name, agent=text, now=text, metadata=text, trouble=Trouble.BAD, who=(text,))
        ]
        who = person(name, PersonKind.PERSON, text, quality=text)
        rig.desk.in_rooms[name] = (who,)
        rig.desk.trouble = ""
        await rig.open(PRODUCTION.name)
        await rig.choose(name)
        await rig.open_person(name)
        await rig.click(panel_of(rig).remove)

        shot = picture(rig.window)

        assert not shot.isNull()
        for widget in visible(rig.page):
            assert "<script>alert" not in widget.toolTip()
            assert "<img src" not in widget.toolTip()

    run_rooms(qt_loop, test)


def test_a_screen_reader_hears_whole_rows(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        table = QAccessible.queryAccessibleInterface(rig.page.table)
        cells = [table.child(i).text(QAccessible.Text.Name) for i in range(table.childCount())]

        assert (
            "clinic-reminders, open for 2:05, 3 people, agent clinic-agent,"
            " Caller waiting 2.4 s on the LLM"
        ) in cells
        assert "Menu of clinic-reminders" in cells
        people = QAccessible.queryAccessibleInterface(rig.page.inspector.people)
        assert people.text(QAccessible.Text.Name) == "People in the room"
        assert rig.clock.at == NOW

    run_rooms(qt_loop, test)
