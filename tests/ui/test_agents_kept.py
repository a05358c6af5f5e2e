"""What is not saved on the Agents page outlives the window."""

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.agent_desk import KeptDraft, content_of
from app.domain.back_office import BackOffice
from app.domain.errors import UserError
from app.ui.pages.agents_editor import (
    DISCARD,
    MASKED,
    MOVED_ON,
    RESTORED,
    RESTORED_MOVED_ON,
    REVERT,
    UNSAVED,
)
from app.ui.places import Place
from tests.support.agents_rig import AgentsRig, Loop, one_desk, run, type_text
from tests.support.desks_agents import LIBRARY, MemoryAgentDesk, full_desk
from tests.support.panel import PanelRig, run_panel, until

EDITED = LIBRARY.replace("minutes: 20", "minutes: 7")
LEFT = KeptDraft(EDITED, content_of(LIBRARY))


def desk_with(**kept: KeptDraft) -> MemoryAgentDesk:
    desk = one_desk()
    desk.kept = dict(kept)
    return desk


def test_what_is_typed_is_kept_and_what_is_saved_no_longer(qt_loop: Loop) -> None:
    desk = one_desk()

    async def test(rig: AgentsRig) -> None:
        type_text(rig, EDITED)
        await until(lambda: desk.kept == {"desk": LEFT})
        rig.page.preset.editor.editor.undo()
        await until(lambda: desk.kept == {})
        type_text(rig, EDITED)
        await rig.page.keep()
        assert desk.kept == {"desk": LEFT}
        rig.page.save()
        await until(lambda: desk.kept == {})
        assert desk.texts["desk"] == EDITED

    run(qt_loop, desk, test)


def test_a_shipped_one_that_is_saved_leaves_nothing_behind(qt_loop: Loop, tmp_path: Path) -> None:
    desk = full_desk(tmp_path)

    async def test(rig: AgentsRig) -> None:
        rig.draft.edit(("greeting",), "Good morning")
        await until(lambda: list(desk.kept) == ["local"])
        rig.page.save()
        await until(lambda: "local-2" in desk.texts)
        await until(lambda: desk.kept == {})

    run(qt_loop, desk, test)


def test_what_was_left_is_there_again_and_not_saved(qt_loop: Loop) -> None:
    desk = desk_with(desk=LEFT)

    async def test(rig: AgentsRig) -> None:
        editor = rig.page.preset.editor
        assert rig.draft.text == EDITED
        assert editor.state.text() == UNSAVED
        assert editor.note.text() == RESTORED
        assert editor.revert.text() == DISCARD
        assert "not saved" in rig.page.list.item_text(0)
        assert rig.page.preset.form.limits.minutes.field.text() == "7 min"

        rig.press(editor.revert)

        assert rig.draft.text == LIBRARY
        assert (editor.revert.text(), editor.note.isVisible()) == (REVERT, False)
        await until(lambda: desk.kept == {})
        editor.editor.undo()
        assert rig.draft.text == EDITED
        assert not editor.note.isVisible()
        await rig.page.keep()
        assert desk.kept == {"desk": LEFT}

    run(qt_loop, desk, test)


def test_one_that_was_not_opened_is_marked_and_kept_on(qt_loop: Loop, tmp_path: Path) -> None:
    desk = full_desk(tmp_path)
    desk.kept = {"library_desk": LEFT}

    async def test(rig: AgentsRig) -> None:
        assert "not saved" in rig.page.list.item_text(1)
        rig.draft.edit(("greeting",), "Good morning")
        await rig.page.keep()
        assert set(desk.kept) == {"library_desk", "local"}
        assert desk.kept["library_desk"] == LEFT
        await rig.choose("library_desk")
        assert rig.draft.text == EDITED

    run(qt_loop, desk, test)


def test_says_that_the_file_has_changed_since(qt_loop: Loop) -> None:
    desk = desk_with(desk=LEFT)
    desk.texts["desk"] = theirs = LIBRARY.replace("minutes: 20", "minutes: 9")

    async def test(rig: AgentsRig) -> None:
        editor = rig.page.preset.editor
        assert rig.draft.text == EDITED
        assert editor.note.text() == RESTORED_MOVED_ON
        rig.press(editor.revert)
        await rig.settle()
        assert rig.draft.text == theirs
        assert not rig.draft.unsaved
        assert not editor.note.isVisible()

    run(qt_loop, desk, test)


def test_what_the_file_says_by_now_needs_no_words(qt_loop: Loop) -> None:
    desk = desk_with(desk=LEFT)
    desk.texts["desk"] = EDITED

    async def test(rig: AgentsRig) -> None:
        assert not rig.draft.unsaved
        assert not rig.page.preset.editor.note.isVisible()
        desk.texts["desk"] = LIBRARY
        type_text(rig, EDITED + "\n")
        rig.page.look()
        await until(lambda: rig.page.preset.editor.note.text() == MOVED_ON)
        await until(lambda: list(desk.kept) == ["desk"])

    run(qt_loop, desk, test)


def test_says_that_a_key_was_left_out(qt_loop: Loop) -> None:
    masked = KeptDraft(EDITED, content_of(LIBRARY), masked=True)
    desk = desk_with(desk=masked)

    async def test(rig: AgentsRig) -> None:
        assert rig.page.preset.editor.note.text() == f"{RESTORED} {MASKED}"
        await rig.page.keep()
        assert desk.kept == {"desk": masked}

    run(qt_loop, desk, test)


def test_one_whose_preset_is_gone_gets_a_file(qt_loop: Loop) -> None:
    desk = desk_with(gone=LEFT)

    async def test(rig: AgentsRig) -> None:
        await until(lambda: len(rig.toasts) == 1)
        assert rig.toasts[0].title == "The preset gone is not there any more"
        assert "removed/gone.yaml" in rig.toasts[0].hint
        assert desk.kept == {}
        await rig.page.keep()

    run(qt_loop, desk, test)


def test_removing_a_preset_forgets_what_was_not_saved_of_it(qt_loop: Loop, tmp_path: Path) -> None:
    desk = full_desk(tmp_path)
    desk.kept = {"library_desk": LEFT}

    async def test(rig: AgentsRig) -> None:
        await rig.choose("library_desk")
        rig.page.acts.remove(desk.views["library_desk"])
        rig.dialog.accepted.emit()
        await until(lambda: desk.kept == {})
        assert rig.toasts == []

    run(qt_loop, desk, test)


def test_a_folder_that_cannot_be_read_is_said_once(qt_loop: Loop) -> None:
    class Unreadable(MemoryAgentDesk):
        async def kept_drafts(self) -> dict[str, KeptDraft]:
            raise UserError("The drafts cannot be read.", "Make the folder readable.")

    plain = one_desk()
    desk = Unreadable(tuple(plain.views.values()), plain.texts)

    async def test(rig: AgentsRig) -> None:
        rig.page.look()
        await rig.settle()
        assert [toast.title for toast in rig.toasts] == ["The drafts cannot be read."]
        assert rig.draft.text == LIBRARY

    run(qt_loop, desk, test)


def test_closing_the_window_keeps_what_was_typed_last(qt_loop: Loop, tmp_path: Path) -> None:
    desk = one_desk()

    async def test(rig: PanelRig) -> None:
        rig.window.give_office(BackOffice(None, None, None, desk))  # pyright: ignore[reportArgumentType]
        rig.window.places.go_to(Place.AGENTS)
        page = rig.window.back_pages.agents
        assert page is not None
        await until(lambda: page.draft is not None)
        greeting = page.preset.form.greeting
        QTest.keyClicks(greeting, "?!")
        rig.window.close()
        assert rig.closings == 1
        assert desk.kept == {}
        await rig.window.hang_up()
        assert list(desk.kept) == ["desk"]
        assert "help??!" in desk.kept["desk"].text

    run_panel(qt_loop, tmp_path, test)


def test_a_full_disk_does_not_hold_up_the_end(qt_loop: Loop, tmp_path: Path) -> None:
    class Full(MemoryAgentDesk):
        async def keep_draft(self, agent_id: str, draft: KeptDraft | None) -> None:
            raise UserError("What is not saved cannot be kept: the disk is full.")

    plain = one_desk()
    desk = Full(tuple(plain.views.values()), plain.texts)

    async def test(rig: PanelRig) -> None:
        rig.window.give_office(BackOffice(None, None, None, desk))  # pyright: ignore[reportArgumentType]
        rig.window.places.go_to(Place.AGENTS)
        page = rig.window.back_pages.agents
        assert page is not None
        await until(lambda: page.draft is not None)
        QTest.keyClick(page.preset.form.greeting, Qt.Key.Key_A)
        await asyncio.wait_for(rig.window.hang_up(), 5.0)

    run_panel(qt_loop, tmp_path, test)
