"""The rail: which pages it offers, and how one goes to them."""

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.places import Place
from tests.support.panel import PanelRig, run_panel

Loop = asyncio.AbstractEventLoop


def test_each_page_of_the_rail_is_there_before_there_is_a_desk(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        places = rig.window.places
        shown: list[QWidget] = []

        for number, (name, button) in enumerate(rig.window.rail.pages.items(), 1):
            await rig.press(Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
            shown.append(rig.window.pages.currentWidget())
            assert places.current is Place[name]
            assert button.isChecked()

        assert list(rig.window.rail.pages) == ["STAGE", "ROOMS", "KEYS", "SETTINGS"]
        assert len(set(shown)) == 4

    run_panel(qt_loop, tmp_path, test)


def test_a_page_is_built_when_it_is_first_wanted_and_kept(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        built: list[QLabel] = []

        def build() -> QLabel:
            built.append(QLabel("Keys"))
            return built[-1]

        rig.window.places.add(Place.KEYS, build)  # In place of the real one.
        assert not built

        QTest.mouseClick(rig.window.rail.pages["KEYS"], Qt.MouseButton.LeftButton)
        rig.window.places.go_to(Place.STAGE)
        rig.window.places.go_to(Place.KEYS)

        assert len(built) == 1
        assert rig.window.pages.currentWidget() is built[0]
        assert rig.window.rail.pages["KEYS"].isChecked()

    run_panel(qt_loop, tmp_path, test)


def test_a_call_brings_the_stage_back(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.window.places.add(Place.KEYS, lambda: QLabel("Keys"))
        rig.window.places.go_to(Place.KEYS)

        await rig.enter_call()

        assert rig.window.places.current is Place.STAGE
        assert rig.window.pages.currentWidget() is rig.window.stage

    run_panel(qt_loop, tmp_path, test)


def test_a_call_goes_on_while_another_page_is_shown(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.window.places.add(Place.KEYS, lambda: QLabel("Keys"))
        await rig.enter_call()
        rig.window.places.go_to(Place.KEYS)

        rig.window.acts.end()
        await rig.settle()

        assert rig.window.places.current is Place.KEYS
        rig.window.places.go_to(Place.STAGE)
        assert rig.window.pages.currentWidget() is not None

    run_panel(qt_loop, tmp_path, test)
