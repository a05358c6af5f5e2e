"""What a person does with calls: start one, cancel that, end it, type, mark a moment, go from one to another."""

import asyncio
import itertools
import logging
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.call import Changes
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import Fact
from app.domain.ports import Desk, OperatorAudio
from app.ui.audio.devices import AudioDevices
from app.ui.call_feed import NO_CALL, CallFeed
from app.ui.frame_pump import FramePump
from app.ui.talk import Talk
from app.ui.tasks import TaskScope

log = logging.getLogger(__name__)

START = "start the call"
END = "end the call"


class Phase(StrEnum):
    """Where the panel is with a call."""

    IDLE = "idle"
    """There is none."""
    STARTING = "starting"
    CANCELLING = "cancelling"
    IN_CALL = "in call"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"
    """It did not start."""


UP = (Phase.IN_CALL, Phase.ENDING)
OVER = (Phase.ENDED, Phase.FAILED)
"""Such a call is listed until it is closed, or another one takes its place."""
SETTLED = (Phase.IDLE, Phase.IN_CALL, *OVER)


@dataclass(slots=True)
class Held:
    """A call of the list: what it was started with, how far it is, and why it did not start."""

    plan: CallPlan
    phase: Phase = Phase.STARTING
    error: UserError | None = None


NOTHING_HELD = Held(CallPlan(), Phase.IDLE)


class CallActs(QObject):
    """Carries what a person wants to the desk, and joins the operator's devices to the call in hand. UI loop only.

    The desk may come later than the window: what needs it waits for it.
    """

    phase_changed = Signal()
    """Of any call; or another one is in hand."""
    start_failed = Signal(str, object)
    """The key of a call, and the UserError that says why there is none."""
    refused = Signal(object)
    """UserError: why no call can be started now."""

    def __init__(
        self,
        *,
        feed: CallFeed,
        pump: FramePump,
        audio: AudioDevices,
        talk: Talk,
        tasks: TaskScope,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._pump = pump
        self._audio = audio
        self._talk = talk
        self._tasks = tasks
        self._desk: Desk | None = None
        self._desk_given = asyncio.Event()
        self._held: dict[str, Held] = {}
        self._numbers = itertools.count(1)
        self._last_own = CallPlan()
        """What the last call with a room of its own was started with."""
        self._joined: OperatorAudio | None = None
        self._leaving = False
        feed.folded.connect(self._follow)
        audio.switched.connect(self._note)

    # What there is

    @property
    def in_hand(self) -> Held:
        """The call that the Stage shows."""
        return self.held(self._feed.in_hand)

    @property
    def phase(self) -> Phase:
        """Of the call in hand."""
        return self.in_hand.phase

    @property
    def busy(self) -> bool:
        """Whether a call is live, or about to be."""
        return any(held.phase not in OVER for held in self._held.values())

    def held(self, key: str) -> Held:
        """The call with this key; one that is idle where it is not listed."""
        return self._held.get(key, NOTHING_HELD)

    def phase_of(self, key: str) -> Phase:
        return self.held(key).phase

    # What is asked for

    def give_desk(self, desk: Desk) -> None:
        self._desk = desk
        self._desk_given.set()

    async def desk(self) -> Desk:
        await self._desk_given.wait()
        assert self._desk is not None
        return self._desk

    def start(self, plan: CallPlan, instead_of: str = NO_CALL) -> str:
        """Start a call, take it in hand and return its key; it may take the place of one that is over.

        Raises UserError where it cannot be now.
        """
        if self._desk is not None:
            self._desk.admit(plan)
        if not plan.room:
            self._last_own = plan
        key = f"call-{next(self._numbers)}"
        self._held.pop(instead_of, None)
        self._pump.forget_call(instead_of)
        self._held[key] = Held(plan)
        self._feed.begin(key, instead_of)
        self._tell()
        self._tasks.spawn(self._start(key, plan), doing=START)
        return key

    @Slot()
    def start_again(self) -> None:
        """Start a call like the one in hand, in its place."""
        if self.phase in OVER:
            self._try_to_start(self.in_hand.plan, self._feed.in_hand)

    @Slot()
    def start_another(self) -> None:
        """Start a call like the last one that had a room of its own, beside the others."""
        self._try_to_start(self._last_own)

    @Slot(str)
    def take(self, key: str) -> None:
        """Take a call of the list in hand."""
        if key in self._held and key != self._feed.in_hand:
            self._feed.take(key)
            self._tell()

    def take_room(self, server: str, room: str) -> bool:
        """Take the live call of a room in hand; whether there is one."""
        for key, call in self._feed.calls.items():
            if call.live and (call.server, call.room) == (server, room):
                self.take(key)
                return True
        return False

    @Slot(str)
    def close_call(self, key: str) -> None:
        """List a call no more, once it is over."""
        if self.phase_of(key) in OVER:
            self._drop(key)

    @Slot()
    def close_in_hand(self) -> None:
        self.close_call(self._feed.in_hand)

    @Slot()
    def cancel(self) -> None:
        """Give the start in progress up."""
        if self.phase is Phase.STARTING:
            self._set_phase(self._feed.in_hand, Phase.CANCELLING)
            self._tasks.spawn(self._cancel(self._feed.in_hand), doing="cancel the start")

    @Slot()
    def end(self) -> None:
        if self.phase is Phase.IN_CALL:
            self._set_phase(self._feed.in_hand, Phase.ENDING)
            self._tasks.spawn(self._end(self._feed.in_hand), doing=END)

    @Slot(str)
    def type_as_caller(self, text: str) -> None:
        if self.phase is Phase.IN_CALL and self._desk is not None:
            asked = self._desk.type_as_caller(self._feed.in_hand, text)
            self._tasks.spawn(asked, doing="pass the text on")

    @Slot()
    def flag(self) -> bool:
        """Mark this moment; whether there is a call to mark it in."""
        if self.phase is not Phase.IN_CALL or self._desk is None:
            return False
        self._desk.flag(self._feed.in_hand, "")
        return True

    async def hang_up(self) -> None:
        """End whatever there is, side by side and for good: nothing starts afterwards."""
        self._leaving = True
        self._join(None)
        try:
            if self._desk is not None:
                await self._desk.end_all()
        finally:
            await self._tasks.close()

    # How it goes

    def _try_to_start(self, plan: CallPlan, instead_of: str = NO_CALL) -> None:
        try:
            self.start(plan, instead_of)
        except UserError as error:
            self.refused.emit(error)

    async def _start(self, key: str, plan: CallPlan) -> None:
        wanted = False
        error: UserError | None = None
        try:
            desk = await self.desk()
            await desk.start_call(key, plan)
            wanted = self.phase_of(key) is Phase.STARTING
        except UserError as failure:
            error = failure if self.phase_of(key) is Phase.STARTING else None
        finally:
            self._pump.flush()
            if wanted and self._feed.calls[key].opened_at is not None:
                self._enter(key)
            elif error is not None:
                self._fail(key, error)
            else:
                self._drop(key)

    async def _cancel(self, key: str) -> None:
        if self._desk is not None:
            await self._desk.end_call(key)

    async def _end(self, key: str) -> None:
        assert self._desk is not None
        try:
            await self._desk.end_call(key)
        finally:
            self._pump.flush()
            if key in self._held and self._feed.calls[key].live:
                self._set_phase(key, Phase.IN_CALL)

    def _enter(self, key: str) -> None:
        """A call is up: count its frames, and let the operator be heard in it if it is in hand."""
        self._pump.begin_call(key)
        over = self._feed.calls[key].closed_at is not None
        self._set_phase(key, Phase.ENDED if over else Phase.IN_CALL)
        if key != self._feed.in_hand and (audio := self._audio_of(key)) is not None:
            audio.set_talking(talking=False)

    def _fail(self, key: str, error: UserError) -> None:
        log.info("no call: %s", error)
        held = self._held[key]
        held.error, held.phase = error, Phase.FAILED
        self.start_failed.emit(key, error)
        self._tell()

    def _drop(self, key: str) -> None:
        del self._held[key]
        self._pump.forget_call(key)
        self._feed.drop(key)
        self._tell()

    @Slot(str, object)
    def _follow(self, key: str, changes: Changes) -> None:
        """Go along with a call that ended by itself."""
        if changes.state and self.phase_of(key) in UP and self._feed.calls[key].closed_at:
            self._set_phase(key, Phase.ENDED)

    @Slot(object)
    def _note(self, fact: Fact) -> None:
        """Keep in the call what happened at the panel."""
        if self.phase is Phase.IN_CALL and self._desk is not None:
            self._desk.note(self._feed.in_hand, fact)

    # The operator's devices

    def _set_phase(self, key: str, phase: Phase) -> None:
        self._held[key].phase = phase
        if phase is Phase.ENDED:
            self._pump.end_call(key)
        self._tell()

    def _tell(self) -> None:
        # First the devices, so that the microphone stays open from the first page to the Stage.
        self._join(self._audio_of(self._feed.in_hand))
        self.phase_changed.emit()

    def _audio_of(self, key: str) -> OperatorAudio | None:
        if self._desk is None or self._leaving or self.phase_of(key) not in UP:
            return None
        return self._desk.operator_audio(key)

    def _join(self, audio: OperatorAudio | None) -> None:
        """Join the operator's devices to this call, and to no other."""
        if audio is self._joined:
            return
        self._joined = audio
        if audio is None:
            self._talk.attach(None)
            self._audio.detach()
        else:
            self._audio.attach(audio)
            self._talk.attach(audio)
