"""From a pasted token to the Stage, through the whole window."""

import asyncio
from pathlib import Path

from app.domain.back_office import BackOffice
from app.domain.errors import UserError
from app.ui.pages.token_inspector import TokenInspector
from app.ui.places import Place
from tests.support.desks import MemoryKeyDesk
from tests.support.desks_rooms import MemoryRooms, MovedClock
from tests.support.panel import PanelRig, run_panel, until
from tests.support.server_desk import TOKEN, MemoryServerDesk

Loop = asyncio.AbstractEventLoop


async def paste(rig: PanelRig) -> TokenInspector:
    """Open the inspector of the page Settings and let it read a token."""
    desk = MemoryServerDesk()
    rig.window.give_office(BackOffice(MemoryKeyDesk(), desk, MemoryRooms(MovedClock())))
    rig.window.places.go_to(Place.SETTINGS)
    page = rig.window.back_pages.settings
    assert page is not None
    await until(lambda: page.servers.chosen)
    page.servers.detail.token.click()
    inspector = page.servers.dialog
    assert isinstance(inspector, TokenInspector)
    inspector.token.setText(TOKEN)
    await until(inspector.act.isEnabled)
    return inspector


def test_one_comes_to_the_stage_with_a_token(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        inspector = await paste(rig)

        await rig.click(inspector.act)
        await until(lambda: rig.window.pages.currentWidget() is rig.window.stage)

        assert rig.desk.asked == ["start front-desk"]
        assert rig.window.places.current is Place.STAGE

    run_panel(qt_loop, tmp_path, test)


def test_a_token_that_the_server_refuses_is_told_of_on_the_stage(
    qt_loop: Loop, tmp_path: Path
) -> None:
    refused = UserError("guest-4f2a could not join the room front-desk.", "It has expired.")

    async def test(rig: PanelRig) -> None:
        rig.desk.start_error = refused
        inspector = await paste(rig)

        await rig.click(inspector.act)
        first_run = rig.window.first_run
        await until(lambda: rig.window.pages.currentWidget() is first_run)
        await until(lambda: first_run.card.error_title.isVisible())

        assert first_run.card.error_title.text() == refused.title

    run_panel(qt_loop, tmp_path, test)


def test_a_call_on_the_stage_goes_on_beside_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        first = rig.feed.in_hand
        inspector = await paste(rig)

        await rig.click(inspector.act)
        await until(lambda: rig.desk.asked == ["start local", "start front-desk"])

        assert rig.window.places.current is Place.STAGE
        assert list(rig.feed.calls) == [first, rig.desk.newest]
        assert rig.feed.calls[first].live

    run_panel(qt_loop, tmp_path, test)


def test_what_no_call_can_be_started_for_is_said_at_the_token(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.desk.refusal = UserError("8 calls are live, and no more can be.", "End one of them.")
        inspector = await paste(rig)

        await rig.click(inspector.act)
        await until(lambda: inspector.error_title.isVisible())

        assert rig.desk.asked == ["start local"]
        assert inspector.error_title.text() == "8 calls are live, and no more can be."

    run_panel(qt_loop, tmp_path, test)
