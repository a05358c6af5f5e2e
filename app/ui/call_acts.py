"""What a person does with a call: start it, cancel that, end it, type, mark a moment."""

import asyncio
import logging
from enum import StrEnum

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import AgentState, Fact
from app.domain.ports import Desk
from app.ui.audio.devices import AudioDevices
from app.ui.call_feed import CallFeed
from app.ui.frame_pump import FramePump
from app.ui.talk import Talk
from app.ui.tasks import TaskScope

log = logging.getLogger(__name__)

START = "start the call"
END = "end the call"


class Phase(StrEnum):
    """Where the panel is with its call."""

    IDLE = "idle"
    STARTING = "starting"
    CANCELLING = "cancelling"
    IN_CALL = "in call"
    ENDING = "ending"
    ENDED = "ended"


class CallActs(QObject):
    """Carries what a person wants to the desk, and joins the operator's devices to the call. UI loop only.

    The desk may come later than the window: what needs it waits for it.
    """

    phase_changed = Signal()
    start_failed = Signal(object)
    """UserError: why there is no call."""

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
        self._plan = CallPlan()
        self.phase = Phase.IDLE
        feed.changed.connect(self._follow)
        audio.switched.connect(self._note)

    def give_desk(self, desk: Desk) -> None:
        self._desk = desk
        self._desk_given.set()

    async def desk(self) -> Desk:
        await self._desk_given.wait()
        assert self._desk is not None
        return self._desk

    def start(self, plan: CallPlan) -> None:
        """Start a call, unless one is being started or is live."""
        if self.phase in (Phase.IDLE, Phase.ENDED):
            self._plan = plan
            self._set_phase(Phase.STARTING)
            self._tasks.spawn(self._start(plan), doing=START)

    @Slot()
    def start_again(self) -> None:
        """Start a call like the last one."""
        self.start(self._plan)

    @Slot()
    def cancel(self) -> None:
        """Give the start in progress up."""
        if self.phase is Phase.STARTING:
            self._set_phase(Phase.CANCELLING)
            self._tasks.spawn(self._cancel(), doing="cancel the start")

    @Slot()
    def end(self) -> None:
        if self.phase is Phase.IN_CALL:
            self._set_phase(Phase.ENDING)
            self._tasks.spawn(self._end(), doing=END)

    @Slot(str)
    def type_as_caller(self, text: str) -> None:
        if self.phase is Phase.IN_CALL and self._desk is not None:
            self._tasks.spawn(self._desk.type_as_caller(text), doing="pass the text on")

    @Slot()
    def flag(self) -> bool:
        """Mark this moment; whether there is a call to mark it in."""
        if self.phase is not Phase.IN_CALL or self._desk is None:
            return False
        self._desk.flag("")
        return True

    @Slot(object)
    def _note(self, fact: Fact) -> None:
        """Keep in the call what happened at the panel."""
        if self.phase is Phase.IN_CALL and self._desk is not None:
            self._desk.note(fact)

    async def hang_up(self) -> None:
        """End whatever there is, for good: nothing starts afterwards."""
        self._detach()
        try:
            if self._desk is not None:
                await self._desk.end_call()
        finally:
            await self._tasks.close()

    async def _start(self, plan: CallPlan) -> None:
        self._pump.flush()
        self._feed.begin()
        started = False
        try:
            desk = await self.desk()
            await desk.start_call(plan)
            started = self.phase is Phase.STARTING
        except UserError as error:
            if self.phase is Phase.STARTING:
                log.info("no call: %s", error)
                self.start_failed.emit(error)
        finally:
            self._pump.flush()
            if started:
                self._enter()
            else:
                self._set_phase(Phase.IDLE)

    async def _cancel(self) -> None:
        if self._desk is not None:
            await self._desk.end_call()

    async def _end(self) -> None:
        assert self._desk is not None
        try:
            await self._desk.end_call()
        finally:
            self._pump.flush()
            if self._feed.call.live:
                self._set_phase(Phase.IN_CALL)

    def _enter(self) -> None:
        """The call is up: join the operator's devices to it, and count its frames."""
        self._pump.forget_gaps()
        if self._feed.call.closed_at is not None:
            self._set_phase(Phase.ENDED)
            return
        if self._desk is not None and (audio := self._desk.operator_audio) is not None:
            # Before the page changes, so that the microphone stays open from one to the other.
            self._audio.attach(audio)
            self._talk.attach(audio)
        self._set_phase(Phase.IN_CALL)

    def _detach(self) -> None:
        self._talk.attach(None)
        self._audio.detach()

    @Slot()
    def _follow(self) -> None:
        """Go along with a call that was started elsewhere or that ended by itself."""
        call = self._feed.call
        if self.phase in (Phase.IN_CALL, Phase.ENDING) and call.closed_at is not None:
            self._detach()
            self._set_phase(Phase.ENDED)
        elif self.phase is Phase.IDLE and call.live and _is_up(call.agent_state):
            self._enter()

    def _set_phase(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit()


def _is_up(state: AgentState) -> bool:
    return state in (AgentState.LISTENING, AgentState.THINKING, AgentState.SPEAKING)
