"""A panel whose desk, clock and devices a test holds in its hand."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import CallClosed, Fact
from app.domain.ports import OperatorAudio
from app.runtime.mailbox import Mailbox
from app.ui.audio.devices import AudioDevice, AudioDevices, Search
from app.ui.call_feed import CallFeed
from app.ui.frame_pump import FramePump
from app.ui.main_window import MainWindow
from app.ui.pages.stage import Stage
from app.ui.window_memory import WindowMemory
from tests.support.sample_call import NOW, opening, sample_facts

PATIENCE_S = 10.0
NO_MODIFIER = Qt.KeyboardModifier.NoModifier
BUILT_IN = AudioDevice("built-in", "Built-in Audio")
HEADSET = AudioDevice("headset", "USB Headset")


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds; fails when it does not within ten seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  What a test waits for sets no event.
            await asyncio.sleep(0.01)


async def outside_of_tasks(act: Callable[[], None]) -> None:
    """Do what lets Qt process events: within a task's step, no other task could take one."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def do() -> None:
        act()
        done.set_result(None)

    loop.call_soon(do)
    await done


def _lay_out() -> None:
    """Put everything where it belongs now: what has just changed may be about to move."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)


class StillClock:
    """Stands still at the end of the sample call until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at


class FakeRoom:
    """Where the operator's audio goes."""

    sample_rate_hz = 48_000

    def __init__(self) -> None:
        self.talking: list[bool] = []

    def push_microphone(self, pcm: bytes) -> None: ...

    def pull_speaker(self, sample_count: int) -> bytes:
        return bytes(2 * sample_count)

    def set_talking(self, *, talking: bool) -> None:
        self.talking.append(talking)


@dataclass
class FakeCall:
    """A call of a `FakeDesk`: the operator's way into it, and how far it is."""

    room: FakeRoom = field(default_factory=FakeRoom)
    up: bool = False
    cancelled: bool = False


class FakeDesk:
    """Does at once what it is asked, or waits until a test opens its gate. What it says goes to the newest call."""

    def __init__(self, mailbox: Mailbox, clock: StillClock) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self.calls: dict[str, FakeCall] = {}
        self.newest = ""
        """The key of the call that was started last."""
        self.with_operator = True
        self.asked: list[str] = []
        self.start_gate = asyncio.Event()
        self.end_gate = asyncio.Event()
        self.start_gate.set()
        self.end_gate.set()
        self.refusal: UserError | None = None
        self.start_error: Exception | None = None
        self.end_error: Exception | None = None
        self.server_error: Exception | None = None
        self.facts_of_start: list[Fact] = opening()

    @property
    def room(self) -> FakeRoom:
        """Where the operator's audio goes in the newest call."""
        return self.calls[self.newest].room

    def operator_audio(self, key: str) -> OperatorAudio | None:
        call = self.calls.get(key)
        return call.room if call is not None and self.with_operator else None

    async def server_version(self) -> str:
        if self.server_error is not None:
            raise self.server_error
        return "1.13.5"

    def admit(self, plan: CallPlan) -> None:
        if self.refusal is not None:
            raise self.refusal

    async def start_call(self, key: str, plan: CallPlan) -> None:
        self.asked.append(" ".join(filter(None, ("start", plan.preset, plan.room))))
        self.newest = key
        call = self.calls[key] = FakeCall()
        await self.start_gate.wait()
        if self.start_error is not None:
            raise self.start_error
        if not call.cancelled:
            call.up = True
            self.post_to(key, *self.facts_of_start)

    async def end_call(self, key: str) -> None:
        self.asked.append("end")
        await self._end(key)

    async def end_all(self) -> None:
        self.asked.append("end")
        await asyncio.gather(*(self._end(key) for key in tuple(self.calls)))

    async def _end(self, key: str) -> None:
        call = self.calls[key]
        call.cancelled = True
        self.start_gate.set()
        await self.end_gate.wait()
        if self.end_error is not None:
            raise self.end_error
        if call.up:
            call.up = False
            self.post_to(key, CallClosed(at=self._clock.now(), reason="You ended the call."))

    async def type_as_caller(self, key: str, text: str) -> None:
        self.asked.append(f"type {text}")

    def flag(self, key: str, note: str) -> None:
        self.asked.append("flag")

    def note(self, key: str, fact: Fact) -> None:
        self.post_to(key, fact)

    def post(self, *facts: Fact) -> None:
        self.post_to(self.newest, *facts)

    def post_to(self, key: str, *facts: Fact) -> None:
        for fact in facts:
            self._mailbox.post(key, fact)


class StillDevices(AudioDevices):
    """Devices that a test plugs in and out."""

    async def find(self) -> None:
        self.plug([BUILT_IN, HEADSET], [BUILT_IN])

    def plug(self, microphones: list[AudioDevice], speakers: list[AudioDevice]) -> None:
        self.microphones, self.speakers = tuple(microphones), tuple(speakers)
        self.microphone = microphones[0] if microphones else None
        self.speaker = speakers[0] if speakers else None
        self.search = Search.DONE
        self.changed.emit()


class PanelRig:
    """A whole window with its pump, ready to be shown. Build it on a running loop."""

    def __init__(self, folder: Path, size: tuple[int, int] | None = (1280, 800)) -> None:
        self.clock = StillClock()
        self.memory = WindowMemory(folder / "panel.ini")
        self.mailbox = Mailbox()
        self.pump = FramePump(self.mailbox)
        self.feed = CallFeed()
        self.pump.batch.connect(self.feed.absorb)
        self.audio = StillDevices(self.memory, self.clock)
        self.desk = FakeDesk(self.mailbox, self.clock)
        self.window = MainWindow(
            feed=self.feed,
            pump=self.pump,
            audio=self.audio,
            memory=self.memory,
            clock=self.clock,
        )
        if size is not None:
            self.window.resize(*size)
        self.frames = 0
        self.pump.ticked.connect(self._count_frame)
        self.closings = 0
        self.window.close_requested.connect(self._count_closing)

    @property
    def stage(self) -> Stage:
        assert self.window.stage is not None
        return self.window.stage

    async def open(self) -> None:
        """Show the window with a desk, on its first page."""
        self.window.show()
        self.window.activateWindow()
        await until(lambda: self.window.stage is not None)
        self.window.give_desk(self.desk)
        self.pump.start()
        await until(lambda: "1.13.5" in self.window.first_run.lights.server.words)

    async def enter_call(self, *, sample: bool = False) -> None:
        """Start a call and be on the Stage with it; `sample` is the one with four turns."""
        if sample:
            self.desk.facts_of_start = sample_facts()
        self.window.start_call()
        await until(lambda: self.window.pages.currentWidget() is self.window.stage)

    async def settle(self) -> None:
        """Let two frames pass."""
        frames = self.frames
        await until(lambda: self.frames >= frames + 2)

    async def close(self) -> None:
        await self.window.hang_up()
        self.gone()

    def gone(self) -> None:
        """Take the window away, as its owner does after the call has ended."""
        self.pump.stop()
        self.window.release()
        assert not self.window.isVisible()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    async def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        """Press and release a key in the window, as the keyboard does."""
        await self.key_down(key, modifier)
        await self.key_up(key, modifier)

    async def key_down(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        await outside_of_tasks(lambda: QTest.keyPress(self.window.windowHandle(), key, modifier))

    async def key_up(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        await outside_of_tasks(lambda: QTest.keyRelease(self.window.windowHandle(), key, modifier))

    async def click(self, widget: QWidget) -> None:
        """Click into the middle of a widget, as the mouse does."""
        await outside_of_tasks(_lay_out)
        at = widget.mapTo(self.window, widget.rect().center())
        left = Qt.MouseButton.LeftButton
        handle = self.window.windowHandle()
        await outside_of_tasks(lambda: QTest.mouseClick(handle, left, NO_MODIFIER, at))

    def focus(self) -> QWidget | None:
        return self.window.focusWidget()

    def _count_frame(self) -> None:
        self.frames += 1

    def _count_closing(self) -> None:
        self.closings += 1


def run_panel(
    loop: asyncio.AbstractEventLoop,
    folder: Path,
    test: Callable[[PanelRig], Coroutine[Any, Any, None]],
    size: tuple[int, int] | None = (1280, 800),
) -> None:
    """Run a test with an open panel, and close that whatever comes."""

    async def with_panel() -> None:
        rig = PanelRig(folder, size)
        try:
            await rig.open()
            await test(rig)
        finally:
            await rig.close()

    loop.run_until_complete(with_panel())
