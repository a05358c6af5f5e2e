"""Every state of the page Settings in both themes, and text that means no good on it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.domain.servers import (
    ServerView,
    StepState,
    TestStep,
)
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from tests.support.hostile import HOSTILE
from tests.support.server_desk import (
    PRODUCTION,
    REPORT,
)
from tests.support.settings_page import (
    Loop,
    Rig,
    adding,
    adding_wrongly,
    after_test,
    amid_test,
    appearance,
    cancelling,
    editing,
    failed_to_test,
    finish_test,
    importing,
    importing_nothing,
    joining_in_vain,
    many_long_servers,
    only_this_computer,
    read_token,
    reading,
    reading_a_dead_token,
    reading_a_token,
    reading_a_token_of_elsewhere,
    reading_no_token,
    removing,
    run,
    saving_failed,
    unreachable,
    unreadable,
    untested,
    without_a_desk,
)
from tests.ui.pictures import picture
from tests.ui.test_page_states import cut_off, nameless, painted_share

SIZES = ((1280, 800), (1920, 1080))
NEVER_S = 2.0
STATES = [
    without_a_desk, reading, unreadable, only_this_computer, untested, unreachable, amid_test, cancelling, after_test,
    failed_to_test, adding, adding_wrongly, editing, saving_failed, removing, importing, importing_nothing,
    reading_a_token, reading_a_token_of_elsewhere, reading_a_dead_token, joining_in_vain,
    reading_no_token, appearance, many_long_servers,
]  # fmt: skip


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    width, height = request.param
    return width - 60, height


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop,
    tmp_path: Path,
    state: Callable[[Rig], Awaitable[None]],
    size: tuple[int, int],
) -> None:
    async def test(rig: Rig) -> None:
        await state(rig)
        await rig.settle()

        assert list(cut_off_in_sight(rig.window)) == []
        assert list(nameless(rig.window)) == []
        dark = picture(rig.window)
        save_png(render(rig.window), tmp_path / "dark.png")
        theme.apply(ThemeChoice.LIGHT)
        assert list(cut_off_in_sight(rig.window)) == []
        save_png(render(rig.window), tmp_path / "light.png")
        assert painted_share(dark, picture(rig.window)) > 0.9
        assert rig.reported == []

    run(qt_loop, tmp_path, test, size=size)


def cut_off_in_sight(window: QWidget) -> list[str]:
    """As for every page, but what scrolls may reach out of the window."""
    inside = QRect(QPoint(), window.size())
    return [each for each in cut_off(window) if "reaches to" not in each] + [
        f"{widget} reaches out"
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and not _scrolls(widget)
        and not inside.contains(_place(widget, window))
    ]


def _scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, QAbstractScrollArea) or _scrolls(parent))


def _place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint()), widget.size())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_drawn_literally_and_at_once(
    qt_loop: Loop, tmp_path: Path, text: str
) -> None:
    async def test(rig: Rig) -> None:
        profile = replace(PRODUCTION.profile, name=text or "x", url=text)
        rig.desk.views.append(ServerView(profile, text, text, reachable=False))
        rig.desk.steps = (TestStep(1, text, StepState.FAILED, text, text, 1.0),)
        rig.desk.report = replace(
            REPORT, identity=text, name=text, room=text, issuer=text, signature=text,
            can=(text,), cannot=(text,), claims=text, profile=text, cannot_join=text[:20],
        )  # fmt: skip
        started = time.process_time()
        await rig.open(text or "x")
        await finish_test(rig, text or "x")
        await read_token(rig)
        image = picture(rig.window)

        assert time.process_time() - started < NEVER_S
        assert not image.isNull()
        assert rig.reported == []

    run(qt_loop, tmp_path, test)
