"""The Agents page: the form and the text beside each other, each following the other."""

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from app.domain.presets import MuteRule
from app.ui.controls import Switch
from app.ui.pages.agents_numbers import SliderRow
from app.ui.pages.agents_preset import LOCKED
from app.ui.theme import theme
from app.ui.tokens import Token
from tests.support.agents_rig import AgentsRig, Loop, one_desk, run, type_text
from tests.support.desks_agents import (
    LIBRARY,
)
from tests.support.panel import until
from tests.ui.pictures import picture, shows

CTRL = Qt.KeyboardModifier.ControlModifier


def test_an_edit_of_the_form_changes_the_text_and_nothing_else(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        form.greeting.selectAll()
        QTest.keyClicks(form.greeting, "Good morning")
        form.turns.silence.slider.setValue(45)
        QTest.mouseClick(form.turns.mute[MuteRule.FIRST_SPEECH], Qt.MouseButton.LeftButton)

        text = rig.draft.text
        assert "greeting: Good morning\n" in text
        assert "stop_secs: 0.5\n" in text
        assert "first_speech" in text
        assert "# comments and order survive the form" in text
        assert "voice: katie  # the one that callers liked best" in text
        kept = [line for line in LIBRARY.splitlines() if "greeting" not in line]
        kept = [line for line in kept if "stop_secs" not in line]
        assert all(line in text.splitlines() for line in kept)

    run(qt_loop, one_desk(), test)


def test_an_edit_of_the_text_changes_the_form(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        editor = rig.page.preset.editor.editor
        cursor = editor.document().find("interrupt_after_words: 2")
        cursor.insertText("interrupt_after_words: 5")

        await until(lambda: form.turns.words.field.text() == "5 words")
        assert form.turns.words.slider.value() == 5
        type_text(rig, LIBRARY.replace("minutes: 20", "minutes: 7"))
        assert form.limits.minutes.field.text() == "7 min"

    run(qt_loop, one_desk(), test)


def test_a_wrong_text_is_marked_and_loses_nothing(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        view = rig.page.preset
        wrong = LIBRARY.replace("stop_secs: 0.2", "stop_secs: soon") + "# and a last word"
        type_text(rig, wrong)

        line = wrong.splitlines().index("    stop_secs: soon") + 1
        assert view.editor.reason.text().startswith(f"Line {line}: ")
        assert "number" in view.editor.reason.text()
        assert view.locked.text() == LOCKED
        assert not view.form.isEnabled()
        assert view.form.turns.silence.field.text() == "0.20 s"
        assert not view.test.isEnabled()
        assert rig.draft.text == wrong
        assert shows(picture(view.editor), theme.color(Token.BAD_DIM), least=200)
        rig.press(view.editor.go)
        assert view.editor.editor.textCursor().blockNumber() == line - 1

        type_text(rig, wrong.replace("soon", "0.3"))

        assert view.form.isEnabled()
        assert view.form.turns.silence.field.text() == "0.30 s"
        assert not view.editor.reason.isVisible()

    run(qt_loop, one_desk(), test)


def test_a_form_that_makes_the_text_wrong_can_go_on(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        form.instructions.setPlainText("")
        assert rig.draft.reading.problem is not None
        assert form.isEnabled()
        assert form.instructions.isVisible()
        assert rig.page.preset.locked.text().startswith("This cannot be saved")

        form.instructions.setPlainText("Be kind.")

        assert rig.draft.preset is not None
        assert rig.draft.preset.instructions == "Be kind."
        assert not rig.page.preset.locked.isVisible()

    run(qt_loop, one_desk(), test)


def test_undo_in_the_text_takes_back_edits_of_the_form(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        QTest.keyClicks(form.greeting, "?!")
        form.turns.words.slider.setValue(7)
        editor = rig.page.preset.editor.editor
        editor.setFocus()

        editor.undo()
        rig.draft.read_now()
        assert form.turns.words.field.text() == "2 words"
        assert form.greeting.text().endswith("?!")
        editor.undo()
        rig.draft.read_now()

        assert rig.draft.text == LIBRARY
        assert form.greeting.text() == "City library, how can I help?"
        assert not rig.draft.unsaved

    run(qt_loop, one_desk(), test)


@pytest.mark.parametrize("strange", ["a\u00a0hard space", "𐍈 and 😀", "é e\u0301"])
def test_strange_characters_survive_the_editor(qt_loop: Loop, strange: str) -> None:
    text = LIBRARY.replace("City library", strange)

    async def test(rig: AgentsRig) -> None:
        assert rig.draft.text == text
        rig.draft.edit(("turn_taking", "vad", "stop_secs"), 0.4)
        assert rig.draft.text == text.replace("stop_secs: 0.2", "stop_secs: 0.4")

    run(qt_loop, one_desk(text), test)


def test_lists_grow_and_shrink(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        form.facts.add_pressed.emit()
        assert rig.draft.preset is not None
        assert rig.draft.preset.facts[-1] == "New fact"
        field = form.facts.fields[-1][0]
        field.setText("")
        QTest.keyClicks(field, "Parking is free")
        assert rig.draft.preset.facts[-1] == "Parking is free"
        form.facts.row_removed.emit(0)
        assert [row[0] for row in form.facts.rows] == [
            "It closes at seven in the evening.",
            "Parking is free",
        ]
        form.examples.row_removed.emit(0)
        assert rig.draft.preset.examples == ()
        form.take_flow("flows/booking.yaml")
        form.take_tool("tools/more.py")
        assert rig.draft.preset.flow == "flows/booking.yaml"
        assert rig.draft.preset.tools == ("tools/catalogue.py", "tools/more.py")

    run(qt_loop, one_desk(), test)


def test_form_and_text_stay_equal_over_random_edits(qt_loop: Loop) -> None:
    rng = random.Random(5)

    async def test(rig: AgentsRig) -> None:
        form = rig.page.preset.form
        sliders = [each.slider for each in form.findChildren(SliderRow)]
        switches = form.findChildren(Switch)
        texts = [form.greeting, form.limits.line, form.description, form.instructions]

        def slide() -> None:
            slider = rng.choice(sliders)
            slider.setValue(rng.randint(slider.minimum(), slider.maximum()))

        def switch() -> None:
            rng.choice(switches).click()

        def write() -> None:
            words = " ".join(rng.choices(["yes", "- no", "a: b", "#4", "“é”", "'x'", "7"], k=3))
            field = rng.choice(texts)
            if isinstance(field, QPlainTextEdit):
                field.setPlainText(words)
            else:
                field.setText(words)
                field.textEdited.emit(words)

        def undo() -> None:
            rig.page.preset.editor.editor.undo()
            rig.draft.read_now()

        for _ in range(200):
            rng.choice((slide, slide, switch, write, undo))()
            preset = rig.draft.reading.preset
            assert preset is not None, rig.draft.reading.problem
            assert form.greeting.text() == preset.greeting
            assert form.instructions.toPlainText() == preset.instructions.strip()
            turns = preset.turn_taking
            assert form.turns.silence.field.text() == f"{turns.vad.stop_secs:.2f} s"
            assert form.turns.smart.switch.isChecked() is (turns.smart_turn is not None)
            assert form.turns.cut_in.switch.isChecked() is turns.interruptions
            assert form.limits.idle.switch.isChecked() is (preset.idle is not None)
            assert rig.draft.text.startswith("# comments and order survive the form\n")
            assert "# the one that callers liked best" in rig.draft.text

    run(qt_loop, one_desk(), test)
