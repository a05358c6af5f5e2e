"""The Rooms page: what is done with rooms and people, and what it asks first."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.labels import Label
from app.ui.pages.rooms_dialogs import (
    CANNOT_MOVE,
    MessageDialog,
    MetadataDialog,
    MoveDialog,
    NewRoomDialog,
)
from tests.support.desks_rooms import (
    CLOUD,
    HERE,
    PRODUCTION,
)
from tests.support.panel import until
from tests.support.rooms_rig import CALLER, REFUSED, RoomsRig, panel_of, run_rooms, with_eight
from tests.ui.test_page_states import visible

Loop = asyncio.AbstractEventLoop
State = Callable[[RoomsRig], Awaitable[None]]
CTRL = Qt.KeyboardModifier.ControlModifier


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
