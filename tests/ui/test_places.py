"""The rail: which pages it offers, and how one goes to them."""

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.domain.back_office import BackOffice
from app.domain.rooms import Trouble
from app.domain.servers import THIS_COMPUTER
from app.ui.pages.key_dialog import KeyDialog
from app.ui.pages.rooms import RoomsPage
from app.ui.places import Place
from app.ui.tasks import TaskScope
from tests.support.desks import MemoryKeyDesk
from tests.support.desks_agents import full_desk
from tests.support.desks_rooms import (
    PRODUCTION,
    MemoryRooms,
    MemoryServers,
    MovedClock,
    eight_rooms,
)
from tests.support.panel import PanelRig, run_panel, until

Loop = asyncio.AbstractEventLoop


def test_each_page_of_the_rail_is_there_before_there_is_a_desk(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        places = rig.window.places
        shown: list[QWidget | None] = []

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


def test_agents_are_offered_once_there_is_a_desk_for_them(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        desk = full_desk(tmp_path)
        office = BackOffice(MemoryKeyDesk(), MemoryServers(), MemoryRooms(MovedClock()))
        rig.window.give_office(office)
        assert "AGENTS" not in rig.window.rail.pages

        rig.window.give_office(replace(office, agents=desk))

        order = ["STAGE", "ROOMS", "AGENTS", "KEYS", "SETTINGS"]
        assert list(rig.window.rail.pages) == order
        assert rig.window.rail.pages["KEYS"].toolTip() == "<qt>Keys (Alt+4)</qt>"
        await rig.press(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
        page = rig.window.back_pages.agents
        assert page is not None
        assert rig.window.pages.currentWidget() is page
        await until(lambda: page.list.item_count() == 6)
        await rig.press(Qt.Key.Key_5, Qt.KeyboardModifier.AltModifier)
        assert rig.window.places.current is Place.SETTINGS

    run_panel(qt_loop, tmp_path, test)


def test_a_missing_key_of_an_agent_is_asked_for_on_the_keys_page(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        office = BackOffice(
            MemoryKeyDesk(), MemoryServers(), MemoryRooms(MovedClock()), full_desk(tmp_path)
        )
        rig.window.give_office(office)
        rig.window.places.go_to(Place.AGENTS)
        page = rig.window.back_pages.agents
        assert page is not None
        page.key_wanted.emit("openai")

        assert rig.window.places.current is Place.KEYS
        keys = rig.window.back_pages.keys
        assert keys is not None
        await until(lambda: keys.acts.dialog is not None)
        assert isinstance(keys.acts.dialog, KeyDialog)
        assert keys.acts.dialog.provider_id == "openai"

    run_panel(qt_loop, tmp_path, test)


def test_rooms_that_need_somebody_are_counted_in_the_rail(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rooms = MemoryRooms(MovedClock(), eight_rooms())
        rig.window.give_office(BackOffice(MemoryKeyDesk(), MemoryServers(), rooms))
        button = rig.window.rail.pages["ROOMS"]
        assert button.accessibleDescription() == ""

        rig.window.places.go_to(Place.ROOMS)
        await until(lambda: button.accessibleDescription() == "1 to look at")
        rig.window.places.go_to(Place.STAGE)
        rooms.change("lobby", trouble=Trouble.BAD)
        rooms.tell()
        assert button.accessibleDescription() == "2 to look at"
        assert rooms.resting
        rooms.rooms.clear()
        rooms.tell()
        assert button.accessibleDescription() == ""

    run_panel(qt_loop, tmp_path, test)


def test_the_server_looked_at_last_is_shown_first(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        office = BackOffice(MemoryKeyDesk(), MemoryServers(), MemoryRooms(MovedClock()))
        rig.window.give_office(office)
        rig.window.places.go_to(Place.ROOMS)
        page = rig.window.back_pages.rooms
        assert page is not None
        await until(lambda: page.server == THIS_COMPUTER)

        page.choose_server(PRODUCTION.name)

        assert rig.memory.server == PRODUCTION.name
        tasks = TaskScope(lambda doing, error: None)
        again = RoomsPage(tasks, MovedClock(), rig.memory.server)
        again.give_desk(office.rooms, office.servers)
        again.show()
        await until(lambda: again.server == PRODUCTION.name)
        again.close()
        await tasks.close()

    run_panel(qt_loop, tmp_path, test)
