"""The Agents page as a whole: in every state, by keyboard, with foreign text and with many agents."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from app.domain.agent_desk import KeptDraft, PresetProblem, PresetReading, content_of
from app.domain.bot_files import BotLook, Trouble
from app.domain.errors import UserError
from app.domain.live_changes import LiveSetting
from app.domain.services import ServiceKind
from app.ui.pages.agents_offers import LACKS_EXTRA
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from tests.support.agents_rig import SIZES, AgentsRig, Loop, run
from tests.support.desks_agents import (
    BROKEN,
    EXTRA_TROUBLE,
    HASH,
    KEY_TROUBLE,
    LIBRARY,
    MemoryAgentDesk,
    bot_view,
    full_desk,
    many_desk,
    preset_view,
)
from tests.support.hostile import HOSTILE
from tests.support.panel import until
from tests.ui.pictures import picture
from tests.ui.test_page_states import cut_off, nameless, painted_share

State = Callable[[AgentsRig], Awaitable[None]]


def scrolled_out(line: str) -> bool:
    """Whether only the window's edge cuts something off: what is there can be scrolled to."""
    return "reaches to" in line


async def as_it_is(rig: AgentsRig) -> None: ...


async def preset(rig: AgentsRig) -> None:
    await rig.choose("library_desk")


async def opened(rig: AgentsRig) -> None:
    """Everything that can be shut is open, and the end is in sight."""
    await preset(rig)
    form = rig.page.preset.form
    for fold in form.folds:
        fold.head.setChecked(True)
    await rig.settle()
    rig.page.preset.scroll_to_end()


async def speech(rig: AgentsRig) -> None:
    await rig.choose("realtime")


async def bot(rig: AgentsRig) -> None:
    await rig.choose("bot-clinic")


async def changed_bot(rig: AgentsRig) -> None:
    path = next(iter(rig.desk.looks))
    rig.desk.looks[path] = BotLook(path, "ab" * 32, None, None, ())
    await bot(rig)


async def broken(rig: AgentsRig) -> None:
    await rig.choose("front_desk")


async def wrong_text(rig: AgentsRig) -> None:
    await preset(rig)
    rig.draft.put(rig.draft.text.replace("stop_secs: 0.2", "stop_secs: very short"))
    rig.draft.from_form = False
    rig.draft.read_now()


async def unsaved(rig: AgentsRig) -> None:
    await rig.choose("local")
    rig.draft.edit(("name",), "Mine")


async def left_unsaved(rig: AgentsRig) -> None:
    """It was edited when Greenroom was closed, and its file has changed since."""
    await rig.choose("front_desk")
    assert rig.page.preset.editor.note.isVisible()


async def all_troubles(rig: AgentsRig) -> None:
    rig.desk.found["library_desk"] = (KEY_TROUBLE, EXTRA_TROUBLE)
    await preset(rig)


async def in_calls(rig: AgentsRig) -> None:
    rig.desk.live["library_desk"] = 2
    await preset(rig)
    rig.draft.edit(("instructions",), "Be brief.")


async def bot_in_a_call(rig: AgentsRig) -> None:
    rig.desk.live["bot-clinic"] = 1
    rig.desk.refused[LiveSetting.VOICE] = UserError(
        "This bot has no voice that Pipecat can change.",
        "Change it in the bot's own code, for the next call.",
    )
    await bot(rig)
    live = rig.page.bot.live
    live.model.setText("gpt-4.1-nano")
    live.voice.setText("amy")
    rig.press(live.apply)
    await until(lambda: live.fields[LiveSetting.VOICE].error)


async def choosing(rig: AgentsRig) -> None:
    await preset(rig)
    rig.page.preset.pipe.cards[ServiceKind.LLM].click()


async def lacking_extra(rig: AgentsRig) -> None:
    await preset(rig)
    rig.page.preset.pipe.cards[ServiceKind.TTS].click()
    await rig.settle()
    found = next(each for each in rig.sheet.list.offers if each.group == LACKS_EXTRA)
    rig.sheet.list.chosen.emit(found)
    rig.desk.install_gate.clear()
    rig.press(rig.sheet.extra.add)


async def adding_bot(rig: AgentsRig) -> None:
    rig.press(rig.page.run_bot)
    rig.asking.take(str(next(iter(rig.desk.looks))))
    await until(lambda: rig.asking.look is not None)


async def new_preset(rig: AgentsRig) -> None:
    rig.press(rig.page.new)
    rig.dialog.show_error("The disk is full.", "Make room, then try again.")


async def will_fail(rig: AgentsRig) -> None:
    await rig.choose("realtime")
    rig.page.test()
    await until(lambda: rig.page.acts.dialog is not None)


async def removing(rig: AgentsRig) -> None:
    await preset(rig)
    rig.page.list.remove_pressed.emit("library_desk")


async def lost(rig: AgentsRig) -> None:
    rig.desk.look_error = UserError("The folder cannot be read.", "Look at its rights. " * 8)
    rig.page.look()
    await until(rig.page.again.isVisible)


def desk_left_unsaved(folder: Path) -> MemoryAgentDesk:
    desk = full_desk(folder)
    text = LIBRARY.replace("minutes: 20", "minutes: 7")
    desk.kept = {
        "front_desk": KeptDraft(text, content_of("another"), masked=True),
        "realtime": KeptDraft(text, content_of("another")),
    }
    return desk


Desks = Callable[[Path], MemoryAgentDesk]
STATES: dict[str, tuple[Desks, State]] = {
    "empty": (lambda _: MemoryAgentDesk(), as_it_is),
    "shipped": (full_desk, as_it_is),
    "many": (many_desk, as_it_is),
    "left_unsaved": (desk_left_unsaved, left_unsaved),
    **{
        state.__name__: (full_desk, state)
        for state in (
            preset,
            opened,
            speech,
            bot,
            changed_bot,
            broken,
            wrong_text,
            unsaved,
            all_troubles,
            in_calls,
            bot_in_a_call,
            choosing,
            lacking_extra,
            adding_bot,
            new_preset,
            will_fail,
            removing,
            lost,
        )
    },
}


def wider_than_their_place(window: QWidget) -> list[str]:
    """Forms that one would have to move sideways."""
    areas = (area for area in window.findChildren(QScrollArea) if area.isVisible())
    return [
        area.accessibleName()
        for area in areas
        if (form := area.widget()) is not None and form.width() > area.viewport().width()
    ]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", STATES)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    desk, state = STATES[name]

    async def test(rig: AgentsRig) -> None:
        await state(rig)
        await rig.settle()
        dark = picture(rig.window)
        save_png(render(rig.window, 1), tmp_path / f"{name}-dark.png")
        theme.apply(ThemeChoice.LIGHT)
        QApplication.processEvents()
        light = picture(rig.window)
        save_png(render(rig.window, 1), tmp_path / f"{name}-light.png")

        assert list(nameless(rig.window)) == []
        assert [line for line in cut_off(rig.window) if not scrolled_out(line)] == []
        assert wider_than_their_place(rig.window) == []
        assert painted_share(dark, light) > 0.9
        rig.desk.install_gate.set()

    run(qt_loop, desk(tmp_path), test, size)


def test_says_that_it_reads_until_the_desk_answers(qt_loop: Loop, tmp_path: Path) -> None:
    async def without_answer() -> None:
        desk = full_desk(tmp_path)
        desk.gate.clear()
        rig = AgentsRig(desk, SIZES[0])
        try:
            rig.window.show()
            assert rig.page.blank.title.text() == "Reading the agents…"
            assert not rig.page.run_bot.isEnabled()
            rig.page.give_desk(desk)
            await until(lambda: desk.asked == ["look"])
            assert rig.page.blank.running.isVisible()
            desk.gate.set()
            await until(lambda: rig.page.preset.isVisible())
            assert rig.page.new.isEnabled()
        finally:
            await rig.close()

    qt_loop.run_until_complete(without_answer())


def test_tab_goes_over_the_page_as_one_reads_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await preset(rig)
        page = rig.page
        page.run_bot.setFocus()
        visited: list[QWidget | None] = []
        for _ in range(40):
            visited.append(rig.window.focusWidget())
            await rig.key(Qt.Key.Key_Tab)
            if rig.window.focusWidget() is page.run_bot:
                break
        view = page.preset
        wanted = [
            page.run_bot,
            page.new,
            page.list,
            view.test,
            view.menu,
            *(
                view.pipe.cards[kind]
                for kind in (ServiceKind.STT, ServiceKind.LLM, ServiceKind.TTS)
            ),
            view.form.instructions,
            view.form.greeting,
            view.form.turns.silence.slider,
            view.form.turns.silence.field,
        ]
        places = [visited.index(each) for each in wanted]
        assert places == sorted(places)

    run(qt_loop, full_desk(tmp_path), test)


def test_every_control_has_a_tooltip(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await preset(rig)
        buttons = [rig.page.run_bot, rig.page.new, rig.page.preset.test, rig.page.preset.menu]
        buttons += [rig.page.preset.editor.save, rig.page.preset.editor.revert]
        buttons += list(rig.page.preset.pipe.cards.values())
        assert all(each.toolTip() for each in buttons if each.isVisible())

    run(qt_loop, full_desk(tmp_path), test)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_does_no_harm(qt_loop: Loop, tmp_path: Path, text: str) -> None:
    path, evil = tmp_path / "bot.py", text
    trouble = Trouble(text, text, provider_id=text or "x")
    listed = bot_view(path)
    assert listed.bot is not None
    views = (
        replace(preset_view("desk", text, text), id="desk"),
        replace(listed, name=text, line=text, bot=replace(listed.bot, name=text)),
    )

    class Evil(MemoryAgentDesk):
        def read(self, agent_id: str, text: str) -> PresetReading:
            return PresetReading(text, None, PresetProblem(1, evil, evil))

    desk = Evil(views, {"desk": f"{text}\n{LIBRARY}"})
    desk.found = {"desk": (trouble,), "bot-clinic": (trouble,)}
    desk.looks[path] = BotLook(path, HASH, None, None, (trouble,))

    async def test(rig: AgentsRig) -> None:
        await rig.choose("desk")
        harmless(rig)
        await rig.choose("bot-clinic")
        harmless(rig)
        rig.page.test()
        await until(lambda: rig.page.acts.dialog is not None)
        await rig.settle()
        harmless(rig)

    run(qt_loop, desk, test)


def harmless(rig: AgentsRig) -> None:
    assert [line for line in cut_off(rig.window) if not scrolled_out(line)] == []
    labels = rig.window.findChildren(QLabel)
    assert all(each.textFormat() is Qt.TextFormat.PlainText for each in labels)
    tips = [each.toolTip() for each in rig.window.findChildren(QWidget)]
    assert not [tip for tip in tips if "<b>" in tip or "<img" in tip or "<a " in tip]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_preset_is_shown_as_it_is(qt_loop: Loop, tmp_path: Path, text: str) -> None:
    import json

    # What a text in quotes can hold of it; the rest is refused by the reader, with its line.
    said = json.dumps(text or "x")
    yaml = LIBRARY.replace("City library, how can I help?", said)
    yaml = yaml.replace("name: Library desk", f"name: {said}")
    yaml = yaml.replace("The library opens at nine in the morning.", said)
    desk = MemoryAgentDesk([preset_view("desk", "x", "y")], {"desk": yaml})

    async def test(rig: AgentsRig) -> None:
        await rig.choose("desk")
        harmless(rig)
        assert rig.draft.text == yaml

    run(qt_loop, desk, test)


def test_a_broken_preset_can_be_mended_here(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        await broken(rig)
        view = rig.page.preset
        assert not view.form.isVisible()
        assert view.editor.reason.text().startswith("Line ")
        rig.draft.put(BROKEN.replace("very short", "0.4"))
        assert view.form.isVisible()
        rig.page.save()
        await until(lambda: "ready" in rig.page.list.item_text(4))

    run(qt_loop, full_desk(tmp_path), test)


def test_a_slow_desk_never_shows_the_wrong_agent(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.desk.gate.clear()
        rig.page.list.choose("library_desk")
        await asyncio.sleep(0.02)
        assert rig.page.blank.running.isVisible()
        rig.page.list.choose("realtime")
        rig.desk.gate.set()
        await until(lambda: rig.page.preset.isVisible())
        await rig.settle()
        assert rig.page.preset.title.text() == "Realtime"
        assert len(rig.page.preset.troubles.rows) == 1

    run(qt_loop, full_desk(tmp_path), test)
