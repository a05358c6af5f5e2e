"""The keyboard: talking with Space, letters that act, and none of that while a person types."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.facts import CallClosed
from app.ui.dialogs import Dialog
from app.ui.fields import CheckBox
from app.ui.theme import ThemeChoice, theme
from app.ui.toasts import Level, Toast
from app.ui.tokens import DOCK_SHUT_HEIGHT, Scheme
from tests.support.panel import PanelRig, run_panel, until
from tests.support.sample_call import NOW

Loop = asyncio.AbstractEventLoop
CTRL = Qt.KeyboardModifier.ControlModifier


async def muted(rig: PanelRig) -> None:
    """Be in a call whose microphone opens only while it is held."""
    await rig.enter_call()
    await rig.press(Qt.Key.Key_M)
    assert not rig.window.talk.open
    rig.desk.room.talking.clear()


def test_holding_space_talks(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)
        hold = rig.stage.compose.hold

        await rig.key_down(Qt.Key.Key_Space)
        assert rig.window.talk.talking
        assert hold.text() == "Talking"
        await rig.key_up(Qt.Key.Key_Space)

        assert rig.desk.room.talking == [True, False]
        assert hold.text() == "Hold to talk"

    run_panel(qt_loop, tmp_path, test)


def test_holding_the_button_talks(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)

        QTest.mousePress(rig.stage.compose.hold, Qt.MouseButton.LeftButton)
        assert rig.window.talk.talking
        QTest.mouseRelease(rig.stage.compose.hold, Qt.MouseButton.LeftButton)

        assert rig.desk.room.talking == [True, False]

    run_panel(qt_loop, tmp_path, test)


def test_leaving_the_window_while_talking_ends_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)
        await rig.key_down(Qt.Key.Key_Space)

        QApplication.sendEvent(rig.window, QEvent(QEvent.Type.WindowDeactivate))

        assert not rig.window.talk.talking
        await rig.key_up(Qt.Key.Key_Space)
        assert rig.desk.room.talking == [True, False]

    run_panel(qt_loop, tmp_path, test)


def test_while_a_person_types_letters_are_letters(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)
        field = rig.stage.compose.field
        field.setFocus()

        for key in (Qt.Key.Key_F, Qt.Key.Key_Space, Qt.Key.Key_M):
            await rig.press(key)

        assert field.text() == "f m"
        assert rig.desk.room.talking == []
        assert "flag" not in rig.desk.asked
        assert not rig.window.talk.open

        await rig.press(Qt.Key.Key_Return)
        await until(lambda: "type f m" in rig.desk.asked)
        assert field.text() == ""

    run_panel(qt_loop, tmp_path, test)


def test_an_empty_line_is_not_sent(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.stage.compose.field.setText("   ")
        rig.stage.compose.field.setFocus()

        await rig.press(Qt.Key.Key_Return)
        await rig.settle()

        assert rig.desk.asked == ["start local"]

    run_panel(qt_loop, tmp_path, test)


def test_f_marks_the_moment(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        await rig.settle()

        await rig.press(Qt.Key.Key_F)
        QTest.mouseClick(rig.stage.bar.flag, Qt.MouseButton.LeftButton)

        assert rig.desk.asked == ["start local", "flag", "flag"]
        assert [toast.title for toast in rig.window.toasts.shown] == ["Marked 0:46 of the call"]

    run_panel(qt_loop, tmp_path, test)


def test_without_a_call_the_keys_do_nothing(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.window.setFocus()
        for key in (Qt.Key.Key_F, Qt.Key.Key_M, Qt.Key.Key_Space):
            await rig.press(key)
        assert rig.window.talk.open
        await rig.enter_call()
        rig.desk.post(CallClosed(at=NOW, reason="done"))
        await until(lambda: not rig.window.talk.possible)

        for key in (Qt.Key.Key_F, Qt.Key.Key_M, Qt.Key.Key_Space):
            await rig.press(key)

        assert rig.desk.asked == ["start local"]
        assert rig.desk.room.talking == [True, False]
        assert rig.window.talk.open

    run_panel(qt_loop, tmp_path, test)


def test_space_presses_what_shows_the_ring_of_the_keyboard(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)
        flag = rig.stage.bar.flag

        rig.window.rail.theme.setFocus()
        await rig.press(Qt.Key.Key_Tab)
        assert rig.focus() is flag
        await rig.press(Qt.Key.Key_Space)
        assert rig.desk.asked == ["start local", "flag"]
        assert rig.desk.room.talking == []

        mute = rig.stage.mixer.mute_agent
        await rig.click(mute)
        assert rig.focus() is mute
        assert mute.isChecked()
        await rig.press(Qt.Key.Key_Space)
        assert mute.isChecked()
        assert rig.desk.room.talking == [True, False]

    run_panel(qt_loop, tmp_path, test)


def test_space_is_the_dialogs_while_one_is_open(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await muted(rig)
        dialog = Dialog(rig.window, "A question", act="Yes")
        tick = CheckBox("And more")
        dialog.body.addWidget(tick)
        dialog.open()
        QTest.mouseClick(tick, Qt.MouseButton.LeftButton, pos=QPoint(7, tick.height() // 2))
        assert tick.isChecked()
        assert rig.focus() is tick

        await rig.press(Qt.Key.Key_Space)

        assert not tick.isChecked()
        assert rig.desk.room.talking == []
        dialog.done()

    run_panel(qt_loop, tmp_path, test)


def test_the_dock_by_keys(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        dock, splitter = rig.stage.dock, rig.stage.splitter

        for number, view in enumerate((rig.stage.waterfall, rig.stage.trends, rig.stage.events), 1):
            await rig.press(Qt.Key(Qt.Key.Key_0 + number), CTRL)
            assert view.isVisible()
            assert dock.tabs.currentIndex() == number - 1
        await rig.press(Qt.Key.Key_J, CTRL)
        await rig.settle()
        assert (splitter.is_open, dock.height()) == (False, DOCK_SHUT_HEIGHT)
        assert not rig.stage.events.isVisible()
        assert dock.fold.accessibleName() == "Open the dock (Ctrl+J)"

        await rig.press(Qt.Key.Key_1, CTRL)
        await rig.settle()
        assert splitter.is_open
        assert rig.stage.waterfall.isVisible()

    run_panel(qt_loop, tmp_path, test)


def test_the_theme_by_key_and_by_button(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        assert theme.scheme is Scheme.DARK
        await rig.press(Qt.Key.Key_T, CTRL)
        assert theme.scheme is Scheme.LIGHT
        assert rig.memory.theme is ThemeChoice.LIGHT
        assert rig.window.rail.theme.accessibleName() == "Dark theme (Ctrl+T)"

        QTest.mouseClick(rig.window.rail.theme, Qt.MouseButton.LeftButton)
        assert theme.scheme is Scheme.DARK
        assert rig.memory.theme is ThemeChoice.DARK

    run_panel(qt_loop, tmp_path, test)


def test_escape_dismisses_the_newest_message(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        for title in ("first", "second"):
            rig.window.toasts.show_toast(Toast(Level.ERROR, title))

        await rig.press(Qt.Key.Key_Escape)

        assert [toast.title for toast in rig.window.toasts.shown] == ["first"]

    run_panel(qt_loop, tmp_path, test)


def test_tab_goes_over_the_stage_as_one_reads_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        await rig.settle()
        stage = rig.stage
        stage_button = rig.window.rail.pages["STAGE"]
        stage_button.setFocus(Qt.FocusReason.TabFocusReason)

        visited: list[QWidget | None] = []
        for _ in range(19):
            visited.append(rig.focus())
            await rig.press(Qt.Key.Key_Tab)

        assert visited == [
            stage_button,
            rig.window.rail.theme,
            stage.bar.flag,
            stage.bar.end,
            stage.side.new,
            stage.side.calls,
            stage.side.agents,
            stage.script.table,
            stage.compose.field,
            stage.compose.switch,
            stage.mixer.bank,
            stage.mixer.mute_agent,
            stage.mixer.mute_you,
            stage.mixer.devices.microphone,
            stage.mixer.devices.speaker,
            stage.dock.tabs,
            stage.dock.fold,
            stage.waterfall,
            stage_button,
        ]

    run_panel(qt_loop, tmp_path, test)


def test_the_first_page_by_keyboard_alone(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.window.first_run.card.button.setFocus(Qt.FocusReason.TabFocusReason)

        await rig.press(Qt.Key.Key_Space)

        await until(lambda: rig.desk.asked == ["start local"])

    run_panel(qt_loop, tmp_path, test)
