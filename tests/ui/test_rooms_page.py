"""The Rooms page: what it shows, what it asks first, and what it does with the keyboard alone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.errors import UserError
from app.domain.rooms import PersonKind, Trouble
from app.ui.labels import Label
from app.ui.pages.people_list import HEAD_HEIGHT
from app.ui.pages.person_panel import PersonPanel
from app.ui.pages.rooms_dialogs import (
    CANNOT_MOVE,
    MessageDialog,
    MetadataDialog,
    MoveDialog,
    NewRoomDialog,
)
from app.ui.pages.rooms_model import RoomColumn, RoomsModel
from app.ui.pages.rooms_table import RoomsTable
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from tests.support.desks_rooms import (
    CLOUD,
    HERE,
    NOW,
    PRODUCTION,
    crowd,
    eight_rooms,
    many_rooms,
    microphone,
    person,
    room,
    three_people,
)
from tests.support.hostile import HOSTILE
from tests.support.panel import until
from tests.support.rooms_rig import RoomsRig, run_rooms
from tests.ui.pictures import picture
from tests.ui.test_page_states import cut_off, nameless, painted_share, visible
from tests.ui.watching import PaintWatch

Loop = asyncio.AbstractEventLoop
State = Callable[[RoomsRig], Awaitable[None]]
CALLER = "sip_31612345682"
CTRL = Qt.KeyboardModifier.ControlModifier
REFUSED = UserError("The server refused that.", "Its key may not do this.")


async def with_eight(rig: RoomsRig, server: str = HERE.name) -> None:
    """Eight rooms, of which the first is chosen and its caller is open."""
    rig.desk.rooms = list(eight_rooms())
    rig.desk.in_rooms["clinic-reminders"] = three_people()
    await rig.open(server)
    await rig.choose("clinic-reminders")
    await until(lambda: rig.page.inspector.people.people.rowCount() == 3)
    await rig.open_person(CALLER)


def panel_of(rig: RoomsRig) -> PersonPanel:
    (panel,) = [p for p in rig.page.inspector.findChildren(PersonPanel) if p.isVisible()]
    return panel


# States


async def without_a_desk(rig: RoomsRig) -> None:
    rig.show()


async def empty(rig: RoomsRig) -> None:
    await rig.open()


async def loading(rig: RoomsRig) -> None:
    rig.desk.answering = False
    await rig.open()


async def never_answered(rig: RoomsRig) -> None:
    rig.desk.trouble = "Nothing answers at voice.example.com:443. Is the server running?"
    await rig.open(PRODUCTION.name)


async def no_servers(rig: RoomsRig) -> None:
    rig.servers.error = UserError("The server profiles cannot be read.", "Mend servers.yaml.")
    rig.show()
    rig.page.give_desk(rig.desk, rig.servers)
    await until(rig.page.blank.act.isVisible)


async def eight(rig: RoomsRig) -> None:
    await with_eight(rig, PRODUCTION.name)


async def none_chosen(rig: RoomsRig) -> None:
    rig.desk.rooms = list(eight_rooms())
    await rig.open()


async def two_hundred(rig: RoomsRig) -> None:
    rig.desk.rooms = list(many_rooms(200))
    rig.desk.in_rooms["front-desk-003"] = crowd(300)
    await rig.open(PRODUCTION.name)
    await rig.choose("front-desk-003")
    await rig.open_person("guest-004")


async def stale(rig: RoomsRig) -> None:
    await eight(rig)
    rig.clock.at += 14
    rig.desk.trouble = "voice.example.com does not answer: the connection was refused."
    rig.desk.tell()
    await rig.settle()


async def nothing_found(rig: RoomsRig) -> None:
    await eight(rig)
    rig.page.bar.search.setText("no such room")
    await rig.settle()


async def people_unknown(rig: RoomsRig) -> None:
    rig.desk.people_error = REFUSED
    rig.desk.rooms = list(eight_rooms())
    await rig.open()
    await rig.choose("lobby")


async def long_names(rig: RoomsRig) -> None:
    name = "a room with a name that is far longer than any column has space for " * 2
    rig.desk.rooms = [room(name, agent=name, now=name, trouble=Trouble.BAD, metadata=name)]
    rig.desk.in_rooms[name] = (person(name), person("x", tracks=(microphone(),) * 3))
    await rig.open(PRODUCTION.name)
    await rig.choose(name)
    await rig.open_person(name)


async def new_room(rig: RoomsRig) -> None:
    await eight(rig)
    rig.page.new_room()
    await rig.settle()


async def closing(rig: RoomsRig) -> None:
    await eight(rig)
    await rig.click(rig.page.inspector.close_room)


async def inviting(rig: RoomsRig) -> None:
    await eight(rig)
    await rig.click(rig.page.inspector.invite)


STATES: list[State] = [
    without_a_desk,
    empty,
    loading,
    never_answered,
    no_servers,
    eight,
    none_chosen,
    two_hundred,
    stale,
    nothing_found,
    people_unknown,
    long_names,
    new_room,
    closing,
    inviting,
]


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=["1280x800", "1920x1080"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop, tmp_path: Path, state: State, size: tuple[int, int]
) -> None:
    async def test(rig: RoomsRig) -> None:
        await state(rig)

        assert list(cut_off(rig.window)) == []
        assert list(nameless(rig.window)) == []
        assert list(without_a_tip(rig.page)) == []
        dark = picture(rig.window)
        save_png(render(rig.window), tmp_path / "dark.png")
        theme.apply(ThemeChoice.LIGHT)
        light = picture(rig.window)
        save_png(render(rig.window), tmp_path / "light.png")
        assert painted_share(dark, light) > 0.9

    run_rooms(qt_loop, test, size)


def without_a_tip(page: QWidget) -> list[str]:
    """Buttons whose words leave open what they do, and that no tooltip explains."""
    plain = {"New room", "Try again", "Show all", "Cancel", "Close"}
    return [
        f"{button} {button.text()}"
        for button in visible(page)
        if isinstance(button, QAbstractButton)
        and not button.toolTip()
        and button.text() not in plain
    ]


# The list


def test_the_bar_says_how_many_and_how_old(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        assert rig.page.bar.summary.text() == "8 live · 15 people · as of now"

        rig.clock.at += 3
        await until(lambda: "as of 3 s ago" in rig.page.bar.summary.text())
        assert rig.page.model.text(rig.desk.rooms[0], RoomColumn.OPEN_FOR) == "2:08"

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


def test_nobody_is_asked_while_the_page_is_not_seen(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.page.hide()
        rig.desk.close_by_itself("lobby")
        rig.desk.tell()
        assert rig.page.model.rowCount() == 8

        rig.page.show()
        await until(lambda: rig.page.model.rowCount() == 7)

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


# Acts


def test_on_this_computer_a_room_closes_at_once(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        assert rig.page.inspector.close_room.text() == "Close room"

        await rig.click(rig.page.inspector.close_room)

        assert rig.desk.asked == ["close clinic-reminders"]
        await until(lambda: rig.page.model.rowCount() == 7)
        assert "clinic-reminders is closed" in rig.said

    run_rooms(qt_loop, test)


def test_on_a_remote_server_closing_asks_with_its_name(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig, PRODUCTION.name)
        await rig.click(rig.page.inspector.close_room)
        acts = rig.page.acts
        assert acts is not None
        assert acts.dialog is not None
        assert rig.desk.asked == []
        words = " ".join(text_of(acts.dialog))
        assert "Production EU" in words
        assert "wss://voice.example.com" in words
        assert "3 people" in words

        await rig.press(Qt.Key.Key_Escape)
        assert acts.dialog is None
        assert rig.desk.asked == []

        await rig.click(rig.page.inspector.close_room)
        await rig.click(acts.dialog.act)  # pyright: ignore[reportUnreachable]
        await until(lambda: rig.desk.asked == ["close clinic-reminders"])
        await until(lambda: acts.dialog is None)

    run_rooms(qt_loop, test)


def text_of(widget: QWidget) -> list[str]:
    return [part.text() for part in visible(widget) if isinstance(part, Label)]


def test_a_refused_question_stays_open_and_says_why(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig, PRODUCTION.name)
        rig.desk.error = REFUSED
        await rig.click(rig.page.inspector.close_room)
        dialog = rig.page.acts.dialog if rig.page.acts else None
        assert dialog is not None

        await rig.click(dialog.act)

        await until(lambda: dialog.error_title.text() == REFUSED.title)
        assert dialog.act.isEnabled()
        assert rig.page.model.rowCount() == 8

    run_rooms(qt_loop, test)


def test_removing_says_what_the_removed_can_still_do(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        await rig.click(panel_of(rig).remove)

        await until(lambda: rig.page.inspector.people.people.rowCount() == 2)
        assert rig.desk.asked == [f"remove clinic-reminders {CALLER}"]
        (toast,) = rig.toasts.shown
        assert "they can come back" in toast.hint

    run_rooms(qt_loop, test)


def test_permissions_change_one_at_a_time(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        switches = panel_of(rig).permissions.switches

        await rig.click(switches["can_publish_data"])
        await rig.click(switches["can_publish"])

        assert rig.desk.asked == [
            f"permit clinic-reminders {CALLER} can_publish_data True",
            f"permit clinic-reminders {CALLER} can_publish False",
        ]
        assert {name: s.isChecked() for name, s in switches.items()} == {
            "can_publish": False,
            "can_subscribe": True,
            "can_publish_data": True,
            "can_update_metadata": False,
        }

    run_rooms(qt_loop, test)


def test_a_refused_permission_goes_back(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.desk.error = REFUSED
        rig.desk.gate.clear()
        switch = panel_of(rig).permissions.switches["can_publish"]

        await rig.click(switch)
        rig.desk.tell()
        await rig.settle()
        assert not switch.isChecked()
        await rig.click(switch)
        assert not switch.isChecked()
        rig.desk.gate.set()

        await until(switch.isChecked)
        assert len(rig.desk.asked) == 1
        assert REFUSED.title in rig.said

    run_rooms(qt_loop, test)


def test_muting_and_its_refusal(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        panel = panel_of(rig)

        await rig.click(panel.mute)
        await until(lambda: panel.mute.text() == "Unmute")
        rig.desk.error = REFUSED
        await rig.click(panel.mute)

        await until(lambda: REFUSED.title in rig.said)
        assert panel.mute.text() == "Unmute"
        assert rig.desk.asked == [
            f"mute clinic-reminders {CALLER} TR_mic",
            f"unmute clinic-reminders {CALLER} TR_mic",
        ]

    run_rooms(qt_loop, test)


def test_greenroom_itself_is_not_to_be_removed_here(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)

        await rig.open_person("greenroom-ear")

        panel = panel_of(rig)
        assert not panel.remove.isVisible()
        assert not panel.permissions.isVisible()
        assert any("This is Greenroom itself" in text for text in text_of(panel))

    run_rooms(qt_loop, test)


def test_a_message_to_one_and_to_all(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        await rig.click(panel_of(rig).message)
        acts = rig.page.acts
        assert acts is not None
        dialog = acts.dialog
        assert isinstance(dialog, MessageDialog)
        assert not dialog.act.isEnabled()
        dialog.area.setPlainText("We are here.")
        await rig.click(dialog.act)
        await until(lambda: "The message is sent" in rig.said)

        acts.message("lobby", None)
        dialog = acts.dialog
        assert isinstance(dialog, MessageDialog)
        dialog.area.setPlainText("Closing soon.")
        await rig.click(dialog.act)

        await until(lambda: len(rig.desk.asked) == 2)
        assert rig.desk.asked == [
            f"send clinic-reminders {CALLER}: We are here.",
            "send lobby all: Closing soon.",
        ]

    run_rooms(qt_loop, test)


@pytest.mark.parametrize(("server", "can"), [(HERE, False), (PRODUCTION, False), (CLOUD, True)])
def test_moving_says_where_it_cannot(qt_loop: Loop, server: object, can: bool) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig, getattr(server, "name", ""))
        panel_of(rig).move_wanted.emit()
        dialog = rig.page.acts.dialog if rig.page.acts else None
        assert isinstance(dialog, MoveDialog)

        assert (CANNOT_MOVE in text_of(dialog)) is not can
        assert dialog.act.isVisible() is can
        if can:
            dialog.choice.choose("lobby")
            await rig.click(dialog.act)
            assert rig.desk.asked == [f"move clinic-reminders {CALLER} lobby"]

    run_rooms(qt_loop, test)


def test_a_new_room_by_keyboard_alone(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await rig.open()
        await rig.press(Qt.Key.Key_N, CTRL)
        dialog = rig.page.acts.dialog if rig.page.acts else None
        assert isinstance(dialog, NewRoomDialog)
        await rig.press(Qt.Key.Key_Return)
        assert rig.desk.asked == []
        for key in (Qt.Key.Key_L, Qt.Key.Key_A, Qt.Key.Key_B, Qt.Key.Key_Tab, Qt.Key.Key_5):
            await rig.press(key)

        await rig.press(Qt.Key.Key_Return)

        await until(lambda: rig.page.inspector.room == "lab")
        assert rig.desk.asked == [
            "create NewRoom(name='lab', people_at_most=5, empty_timeout_s=0,"
            " departure_timeout_s=0, metadata='')"
        ]
        assert rig.page.inspector.note.text().startswith("Nobody is in it")

    run_rooms(qt_loop, test)


def test_a_new_room_with_a_name_that_is_taken(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.page.new_room()
        dialog = rig.page.acts.dialog if rig.page.acts else None
        assert isinstance(dialog, NewRoomDialog)
        dialog.name.setText("lobby")

        await rig.click(dialog.act)

        assert rig.desk.asked == []
        assert "A room of this name is open already." in text_of(dialog)

    run_rooms(qt_loop, test)


def test_metadata_is_changed_and_what_was_typed_stays_when_refused(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        await rig.click(rig.page.inspector.edit)
        dialog = rig.page.acts.dialog if rig.page.acts else None
        assert isinstance(dialog, MetadataDialog)
        assert dialog.area.toPlainText() == '{"patient_ref":"A-113"}'
        dialog.area.setPlainText("other")
        rig.desk.error = REFUSED
        await rig.click(dialog.act)
        await until(lambda: dialog.error_title.text() == REFUSED.title)
        assert dialog.area.toPlainText() == "other"

        rig.desk.error = None
        await rig.click(dialog.act)

        await until(lambda: rig.page.inspector.metadata.text() == "other")

    run_rooms(qt_loop, test)


@pytest.mark.parametrize(
    ("button", "asked"),
    [
        ("stage", "stage clinic-reminders listening"),
        ("join", "stage clinic-reminders speaking"),
        ("agent", "agent local clinic-reminders"),
    ],
)
def test_what_brings_a_room_to_the_stage(qt_loop: Loop, button: str, asked: str) -> None:
    async def test(rig: RoomsRig) -> None:
        await with_eight(rig)
        rig.desk.error = REFUSED
        await rig.click(getattr(rig.page.inspector, button))
        assert rig.stage_shown == 0
        assert REFUSED.title in rig.said

        rig.desk.error = None
        await rig.click(getattr(rig.page.inspector, button))

        assert rig.desk.asked == [asked, asked]
        assert rig.stage_shown == 1

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
