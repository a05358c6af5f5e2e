"""Adding, editing, removing and importing servers on the page Settings."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest

from app.domain.servers import (
    THIS_COMPUTER,
    ServerColour,
    ServerKind,
    ServerProfile,
)
from tests.support.panel import until
from tests.support.settings_page import (
    DOWN,
    Loop,
    Rig,
    adding,
    editing,
    importing,
    imports,
    removing,
    run,
    saving_failed,
)


def test_a_server_is_added(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        editor = rig.editor()
        assert editor.colour.value == ServerColour.AMBER.value
        editor.name.setText("  Berlin   2 ")
        editor.url.setText("wss://b2.example.org/")
        editor.key.setText("APIberlin")
        editor.secret.setText("s" * 40)

        left: list[str] = []
        editor.finished.connect(lambda: left.append(editor.secret.text()))

        editor.press_act()
        await until(lambda: rig.servers.detail.title.text() == "Berlin 2")

        assert rig.desk.asked == ["put Berlin 2"]
        assert rig.desk.secrets == [("APIberlin", "s" * 40)]
        saved = next(view.profile for view in rig.desk.views if view.profile.name == "Berlin 2")
        assert saved == ServerProfile(
            "Berlin 2", "wss://b2.example.org", ServerKind.SELF_HOSTED, ServerColour.AMBER
        )
        assert rig.servers.dialog is None
        assert left == [""]

    run(qt_loop, tmp_path, test)


def test_webhooks_come_to_a_port(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        editor = rig.editor()
        editor.name.setText("Lab")
        editor.url.setText("wss://lab.example.org")
        editor.key.setText("APIlab")
        editor.secret.setText("s" * 40)

        for wrong, words in (("eighty", "A port is a number"), ("80", "cannot come to port 80")):
            editor.webhook_port.setText(wrong)
            editor.press_act()
            await rig.settle()
            assert words in editor.port_field.error
        editor.webhook_port.setText("8099")
        editor.press_act()
        await until(lambda: rig.desk.asked == ["put Lab"])

        saved = next(view.profile for view in rig.desk.views if view.profile.name == "Lab")
        assert saved.webhook_port == 8099

    run(qt_loop, tmp_path, test)


def test_a_form_that_is_wrong_says_where(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        editor = rig.editor()

        editor.press_act()
        await rig.settle()
        assert "no name" in editor.name_field.error
        assert "not the address" in editor.url_field.error
        assert editor.key_field.error
        assert editor.secret_field.error

        editor.name.setText("production eu")
        editor.url.setText("ftp://x")
        editor.press_act()
        await rig.settle()
        assert "already" in editor.name_field.error
        assert "ftp://" in editor.url_field.error
        assert rig.desk.asked == []

    run(qt_loop, tmp_path, test)


def test_ws_to_another_computer_only_when_confirmed(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        editor = rig.editor()
        editor.name.setText("Lab")
        editor.key.setText("APIlab")
        editor.secret.setText("s" * 40)

        editor.url.setText("ws://127.0.0.1:7880")
        assert not editor.clear_is_meant.isVisible()
        editor.url.setText("ws://lab.example.org")
        assert editor.clear_is_meant.isVisible()
        editor.press_act()
        await rig.settle()
        assert "not encrypted" in editor.url_field.error
        assert rig.desk.asked == []

        editor.clear_is_meant.setChecked(True)
        editor.url.setText("wss://lab.example.org")
        editor.url.setText("ws://lab.example.org")
        assert not editor.clear_is_meant.isChecked(), "it was meant for that address alone"
        editor.clear_is_meant.setChecked(True)
        editor.press_act()
        await until(lambda: rig.desk.asked == ["put Lab"])
        await until(lambda: rig.servers.detail.address.text().endswith(", not encrypted"))

    run(qt_loop, tmp_path, test)


def test_cloud_is_recognised_by_its_address(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        url = rig.editor().url
        url.setFocus()

        QTest.keyClicks(url, "wss://p-1.livekit.cloud")
        assert rig.editor().kind.value == ServerKind.CLOUD.value

    run(qt_loop, tmp_path, test)


def test_a_weak_secret_is_told_but_taken(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await adding(rig)
        rig.editor().secret.setText("secret")

        assert "can be guessed" in rig.editor().secret.accessibleDescription()
        assert rig.editor().secret_field.error == ""

    run(qt_loop, tmp_path, test)


def test_an_edit_keeps_the_key_unless_another_is_given(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await editing(rig)
        editor = rig.editor()
        assert (editor.name.text(), editor.key.text(), editor.secret.text()) == ("Staging", "", "")
        assert editor.clear_is_meant.isChecked()

        editor.key.setText("APInew")
        editor.press_act()
        await rig.settle()
        assert editor.secret_field.error
        editor.key.clear()
        editor.name.setText("Stage 2")
        editor.press_act()
        await until(lambda: rig.servers.detail.title.text() == "Stage 2")

        assert rig.desk.asked == ["put Stage 2 for Staging"]
        assert rig.desk.secrets == [("", "")]
        assert rig.servers.detail.key.text() == "API2 ··· qR"

    run(qt_loop, tmp_path, test)


def test_a_failure_to_save_keeps_what_was_typed(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await saving_failed(rig)
        editor = rig.editor()
        assert editor.error_title.text() == DOWN.title
        assert editor.url.text() == "ws://10.0.0.7:7880"

        del rig.desk.errors["put"]
        editor.press_act()
        await until(lambda: rig.servers.dialog is None)

    run(qt_loop, tmp_path, test)


def test_a_save_that_fails_after_the_form_was_closed_is_reported(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: Rig) -> None:
        rig.desk.gates["put"] = asyncio.Event()
        rig.desk.errors["put"] = DOWN
        await editing(rig)
        rig.editor().press_act()
        await until(lambda: "put Staging for Staging" in rig.desk.asked)

        rig.editor().reject()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        rig.desk.gates["put"].set()
        await until(lambda: rig.reported)

        assert rig.reported == [f"store the server: {DOWN}"]

    run(qt_loop, tmp_path, test)


def test_a_server_is_removed_after_a_question(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await removing(rig)
        assert rig.dialog().title == "Remove Staging from Greenroom?"
        await rig.press(Qt.Key.Key_Return)
        assert rig.desk.asked == [], "Return stands on Cancel"

        rig.servers.detail.edit.click()
        rig.editor().remove.click()
        rig.dialog().press_act()
        await until(lambda: rig.servers.list.item_count() == 3)

        assert rig.desk.asked == ["remove Staging"]
        assert rig.servers.detail.title.text() == THIS_COMPUTER

    run(qt_loop, tmp_path, test)


# Importing


def test_only_what_is_ticked_is_imported(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await importing(rig)
        dialog = imports(rig)
        assert dialog.ticked() == ("my-project", "LIVEKIT_URL"), (
            "what replaces another waits for a tick"
        )
        assert dialog.act.text() == "Import 2 servers"

        for _, box in dialog.boxes:
            box.setChecked(False)
        assert not dialog.act.isEnabled()
        dialog.boxes[0][1].setChecked(True)
        dialog.press_act()
        await until(lambda: rig.servers.list.item_count() == 5)

        assert rig.desk.asked == ["found", "take my-project"]
        assert [toast.title for toast in rig.toasts] == ["Imported 1 server"]

    run(qt_loop, tmp_path, test)
