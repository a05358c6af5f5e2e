"""Every state of every page in both themes: nothing is cut off, everything has a name and is painted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.call_plan import CallPlan
from app.domain.errors import MissingRequirementError, UserError
from app.domain.facts import CallClosed, CallOpened, ServerDied, StepProgressed
from app.ui.audio.devices import Search
from app.ui.buttons import Button
from app.ui.call_acts import Phase
from app.ui.labels import BareLabel, Chip, ElidedLabel, Label, label
from app.ui.painted import Painted
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from app.ui.toasts import Level, Toast
from tests.support.panel import PanelRig, run_panel, until
from tests.support.sample_call import NOW, opening
from tests.support.several_calls import enter_three_calls
from tests.ui.pictures import picture

Loop = asyncio.AbstractEventLoop
State = Callable[[PanelRig], Awaitable[None]]
SIZES = ((1280, 800), (1920, 1080))
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QTabBar, QAbstractItemView, Painted)


async def first_run(rig: PanelRig) -> None: ...


async def first_run_without_anything(rig: PanelRig) -> None:
    rig.audio.plug([], [])
    hint = "Run python3 packaging/run.py, or put livekit-server 1.13 on the PATH."
    error = MissingRequirementError("livekit-server is missing.", hint)
    rig.window.first_run.lights.show_server_missing(error)


async def first_run_without_an_answer(rig: PanelRig) -> None:
    rig.audio.search = Search.UNANSWERED
    rig.audio.changed.emit()


async def first_run_without_its_sound_server(rig: PanelRig) -> None:
    rig.audio.plug([], [])
    rig.audio.search = Search.LOST
    rig.audio.changed.emit()


async def starting(rig: PanelRig) -> None:
    rig.desk.start_gate.clear()
    rig.window.start_call()
    await until(lambda: rig.desk.asked)
    rig.desk.post(
        StepProgressed(at=1, step="server", label="Server", detail="ready, 0.4 s", took_s=0.4),
        StepProgressed(
            at=1, step="stt", label="Speech recognition", detail="tiny.en, 0.6 s", took_s=0.6
        ),
        StepProgressed(at=1, step="llm", label="Language model", detail="SmolLM2", fraction=0.6),
        StepProgressed(at=1, step="tts", label="Voice", detail="loading Piper"),
    )


async def cancelling(rig: PanelRig) -> None:
    await starting(rig)
    rig.desk.end_gate.clear()
    rig.window.acts.cancel()


async def failed(rig: PanelRig) -> None:
    hint = "Another program uses port 7880. End it, then try again. " * 3
    rig.desk.start_error = UserError("livekit-server did not start.", hint)
    rig.window.start_call()
    await until(lambda: rig.window.first_run.card.button.text() == "Try again")


async def empty_stage(rig: PanelRig) -> None:
    await rig.enter_call()


async def stage(rig: PanelRig) -> None:
    await rig.enter_call(sample=True)


async def trends(rig: PanelRig) -> None:
    await stage(rig)
    rig.stage.show_dock(1)


async def events(rig: PanelRig) -> None:
    await stage(rig)
    rig.stage.show_dock(2)


async def shut_dock(rig: PanelRig) -> None:
    await stage(rig)
    rig.stage.splitter.shut()


async def push_to_talk(rig: PanelRig) -> None:
    await stage(rig)
    rig.window.talk.toggle()
    await rig.key_down(Qt.Key.Key_Space)


async def no_microphone(rig: PanelRig) -> None:
    await stage(rig)
    rig.audio.plug([], [])


async def server_down(rig: PanelRig) -> None:
    await stage(rig)
    rig.desk.post(ServerDied(at=NOW, reason="it was killed"))


async def ended(rig: PanelRig) -> None:
    await stage(rig)
    rig.desk.post(CallClosed(at=NOW, reason="You ended the call."))


async def long_names(rig: PanelRig) -> None:
    first, *rest = opening()
    assert isinstance(first, CallOpened)
    name = "a room with a name that is far longer than any bar has space for " * 2
    rig.desk.facts_of_start = [replace(first, room=name), *rest]
    await rig.enter_call()


async def messages(rig: PanelRig) -> None:
    await stage(rig)
    long = "The recording stopped because the disk is full. The call goes on. " * 2
    rig.window.toasts.show_toast(Toast(Level.ERROR, "The disk is full", long))
    rig.window.toasts.show_toast(Toast(Level.WARNING, "The microphone is now Built-in Audio"))
    rig.window.toasts.show_toast(Toast(Level.INFO, "Marked 0:46 of the call"))


async def several(rig: PanelRig) -> None:
    await enter_three_calls(rig)


async def starting_beside_others(rig: PanelRig) -> None:
    await enter_three_calls(rig)
    rig.desk.post_to(list(rig.feed.calls)[1], CallClosed(at=NOW, reason="You ended the call."))
    rig.desk.start_gate.clear()
    rig.window.start_call()
    await until(lambda: len(rig.desk.calls) == 4)
    rig.desk.post(StepProgressed(at=1, step="llm", label="Language model", detail="SmolLM2"))


async def failed_beside_others(rig: PanelRig) -> None:
    await enter_three_calls(rig)
    rig.desk.start_error = UserError("The room front-desk is closed.", "Look at the list again.")
    rig.window.start_call(CallPlan(preset="", server="Production EU", room="front-desk"))
    await until(lambda: rig.window.acts.phase is Phase.FAILED)


async def hanging_up(rig: PanelRig) -> None:
    await stage(rig)
    rig.window.veil.fall("Hanging up…")


STATES: list[State] = [
    first_run,
    first_run_without_anything,
    first_run_without_an_answer,
    first_run_without_its_sound_server,
    starting,
    cancelling,
    failed,
    empty_stage,
    stage,
    trends,
    events,
    shut_dock,
    push_to_talk,
    no_microphone,
    server_down,
    ended,
    several,
    starting_beside_others,
    failed_beside_others,
    long_names,
    messages,
    hanging_up,
]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    chosen: tuple[int, int] = request.param
    return chosen


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop, tmp_path: Path, state: State, size: tuple[int, int]
) -> None:
    async def test(rig: PanelRig) -> None:
        await state(rig)
        await rig.settle()

        assert list(cut_off(rig.window)) == []
        assert list(nameless(rig.window)) == []
        dark = picture(rig.window)
        save_png(render(rig.window), tmp_path / "dark.png")
        theme.apply(ThemeChoice.LIGHT)
        assert list(cut_off(rig.window)) == []
        light = picture(rig.window)
        save_png(render(rig.window), tmp_path / "light.png")
        assert painted_share(dark, light) > 0.9
        rig.desk.end_gate.set()

    run_panel(qt_loop, tmp_path, test, size)


def test_the_checks_can_fail(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 100)
    for child, width, height in (
        (Button("Talk to the local agent"), 40, 30),
        (Label("A sentence that has no room"), 40, 30),
        (label("A sentence that breaks into several lines", wrap=True), 60, 14),
        (QLineEdit(), 400, 30),
    ):
        child.setParent(window)
        child.setFixedSize(width, height)
    window.show()

    assert len(list(cut_off(window))) == 4
    assert len(list(nameless(window))) == 1


def visible(window: QWidget) -> Iterator[QWidget]:
    return (child for child in window.findChildren(QWidget) if child.isVisible())


def cut_off(window: QWidget) -> Iterator[str]:
    """Texts that have less room than they need, and widgets that reach out of the window."""
    for widget in visible(window):
        where = widget.mapTo(window, widget.rect().bottomRight())
        if where.x() >= window.width() or where.y() >= window.height():
            yield f"{widget} reaches to {where} in {window.size()}"
        elif isinstance(widget, Button | Chip) and widget.width() < widget.sizeHint().width():
            yield f"{widget.text()} has {widget.width()} of {widget.sizeHint().width()}"
        elif isinstance(widget, Label) and not isinstance(widget, ElidedLabel | BareLabel):
            yield from _cut_label(widget)


def _cut_label(text: Label) -> Iterator[str]:
    least = text.minimumSizeHint()
    height = text.heightForWidth(text.width()) if text.wordWrap() else least.height()
    narrow = not text.wordWrap() and text.width() < least.width()
    if narrow or text.height() < height:
        yield f"{text.text()!r} has {text.size()}, needs {least}"


def nameless(window: QWidget) -> Iterator[str]:
    """Controls that a screen reader could not say."""
    for widget in visible(window):
        if isinstance(widget, CONTROLS) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            interface = QAccessible.queryAccessibleInterface(widget)
            if not interface.text(QAccessible.Text.Name):
                yield f"{widget} in {widget.parentWidget()}"


def painted_share(one: QImage, other: QImage) -> float:
    """How much of two pictures differs: in another theme nearly everything must."""
    steps = [(x, y) for x in range(0, one.width(), 16) for y in range(0, one.height(), 16)]
    differing = sum(one.pixel(x, y) != other.pixel(x, y) for x, y in steps)
    return differing / len(steps)
