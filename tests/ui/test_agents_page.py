"""The Agents page: the list, the form and the text beside each other, saving, testing and bot files."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.domain.errors import UserError
from app.domain.services import ServiceKind
from app.ui.pages.agents_dialogs import NewPresetDialog
from app.ui.pages.agents_editor import UNSAVED
from app.ui.pages.agents_preset import CASCADE, REALTIME
from app.ui.pages.agents_words import NOTHING_MEASURED, SAVE_TO_SEE
from tests.support.agents_rig import AgentsRig, Loop, one_desk, run
from tests.support.desks_agents import (
    HASH,
    LIBRARY,
    MemoryAgentDesk,
    full_desk,
)
from tests.support.panel import until

CTRL = Qt.KeyboardModifier.ControlModifier


def words_of(rig: AgentsRig) -> str:
    labels = rig.page.preset.sentence.findChildren(QLabel)
    return " ".join(each.text() for each in labels if each.isVisible())


# The list


def test_the_list_is_gone_over_with_the_keyboard(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.page.list.setFocus(Qt.FocusReason.TabFocusReason)
        await rig.key(Qt.Key.Key_Down)
        await rig.key(Qt.Key.Key_Return)

        await until(lambda: rig.page.draft is not None and rig.page.preset.draft is rig.draft)
        assert rig.page.list.agent_id == "library_desk"
        assert rig.page.preset.title.text() == "Library desk"
        assert rig.page.list.item_text(1).endswith("ready, chosen")
        assert "key rejected, broken" in rig.page.list.item_text(2)

    run(qt_loop, full_desk(tmp_path), test)


def test_what_fails_while_looking_stands_in_the_list(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.desk.look_error = UserError("The disk is full.", "Make room.")
        rig.page.look()
        await until(rig.page.again.isVisible)
        assert "The disk is full." in rig.page.note.text()

        rig.desk.look_error = None
        rig.press(rig.page.again)

        await until(lambda: not rig.page.again.isVisible())
        assert rig.page.list.item_count() == 1

    run(qt_loop, one_desk(), test)


def test_without_agents_it_says_what_there_could_be(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        assert rig.page.blank.title.text() == "No agents yet"
        rig.press(rig.page.blank.act)
        assert rig.asking.isVisible()

    run(qt_loop, MemoryAgentDesk(), test)


# The services


def test_the_cards_say_what_was_measured(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("library_desk")
        cards = rig.page.preset.pipe.cards
        assert cards[ServiceKind.LLM].accessibleName() == (
            "Thinks: OpenAI, gpt-4.1-mini, 0.46 s as a median, falls back to SmolLM2 135M"
        )
        assert words_of(rig) == (
            "Expected answer 0.78 s from 41 turns of yours; about $0.031 a minute, an estimate from 3 calls."
        )

        await rig.choose("local")
        assert words_of(rig) == NOTHING_MEASURED

    run(qt_loop, full_desk(tmp_path), test)


def test_other_services_than_those_saved_have_no_measurements(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("library_desk")
        rig.draft.edit(("services", "llm", "model"), "gpt-4.1")
        await rig.settle()
        assert words_of(rig) == SAVE_TO_SEE
        assert "not measured" in rig.page.preset.pipe.cards[ServiceKind.LLM].accessibleName()

    run(qt_loop, full_desk(tmp_path), test)


def test_it_turns_to_speech_to_speech_and_back_without_a_loss(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        before = rig.draft.preset
        way = rig.page.preset.way
        way.choose(REALTIME)
        assert "realtime:" in rig.draft.text
        assert "stt:" not in rig.draft.text

        way.choose(CASCADE)

        assert rig.draft.preset == before

    run(qt_loop, one_desk(), test)


# Saving


def test_saves_and_says_whether_it_has(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        pane = rig.page.preset.editor
        assert not pane.save.isEnabled()
        rig.draft.edit(("name",), "Front desk")
        assert pane.state.text() == UNSAVED
        assert rig.page.list.item_text(0).endswith("not saved, chosen")
        assert rig.page.preset.test.text() == "Save and test"

        await rig.key(Qt.Key.Key_S, CTRL)

        await until(lambda: not rig.draft.unsaved)
        assert rig.desk.texts["desk"] == rig.draft.text
        assert pane.state.text() == "saved"
        assert rig.page.list.item_text(0).startswith("Front desk")

    run(qt_loop, one_desk(), test)


def test_a_failed_save_is_told_and_loses_nothing(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.draft.edit(("name",), "Front desk")
        rig.desk.error = UserError("The disk is full.", "Make room.")
        rig.press(rig.page.preset.editor.save)

        await until(lambda: rig.failures)

        assert rig.draft.unsaved
        assert rig.page.preset.editor.save.isEnabled()
        assert "Front desk" in rig.draft.text

    run(qt_loop, one_desk(), test)


def test_reverts_and_the_edits_can_be_brought_back(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.draft.edit(("name",), "Front desk")
        rig.press(rig.page.preset.editor.revert)
        assert rig.draft.text == LIBRARY
        rig.page.preset.editor.editor.undo()
        assert "Front desk" in rig.draft.text

    run(qt_loop, one_desk(), test)


def test_saving_a_shipped_preset_makes_a_copy(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("local")
        assert "makes a copy" in rig.page.preset.editor.note.text()
        shipped = rig.desk.texts["local"]
        rig.draft.edit(("name",), "My desk")

        rig.page.save()

        await until(lambda: rig.page.list.agent_id == "local-2")
        await rig.settle()
        assert rig.desk.texts["local"] == shipped
        assert rig.page.preset.title.text() == "My desk"
        assert not rig.page.preset.editor.note.isVisible()
        assert rig.toasts[-1].title == "Saved as a copy of Local agent"
        await rig.choose("local")
        assert rig.draft.text == shipped

    run(qt_loop, full_desk(tmp_path), test)


def test_leaving_keeps_what_is_not_saved(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("library_desk")
        rig.draft.edit(("greeting",), "Hello there")
        await rig.choose("realtime")
        assert rig.page.preset.form.greeting.text().startswith("Hello, this is Luigi")
        await rig.choose("library_desk")

        assert rig.page.preset.form.greeting.text() == "Hello there"
        rig.page.preset.editor.editor.undo()
        assert not rig.draft.unsaved

    run(qt_loop, full_desk(tmp_path), test)


def test_a_file_that_changes_on_the_disk_is_followed_or_said(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        rig.desk.texts["desk"] = LIBRARY.replace("City library", "Town library")
        rig.page.look()
        await until(lambda: form.greeting.text().startswith("Town library"))

        rig.draft.edit(("greeting",), "Mine")
        rig.desk.texts["desk"] = LIBRARY.replace("City library", "Village library")
        rig.page.look()

        await until(lambda: "overwrites" in rig.page.preset.editor.note.text())
        assert form.greeting.text() == "Mine"
        rig.press(rig.page.preset.editor.revert)
        await until(lambda: form.greeting.text().startswith("Village library"))
        assert not rig.draft.unsaved

    run(qt_loop, one_desk(), test)


# What will fail, and testing


def test_a_trouble_leads_to_its_cure(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("realtime")
        (row,) = rig.page.preset.troubles.rows
        assert row.act is not None
        assert row.act.text() == "Add the OpenAI key"
        rig.press(row.act)
        assert rig.keys_wanted == ["openai"]

    run(qt_loop, full_desk(tmp_path), test)


def test_a_test_says_first_what_will_fail(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("realtime")
        await rig.key(Qt.Key.Key_Return, CTRL)
        await until(lambda: rig.page.acts.dialog is not None)
        assert rig.dialog.title == "This will fail"
        assert "test realtime" not in rig.desk.asked
        assert rig.staged == 0

        rig.press(rig.dialog.act)

        await until(lambda: rig.staged == 1)
        assert rig.desk.asked.count("test realtime") == 1

    run(qt_loop, full_desk(tmp_path), test)


def test_what_is_not_saved_is_saved_before_the_test(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.draft.edit(("greeting",), "Hello there")
        rig.press(rig.page.preset.test)

        await until(lambda: rig.staged == 1)

        saved, tested = rig.desk.asked.index("save desk"), rig.desk.asked.index("test desk")
        assert saved < tested
        assert "Hello there" in rig.desk.texts["desk"]

    run(qt_loop, one_desk(), test)


def test_a_running_call_can_be_changed_before_it_is_saved(
    qt_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.pages.agents_live.LOOK_MS", 20)

    async def test(rig: AgentsRig) -> None:
        live = rig.page.live
        assert not live.isVisible()
        rig.desk.live["desk"] = 1
        rig.desk.changes = ("instructions",)
        await until(live.isVisible)
        assert not live.apply.isEnabled()
        rig.draft.edit(("instructions",), "Be brief.")
        assert live.apply.isEnabled()
        rig.press(live.apply)

        await until(lambda: "Changed in it: instructions." in live.says.text())
        assert rig.desk.applied == [rig.draft.text]
        assert rig.draft.unsaved
        await until(lambda: not live.apply.isEnabled())
        rig.desk.changes = ()
        rig.draft.edit(("limits", "minutes"), 5)
        await until(live.apply.isEnabled)
        rig.press(live.apply)
        await until(lambda: "holds from the next one on" in live.says.text())
        rig.desk.live.clear()
        await until(lambda: not live.isVisible())

    run(qt_loop, one_desk(), test)


def test_a_change_that_a_call_refuses_is_said(qt_loop: Loop) -> None:
    desk = one_desk()
    desk.live["desk"] = 2

    async def test(rig: AgentsRig) -> None:
        rig.draft.edit(("instructions",), "Be brief.")
        rig.desk.error = UserError("The service refuses that.", "Choose another model.")
        rig.press(rig.page.live.apply)
        await until(lambda: rig.failures)
        assert "It is in 2 calls now." in rig.page.live.says.text()
        rig.desk.error = None

    run(qt_loop, desk, test)


# Making and removing


def test_makes_a_preset_from_another(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.key(Qt.Key.Key_N, CTRL)
        dialog = rig.dialog
        assert isinstance(dialog, NewPresetDialog)
        rig.press(dialog.act)
        assert dialog.name_field.error == "It needs a name."
        QTest.keyClicks(dialog.name, "Night desk")
        dialog.like.choose("library_desk")
        rig.press(dialog.act)

        await until(lambda: rig.page.list.agent_id == "night-desk")
        await until(lambda: rig.page.preset.title.text() == "Night desk")

    run(qt_loop, full_desk(tmp_path), test)


def test_removes_a_preset_of_ones_own_and_no_other(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.page.list.remove_pressed.emit("local")
        assert rig.page.acts.dialog is None
        await rig.choose("gemini")
        rig.page.list.remove_pressed.emit("gemini")
        rig.press(rig.dialog.act)

        await until(lambda: rig.page.list.item_count() == 5)
        assert "gemini" not in rig.page.drafts
        assert rig.page.list.agent_id == "local"
        await rig.settle()

    run(qt_loop, full_desk(tmp_path), test)


# Bot files


def test_shows_what_a_bot_file_is(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("bot-clinic")
        bot = rig.page.bot
        assert rig.page.stack.currentWidget() is bot
        assert bot.facts.env.toolTip().endswith("clinic/.env</qt>")
        assert bot.facts.content.text() == HASH
        assert len(bot.troubles.rows) == 2
        assert bot.troubles.rows[0].trouble.blocking
        assert not bot.consent.isVisible()

    run(qt_loop, full_desk(tmp_path), test)


def test_a_bot_is_told_where_to_run_and_when_to_greet(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.choose("bot-clinic")
        bot = rig.page.bot
        bot.way.choose(2)
        await until(lambda: "set bot-clinic isolated 1.0" in rig.desk.asked)
        await rig.settle()
        bot.after.field.setText("2.5")
        bot.after.field.editingFinished.emit()
        await until(lambda: "set bot-clinic isolated 2.5" in rig.desk.asked)
        await rig.settle()
        QTest.mouseClick(bot.greets.switch, Qt.MouseButton.LeftButton)
        await until(lambda: "set bot-clinic isolated None" in rig.desk.asked)
        await until(lambda: not bot.after.isVisible())

    run(qt_loop, full_desk(tmp_path), test)


def test_adds_a_bot_file_after_somebody_has_agreed(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await rig.key(Qt.Key.Key_O, CTRL)
        asking = rig.asking
        assert not asking.act.isEnabled()
        asking.take(str(tmp_path / "nothing.py"))
        await until(lambda: asking.error_title.text() == "There is no bot file.")
        assert not asking.act.isEnabled()

        asking.take(str(tmp_path / "clinic" / "bot.py"))
        await until(lambda: asking.look is not None)
        assert "with your rights" in asking.warning.text()
        assert asking.facts.content.text() == HASH
        assert asking.name.text() == "clinic"
        assert not [ask for ask in rig.desk.asked if ask.startswith("add")]
        rig.press(asking.act)

        await until(lambda: rig.page.list.agent_id == "bot-clinic")
        await until(lambda: rig.page.bot.title.text() == "clinic")

    run(qt_loop, full_desk(tmp_path), test)


def test_a_bot_file_that_has_changed_asks_again(qt_loop: Loop, tmp_path: Path) -> None:
    desk = full_desk(tmp_path)
    path = next(iter(desk.looks))
    desk.looks[path] = type(desk.looks[path])(path, "ab" * 32, None, None, ())

    async def test(rig: AgentsRig) -> None:
        await rig.choose("bot-clinic")
        bot = rig.page.bot
        assert bot.consent.isVisible()
        assert bot.says.text().startswith("This file has changed")
        rig.press(bot.test)
        assert "test bot-clinic" not in rig.desk.asked
        await until(lambda: rig.asking.look is not None)
        rig.press(rig.asking.act)

        await until(lambda: "consent bot-clinic abababab" in rig.desk.asked)
        await until(lambda: not bot.consent.isVisible())

    run(qt_loop, desk, test)
