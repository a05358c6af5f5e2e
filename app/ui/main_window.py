"""The window: its rail, its pages, and what it remembers."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from app.domain.back_office import BackOffice
from app.domain.call import Call, Changes
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import AudioDeviceChanged, RecordingStopped
from app.domain.ports import Clock, Desk
from app.ui.announcing import announce
from app.ui.audio.devices import NO_DEVICE, AudioDevices
from app.ui.back_pages import BackPages
from app.ui.call_acts import CallActs, Phase
from app.ui.call_feed import CallFeed
from app.ui.controls import Logo, Pane, pane, row
from app.ui.first_paint import FirstPaint
from app.ui.frame_pump import FramePump
from app.ui.keys import on_key
from app.ui.pages.first_run import FirstRun
from app.ui.places import Place, Places
from app.ui.plain_text import shown
from app.ui.rail import Rail
from app.ui.talk import SpaceToTalk, Talk
from app.ui.tasks import TaskScope
from app.ui.theme import ThemeChoice, theme
from app.ui.toasts import Level, Toast, Toasts
from app.ui.tokens import SPACE_L, SPACE_M, TOP_HEIGHT, Scheme
from app.ui.veil import Veil
from app.ui.views.figures import clock
from app.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from app.ui.pages.stage import Stage

log = logging.getLogger(__name__)

LOCAL_CALL = CallPlan()
SIZE = (1440, 900)
LEAST_SIZE = (1120, 640)
ON_STAGE = (Phase.IN_CALL, Phase.ENDING, Phase.ENDED)
MIXER_WIDTH = 264
KEEP_S = 3.0
"""A disk that does not answer must not keep calls from being ended."""


class MainWindow(QMainWindow):
    """The one window of the panel. UI loop only: build it inside a running loop.

    It starts without a desk; `give_desk` brings it as soon as the tiers are imported, after the first frame.
    """

    close_requested = Signal()
    """The person wants to go. Answer with `hang_up`, stop the tiers, then `release`."""
    first_painted = Signal(float)
    """Milliseconds from the start of the process to the first painted frame."""

    def __init__(
        self,
        *,
        feed: CallFeed,
        pump: FramePump,
        audio: AudioDevices,
        memory: WindowMemory,
        clock: Clock,
        redact: Callable[[str], str] = str,
    ) -> None:
        """`redact` takes the secrets out of what a message is about to say."""
        super().__init__()
        self._feed = feed
        self._pump = pump
        self._audio = audio
        self._memory = memory
        self._clock = clock
        self._released = False
        self._tasks = TaskScope(self._report)
        self.talk = Talk(memory, self)
        self.acts = CallActs(
            feed=feed, pump=pump, audio=audio, talk=self.talk, tasks=self._tasks, parent=self
        )
        self.rail = Rail()
        self.pages = QStackedWidget()
        self.first_run = FirstRun(audio)
        self.places = Places(self.pages, self.rail, self.first_run)
        self.stage: Stage | None = None
        """Built after the first frame."""
        self._lay_out()
        self.toasts = Toasts(self, redact)
        self.veil = Veil(self)
        self.back_pages = BackPages(
            self.places, self._tasks, memory, clock, audio, self.bring_to_stage
        )
        self._space = SpaceToTalk(self.talk, self)
        self._connect()
        self._add_keys()
        self._show_phase()

    def give_desk(self, desk: Desk) -> None:
        """From now on calls can be made."""
        self.acts.give_desk(desk)
        self._tasks.spawn(self._look_for_server(desk), doing="look for livekit-server")

    def give_office(self, office: BackOffice) -> None:
        """From now on the pages beside the Stage have something to show."""
        self.back_pages.give_office(office)

    def start_call(self, plan: CallPlan = LOCAL_CALL) -> str:
        """Start a call beside those that there are, and return its key; it waits for the desk if need be.

        Raises UserError where it cannot be.
        """
        key = self.acts.start(plan)
        self.places.go_to(Place.STAGE)
        return key

    def bring_to_stage(self, plan: CallPlan) -> None:
        """Start a call that another page asks for, beside the others. Raises UserError where it cannot be.

        A room to watch that has a call of ours already is shown by that.
        """
        watching = not (plan.preset or plan.speaking or plan.by_token)
        if watching and self.acts.take_room(plan.server, plan.room):
            self.places.go_to(Place.STAGE)
        else:
            self.start_call(plan)

    async def hang_up(self) -> None:
        """Take no more orders, keep what is not saved, end the calls in order and let go of the devices."""
        if self.acts.busy:
            self.veil.fall("Hanging up…")
        self._remember()
        await self._keep_unsaved()
        try:
            await self.acts.hang_up()
        finally:
            await self._audio.close()
            await self._keep_unsaved()

    def release(self) -> None:
        """Close for real; the window is gone with the loop's next turn."""
        self._released = True
        self.close()
        self.deleteLater()

    async def _keep_unsaved(self) -> None:
        try:
            async with asyncio.timeout(KEEP_S):
                await self.back_pages.keep()
        except UserError as error:
            log.warning("%s", error)
        except TimeoutError:
            log.warning("what is not saved could not be kept within %.0f s", KEEP_S)

    @Slot(str)
    def show_fault(self, line: str) -> None:
        """Something failed that nobody expected."""
        self._toast(
            Toast(Level.ERROR, "Something went wrong", f"{line}. The log has more.", "fault")
        )

    # What happens

    def _report(self, doing: str, error: Exception) -> None:
        if isinstance(error, UserError):
            self._toast(Toast(Level.ERROR, error.title, error.hint, doing))
        else:
            self._toast(Toast(Level.ERROR, f"Could not {doing}", "The log says why.", doing))

    @Slot(object)
    def _toast(self, toast: Toast) -> None:
        self.toasts.show_toast(toast)

    async def _look_for_server(self, desk: Desk) -> None:
        try:
            self.first_run.lights.show_server(await desk.server_version())
        except UserError as error:
            self.first_run.lights.show_server_missing(error)

    @Slot(object)
    def _show_call(self, call: Call) -> None:
        self.first_run.set_call(call)
        if self.stage is not None:
            self.stage.set_call(call, self._feed.in_hand)

    @Slot(str, object)
    def _note_changes(self, key: str, changes: Changes) -> None:
        """Any call has taken facts in."""
        call = self._feed.calls[key]
        for fact in call.events[len(call.events) - changes.events :]:
            if isinstance(fact, RecordingStopped):
                self._show_recording_stopped(call, fact)
        if self.stage is not None:
            self.stage.note(key, changes)

    @Slot(object)
    def _show_changes(self, changes: Changes) -> None:
        """The call in hand has taken facts in."""
        self.first_run.apply(changes)
        if self.stage is not None:
            self.stage.apply(changes)

    def _show_recording_stopped(self, call: Call, stopped: RecordingStopped) -> None:
        hint = f"{stopped.reason}. The call goes on, and what is said is kept as text."
        of = f" of {shown(call.room)}" if len(self._feed.calls) > 1 else ""
        self._toast(Toast(Level.WARNING, f"The recording{of} stopped", hint, f"recording{call.id}"))

    @Slot(str)
    def show_library_trouble(self, trouble: str) -> None:
        """What is said cannot be kept at the moment, and why; empty once it can again."""
        if trouble:
            hint = f"{trouble} It is tried again, and nothing is lost while Greenroom runs."
            toast = Toast(Level.WARNING, "The call cannot be kept on disk", hint, "library")
        else:
            toast = Toast(Level.INFO, "The call is kept on disk again", key="library")
        self._toast(toast)

    @Slot()
    def _tick(self) -> None:
        now = self._clock.now()
        if self.pages.currentWidget() is self.first_run:
            self.first_run.tick(now)
        elif self.stage is not None:
            self.stage.tick(now)

    @Slot()
    def _show_phase(self) -> None:
        on_stage = self.acts.phase in ON_STAGE or len(self._feed.calls) > 1
        if on_stage or self.stage is not None:
            self._list_calls(self._built_stage())
        self.first_run.show_held(self.acts.in_hand)
        self.places.set_home(self._built_stage() if on_stage else self.first_run)
        self._place_toasts()
        self._audio.listen(on=not on_stage)

    def _list_calls(self, stage: "Stage") -> None:
        from app.ui.pages.call_list import Listed  # As heavy as the Stage.

        rows = [Listed(key, call, self.acts.held(key)) for key, call in self._feed.calls.items()]
        stage.show_calls(rows, self._feed.in_hand)

    @Slot(str, object)
    def _tell_failure(self, _key: str, error: UserError) -> None:
        announce(self, str(error))

    @Slot(object)
    def _refuse(self, error: UserError) -> None:
        self._report("start the call", error)

    @Slot()
    def _place_toasts(self) -> None:
        """Beside what must stay readable on the page that is shown."""
        page = self.pages.currentWidget()
        right = MIXER_WIDTH + SPACE_L if page is self.stage else SPACE_L
        top = SPACE_L if page is self.first_run else TOP_HEIGHT + SPACE_M
        self.toasts.set_offset(right, top)

    @Slot(object)
    def _show_switch(self, changed: AudioDeviceChanged) -> None:
        if changed.name == NO_DEVICE:
            title = f"There is no {changed.kind} now"
        else:
            title = f"The {changed.kind} is now {changed.name}"
        why = changed.why[:1].upper() + changed.why[1:]
        self._toast(Toast(Level.WARNING, title, f"{why}.", changed.kind))

    @Slot(str, str)
    def _show_device_failure(self, title: str, hint: str) -> None:
        self._toast(Toast(Level.ERROR, title, hint, title))

    @Slot(int)
    def _show_dropped(self, count: int) -> None:
        hint = "The panel could not keep up. The recording and the call library have all of it."
        self._toast(Toast(Level.WARNING, f"{count} events are not shown", hint, "dropped"))

    @Slot(float)
    def _painted(self, age_ms: float) -> None:
        self._pump.first_paint_ms = age_ms
        log.info("first frame after %.0f ms", age_ms)
        self._built_stage()
        self._tasks.spawn(self._audio.find(), doing="look for audio devices")
        self.first_painted.emit(age_ms)

    # What is pressed

    @Slot()
    def _start_local(self) -> None:
        """Start what the first page offers: the call that failed again, or one with the local agent."""
        if self.acts.phase is Phase.FAILED:
            self.acts.start_again()
            return
        try:
            self.start_call(LOCAL_CALL)
        except UserError as error:
            self._refuse(error)

    @Slot()
    def _flag(self) -> None:
        if self.acts.flag():
            opened_at = self._feed.call.opened_at or self._clock.now()
            at = clock(self._clock.now(), opened_at)
            self._toast(Toast(Level.INFO, f"Marked {at} of the call", key="flag"))

    @Slot()
    def _switch_theme(self) -> None:
        dark = theme.scheme is Scheme.DARK
        choice = ThemeChoice.LIGHT if dark else ThemeChoice.DARK
        self._memory.theme = choice
        theme.apply(choice)

    @Slot()
    def _dismiss(self) -> None:
        self.toasts.dismiss_newest()

    @Slot()
    def _toggle_microphone(self) -> None:
        if self.talk.possible:
            self.talk.toggle()

    # Parts

    def _built_stage(self) -> "Stage":
        if self.stage is None:
            # Its views are heavy and wait until the first frame is on the screen.
            from app.ui.pages.stage import Stage

            stage = self.stage = Stage(self.talk, self._audio)
            self.pages.addWidget(stage)
            stage.set_call(self._feed.call, self._feed.in_hand)
            self._list_calls(stage)
            stage.flag_pressed.connect(self._flag)
            stage.end_pressed.connect(self.acts.end)
            stage.again_pressed.connect(self.acts.start_again)
            stage.cancel_pressed.connect(self.acts.cancel)
            stage.call_chosen.connect(self.acts.take)
            stage.close_pressed.connect(self.acts.close_call)
            stage.new_pressed.connect(self.acts.start_another)
            stage.text_entered.connect(self.acts.type_as_caller)
            stage.recall(self._memory)
            stage.order_tabs()
        return self.stage

    def _lay_out(self) -> None:
        self.setWindowTitle("Greenroom")
        self.setWindowIcon(QIcon(Logo().grab()))
        self.setMinimumSize(*LEAST_SIZE)
        ground = pane(Pane.PAGE)
        across = row(ground)
        across.addWidget(self.rail)
        across.addWidget(self.pages, 1)
        self.pages.addWidget(self.first_run)
        self.setCentralWidget(ground)
        if not (_has_screen() and self.restoreGeometry(self._memory.geometry)):
            self.resize(*SIZE)

    def _connect(self) -> None:
        FirstPaint(self).painted.connect(self._painted)
        self._feed.replaced.connect(self._show_call)
        self._feed.changed.connect(self._show_changes)
        self._feed.folded.connect(self._note_changes)
        self._pump.ticked.connect(self._tick)
        self._pump.dropped.connect(self._show_dropped)
        self._audio.switched.connect(self._show_switch)
        self._audio.failed.connect(self._show_device_failure)
        self.acts.phase_changed.connect(self._show_phase)
        self.acts.start_failed.connect(self._tell_failure)
        self.acts.refused.connect(self._refuse)
        self.first_run.start_requested.connect(self._start_local)
        self.first_run.cancel_requested.connect(self.acts.cancel)
        self.first_run.close_requested.connect(self.acts.close_in_hand)
        self.places.moved.connect(self._place_toasts)
        self.back_pages.told.connect(self._toast)
        self.rail.theme_pressed.connect(self._switch_theme)

    def _add_keys(self) -> None:
        for key, act in (
            ("F", self._flag),
            ("M", self._toggle_microphone),
            ("Ctrl+T", self._switch_theme),
            ("Escape", self._dismiss),
            ("Ctrl+Q", self.close),
        ):
            on_key(self, key).connect(act)

    def _remember(self) -> None:
        if _has_screen():
            self._memory.geometry = self.saveGeometry()
        if self.stage is not None:
            self.stage.remember(self._memory)
        self._memory.save()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._released:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()


def _has_screen() -> bool:
    """Whether there is a screen whose size means anything; the offscreen platform pretends one of 800 by 800."""
    return QGuiApplication.platformName() != "offscreen"
