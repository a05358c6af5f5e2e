"""What the panel remembers between two starts."""

import asyncio
from pathlib import Path

import pytest

from app.ui.theme import ThemeChoice
from app.ui.tokens import DOCK_OPEN_HEIGHT
from app.ui.window_memory import WindowMemory
from tests.support.panel import PanelRig, run_panel

Loop = asyncio.AbstractEventLoop


def test_a_new_one_has_the_defaults(tmp_path: Path) -> None:
    memory = WindowMemory(tmp_path / "panel.ini")

    assert memory.theme is ThemeChoice.SYSTEM
    assert (memory.dock_height, memory.dock_open, memory.dock_tab) == (DOCK_OPEN_HEIGHT, True, 0)
    assert (memory.microphone_id, memory.speaker_id) == ("", "")
    assert memory.microphone_open
    assert memory.geometry.isEmpty()


def test_what_was_set_is_there_after_a_restart(tmp_path: Path) -> None:
    memory = WindowMemory(tmp_path / "panel.ini")
    memory.theme = ThemeChoice.LIGHT
    memory.dock_height, memory.dock_open, memory.dock_tab = 333, False, 2
    memory.microphone_id, memory.speaker_id = "alsa_input.usb,0 = ü", "out"
    memory.microphone_open = False
    memory.save()

    again = WindowMemory(tmp_path / "panel.ini")

    assert again.theme is ThemeChoice.LIGHT
    assert (again.dock_height, again.dock_open, again.dock_tab) == (333, False, 2)
    assert (again.microphone_id, again.speaker_id) == ("alsa_input.usb,0 = ü", "out")
    assert not again.microphone_open


@pytest.mark.parametrize("text", ["[window]\ntheme=purple\n[dock]\nheight=tall\ntab=\n", "\0\0\0"])
def test_a_file_that_makes_no_sense_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "panel.ini").write_text(text)

    memory = WindowMemory(tmp_path / "panel.ini")

    assert memory.theme is ThemeChoice.SYSTEM
    assert (memory.dock_height, memory.dock_tab) == (DOCK_OPEN_HEIGHT, 0)


def test_a_window_comes_back_as_it_was_left(qt_loop: Loop, tmp_path: Path) -> None:
    async def leave(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.stage.splitter.open_to(300)
        rig.stage.show_dock(1)
        rig.stage.splitter.shut()

    async def come_back(rig: PanelRig) -> None:
        assert (rig.window.width(), rig.window.height()) == (1440, 900)
        await rig.enter_call()
        await rig.settle()
        assert rig.stage.dock.tabs.currentIndex() == 1
        assert not rig.stage.splitter.is_open
        rig.stage.splitter.toggle()
        await rig.settle()
        assert rig.stage.dock.height() == 300

    run_panel(qt_loop, tmp_path, leave)
    run_panel(qt_loop, tmp_path, come_back, size=None)
