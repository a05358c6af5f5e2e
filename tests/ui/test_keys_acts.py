"""The Keys page: keys are added, replaced, copied, removed and imported."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.domain.errors import UserError
from app.domain.keys import FoundKey, KeyringState
from app.domain.providers import provider
from tests.support.desks import MemoryKeyDesk
from tests.support.keys_rig import CANARY, KeysRig, Loop, full, run
from tests.support.panel import until

# Adding and replacing


def test_adds_a_key_by_keyboard_alone_and_tests_it(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        await rig.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        asking = rig.asking
        assert rig.window.focusWidget() is asking.provider
        asking.provider.choose("mistral")
        await rig.key(Qt.Key.Key_Tab)
        assert rig.window.focusWidget() is asking.key
        QTest.keyClicks(asking.key, f"  {CANARY} ")

        await rig.key(Qt.Key.Key_Return)

        await until(lambda: "test mistral" in rig.desk.asked)
        assert rig.desk.values["mistral"] == CANARY
        assert rig.page.acts.dialog is None
        await until(lambda: "Works, 150 ms" in rig.page.card_of("mistral").text())
        assert "mistral" not in rig.page.without_key

    run(qt_loop, full(), test)


def test_adds_without_a_test_when_that_is_not_wanted(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        assert rig.window.focusWidget() is rig.asking.key
        rig.asking.key.setText(CANARY)
        rig.asking.test.setChecked(False)

        rig.press(rig.dialog.act)

        await until(lambda: "xai" in rig.page.with_key)
        await rig.settle()
        assert "test xai" not in rig.desk.asked

    run(qt_loop, full(), test)


@pytest.mark.parametrize("value", ["", "short", "sk-with a space in it", "sk-naïve-12345678"])
def test_what_cannot_be_a_key_is_refused_in_place(qt_loop: Loop, value: str) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.add)
        rig.asking.key.setText(value)

        rig.press(rig.dialog.act)

        assert rig.asking.key_field.error
        assert rig.asking.key.text() == value
        assert not any(ask.startswith("put") for ask in rig.desk.asked)
        rig.asking.key.setText(CANARY)
        assert not rig.asking.key_field.error

    run(qt_loop, full(), test)


def test_a_key_that_cannot_be_stored_is_not_lost(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        asking = rig.asking
        asking.key.setText(CANARY)
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it, then store the key.")
        rig.press(asking.act)
        await until(lambda: "put xai" in rig.desk.asked)
        assert (asking.act.text(), asking.act.isEnabled()) == ("Storing…", False)

        rig.desk.gate.set()
        await until(lambda: asking.error_title.isVisible())

        assert asking.error_title.text() == "GNOME Keyring is locked."
        assert asking.key.text() == CANARY
        assert rig.failures == []
        rig.desk.error = None
        rig.press(asking.act)
        await until(lambda: rig.desk.values.get("xai") == CANARY)

    run(qt_loop, full(), test)


def test_what_fails_after_its_dialog_was_left_is_told(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        rig.asking.key.setText(CANARY)
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring does not answer.", "Log in again.")
        rig.press(rig.dialog.act)
        await until(lambda: "put xai" in rig.desk.asked)

        await rig.key(Qt.Key.Key_Escape)
        rig.desk.gate.set()

        await until(lambda: rig.failures)
        assert rig.failures == [("store the key", rig.desk.error)]

    run(qt_loop, full(), test)


def test_replaces_a_rejected_key(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.card_of("openai").act)
        assert rig.asking.title == "Replace the OpenAI key"
        assert not rig.asking.provider.isVisible()
        rig.asking.key.setText(CANARY)

        rig.press(rig.dialog.act)

        await until(lambda: "Works" in rig.page.card_of("openai").text())
        assert rig.desk.values["openai"] == CANARY
        assert rig.page.card_of("openai").act.text() == "Test"

    run(qt_loop, full(), test)


def test_where_there_is_no_keyring_the_dialog_says_so(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))

        assert "memory until Greenroom ends" in rig.asking.key.accessibleDescription()

    run(qt_loop, MemoryKeyDesk(KeyringState.ABSENT), test)


# Copying and removing


def test_a_copied_key_is_on_the_clipboard_for_half_a_minute(
    qt_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.clipboard.CLEAR_AFTER_S", 0.2)

    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Copy")

        await until(lambda: rig.toasts)
        assert QGuiApplication.clipboard().text() == "canary-9f2c"
        assert rig.toasts[0].title == "The Deepgram key is on the clipboard"
        assert "30 s" in rig.toasts[0].hint
        assert "canary" not in str(rig.toasts)
        await until(lambda: QGuiApplication.clipboard().text() == "")

    run(qt_loop, full(), test)


def test_removing_asks_first_and_says_who_needs_the_key(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Remove")
        words = " ".join(each.text() for each in rig.dialog.findChildren(QLabel))
        assert "Used by booking, front desk, survey" in words
        assert rig.window.focusWidget() is rig.dialog.cancel
        await rig.key(Qt.Key.Key_Escape)
        assert "remove deepgram" not in rig.desk.asked

        rig.choose("deepgram", "Remove")
        rig.press(rig.dialog.act)

        await until(lambda: "deepgram" in rig.page.without_key)
        assert "deepgram" not in rig.page.with_key
        assert [toast.title for toast in rig.toasts] == ["The Deepgram key is removed"]

    run(qt_loop, full(), test)


def test_a_removed_key_can_be_put_back(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Remove")
        rig.press(rig.dialog.act)
        await until(lambda: rig.toasts)
        (toast,) = rig.toasts
        assert toast.act == "Undo"
        assert "canary" not in repr(toast)
        assert toast.on_act is not None

        toast.on_act()
        await until(lambda: "deepgram" in rig.page.with_key)
        toast.on_act()
        await rig.settle()

        assert rig.desk.values["deepgram"] == "canary-9f2c"
        assert rig.desk.asked.count("put deepgram") == 1

    run(qt_loop, full(), test)


def test_a_removed_key_is_forgotten_when_it_is_too_late(
    qt_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.pages.key_acts.ACT_MS", 1)

    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Remove")
        rig.press(rig.dialog.act)
        await until(lambda: rig.toasts)
        (toast,) = rig.toasts
        undo = toast.on_act
        assert isinstance(undo, partial)
        (removed,) = undo.args
        await until(lambda: not removed.value)

        undo()
        await rig.settle()

        assert "put deepgram" not in rig.desk.asked

    run(qt_loop, full(), test)


def test_a_removal_that_fails_says_so_where_it_was_asked_for(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it.")
        rig.choose("deepgram", "Remove")

        rig.press(rig.dialog.act)

        await until(lambda: rig.dialog.error_title.isVisible())
        assert rig.dialog.act.isEnabled()
        assert "deepgram" in rig.page.with_key

    run(qt_loop, full(), test)


# Importing

FOUND = (
    FoundKey(provider("google"), "GOOGLE_API_KEY", "a1b2", stored_already=False, replaces=False),
    FoundKey(provider("deepgram"), "DEEPGRAM_API_KEY", "77aa", stored_already=False, replaces=True),
    FoundKey(provider("openai"), "OPENAI_API_KEY", "kQ7A", stored_already=True, replaces=False),
)


def test_imports_only_what_is_ticked(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        importing = rig.importing
        assert not importing.act.isEnabled()
        importing.path.setText(str(tmp_path / ".env"))
        importing.path.setFocus()

        await rig.key(Qt.Key.Key_Return)

        await until(lambda: importing.rows)
        new, replacing, same = importing.rows
        assert [each.tick.isChecked() for each in importing.rows] == [True, False, False]
        assert not same.tick.isEnabled()
        assert "replaces the stored key" in replacing.tick.accessibleName()
        assert importing.act.text() == "Store 1 key"
        replacing.tick.setChecked(True)
        new.tick.setChecked(False)
        rig.press(importing.act)
        await until(lambda: rig.toasts)
        assert rig.desk.asked[-2] == f"take {tmp_path / '.env'} DEEPGRAM_API_KEY"
        assert "google" not in rig.desk.values
        assert (rig.toasts[0].title, rig.toasts[0].hint) == ("1 key stored", "Deepgram")
        await until(lambda: "77aa" in rig.page.card_of("deepgram").text())

    run(qt_loop, full(), test)


def test_imports_from_the_environment(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND[:1]
        rig.press(rig.page.take)

        rig.importing.source.choose(1)

        await until(lambda: rig.importing.rows)
        assert "found None" in rig.desk.asked
        assert not rig.importing.path.isVisible()

    run(qt_loop, full(), test)


def test_another_path_takes_back_what_the_last_one_showed(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.act.isEnabled())

        QTest.keyClicks(rig.importing.path, "x")

        assert rig.importing.rows == []
        assert not rig.importing.act.isEnabled()

    run(qt_loop, full(), test)


def test_of_two_keys_of_one_provider_only_one_can_be_ticked(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        other = replace(FOUND[0], variable="GEMINI_API_KEY", tail="zzzz")
        rig.desk.found_keys = (FOUND[0], other)
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.rows)
        first, second = (each.tick for each in rig.importing.rows)
        assert (first.isChecked(), second.isChecked()) == (True, False)

        second.setChecked(True)

        assert (first.isChecked(), second.isChecked()) == (False, True)

    run(qt_loop, full(), test)


def test_a_file_without_keys_or_that_cannot_be_read_says_so(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.take)
        importing = rig.importing
        importing.take_file("/somewhere/.env")
        await until(lambda: "No key of a provider" in importing.says.text())

        rig.desk.error = UserError("/somewhere/.env cannot be read.", "Check its permissions.")
        importing.take_file("/somewhere/.env")

        await until(lambda: importing.error_title.isVisible())
        assert importing.path.text() == "/somewhere/.env"

    run(qt_loop, full(), test)


@pytest.mark.parametrize("fails", [False, True])
def test_an_import_that_was_left_ends_all_the_same(qt_loop: Loop, *, fails: bool) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.act.isEnabled())
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it.") if fails else None
        rig.press(rig.importing.act)
        await until(lambda: rig.desk.asked[-1].startswith("take"))

        rig.importing.reject()
        await rig.settle()
        rig.desk.gate.set()

        await until(lambda: rig.failures if fails else rig.toasts)
        assert [doing for doing, _ in rig.failures] == ["store the imported keys"] * fails

    run(qt_loop, full(), test)


def test_a_look_for_keys_that_was_left_shows_nothing(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.take)
        rig.desk.gate.clear()
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.desk.asked[-1].startswith("found"))

        rig.importing.reject()
        await rig.settle()
        rig.desk.gate.set()
        await rig.settle()

        assert rig.failures == []

    run(qt_loop, full(), test)
