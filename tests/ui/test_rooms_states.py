"""The Rooms page in every state: whole, named and painted."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.domain.rooms import Trouble
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from tests.support.desks_rooms import (
    PRODUCTION,
    eight_rooms,
    microphone,
    person,
    room,
)
from tests.support.rooms_rig import (
    REFUSED,
    RoomsRig,
    no_servers,
    run_rooms,
    two_hundred,
    with_eight,
)
from tests.ui.pictures import picture
from tests.ui.test_page_states import cut_off, nameless, painted_share, visible

Loop = asyncio.AbstractEventLoop
State = Callable[[RoomsRig], Awaitable[None]]
CTRL = Qt.KeyboardModifier.ControlModifier


# States


async def without_a_desk(rig: RoomsRig) -> None:
    rig.show()


async def empty(rig: RoomsRig) -> None:
    await rig.open()


async def loading(rig: RoomsRig) -> None:
    rig.desk.answering = False
    await rig.open()


async def never_answered(rig: RoomsRig) -> None:
    rig.desk.trouble = "Nothing answers at voice.example.com:443. Is the server running?"
    await rig.open(PRODUCTION.name)


async def eight(rig: RoomsRig) -> None:
    await with_eight(rig, PRODUCTION.name)


async def none_chosen(rig: RoomsRig) -> None:
    rig.desk.rooms = list(eight_rooms())
    await rig.open()


async def stale(rig: RoomsRig) -> None:
    await eight(rig)
    rig.clock.at += 14
    rig.desk.trouble = "voice.example.com does not answer: the connection was refused."
    rig.desk.tell()
    await rig.settle()


async def nothing_found(rig: RoomsRig) -> None:
    await eight(rig)
    rig.page.bar.search.setText("no such room")
    await rig.settle()


async def people_unknown(rig: RoomsRig) -> None:
    rig.desk.people_error = REFUSED
    rig.desk.rooms = list(eight_rooms())
    await rig.open()
    await rig.choose("lobby")


async def long_names(rig: RoomsRig) -> None:
    name = "a room with a name that is far longer than any column has space for " * 2
    rig.desk.rooms = [room(name, agent=name, now=name, trouble=Trouble.BAD, metadata=name)]
    rig.desk.in_rooms[name] = (person(name), person("x", tracks=(microphone(),) * 3))
    await rig.open(PRODUCTION.name)
    await rig.choose(name)
    await rig.open_person(name)


async def new_room(rig: RoomsRig) -> None:
    await eight(rig)
    rig.page.new_room()
    await rig.settle()


async def closing(rig: RoomsRig) -> None:
    await eight(rig)
    await rig.click(rig.page.inspector.close_room)


async def inviting(rig: RoomsRig) -> None:
    await eight(rig)
    await rig.click(rig.page.inspector.invite)


STATES: list[State] = [
    without_a_desk,
    empty,
    loading,
    never_answered,
    no_servers,
    eight,
    none_chosen,
    two_hundred,
    stale,
    nothing_found,
    people_unknown,
    long_names,
    new_room,
    closing,
    inviting,
]


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=["1280x800", "1920x1080"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop, tmp_path: Path, state: State, size: tuple[int, int]
) -> None:
    async def test(rig: RoomsRig) -> None:
        await state(rig)

        assert list(cut_off(rig.window)) == []
        assert list(nameless(rig.window)) == []
        assert list(without_a_tip(rig.page)) == []
        dark = picture(rig.window)
        save_png(render(rig.window), tmp_path / "dark.png")
        theme.apply(ThemeChoice.LIGHT)
        light = picture(rig.window)
        save_png(render(rig.window), tmp_path / "light.png")
        assert painted_share(dark, light) > 0.9

    run_rooms(qt_loop, test, size)


def without_a_tip(page: QWidget) -> list[str]:
    """Buttons whose words leave open what they do, and that no tooltip explains."""
    plain = {"New room", "Try again", "Show all", "Cancel", "Close"}
    return [
        f"{button} {button.text()}"
        for button in visible(page)
        if isinstance(button, QAbstractButton)
        and not button.toolTip()
        and button.text() not in plain
    ]
