"""What the panel asks of the session, carried from the UI loop to the media loop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import Fact
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.ports import FactSink, OperatorAudio
from app.domain.presets import Preset
from app.domain.servers import THIS_COMPUTER
from app.media.headless_caller import Answer
from app.media.server_binary import find_livekit_server, version_of
from app.media.speech_file import load_speech
from app.session.agent_start import AgentStart
from app.session.live_call import LiveCall, StartCancelledError
from app.session.studio import Studio
from app.storage.export import export_call

AccessOf = Callable[[str], Awaitable[ServerAccess]]
PanelOf = Callable[[str], FactSink]
StartOf = Callable[[str], Awaitable[AgentStart]]

ENDED_BY_OPERATOR = "You ended the call."
LIVE_AT_MOST = 8


@dataclass(slots=True)
class _Line:
    """A call that is being started, is live or is being ended."""

    plan: CallPlan
    call: LiveCall | None = None
    given_up: bool = False

    @property
    def room(self) -> str:
        return self.plan.room if self.call is None else self.call.venue.room


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is needed of a call that has ended."""

    id: str
    process: Mapping[str, float | None]


class StudioDesk:
    """Implements `app.domain.ports.Desk`: several calls at once, by the keys the panel gave them. UI loop only."""

    def __init__(
        self,
        studio: Studio,
        panel: PanelOf,
        access_of: AccessOf,
        start_of: StartOf,
        *,
        operator_is_caller: bool,
    ) -> None:
        """`panel` gives where the facts of a call go by its key, `access_of` that of a server profile by its name.

        `start_of` gives what an agent is started with, by what names it in a plan.
        """
        self._start_of = start_of
        self._studio = studio
        self._access_of = access_of
        self._panel = panel
        self._operator_is_caller = operator_is_caller
        self._lines: dict[str, _Line] = {}
        self._ended: dict[str, _Ended] = {}

    @property
    def calls(self) -> tuple[LiveCall, ...]:
        """Those that are live, or about to be."""
        return tuple(line.call for line in self._lines.values() if line.call is not None)

    def operator_audio(self, key: str) -> OperatorAudio | None:
        call = self._call(key)
        return None if call is None else call.mouth

    async def server_version(self) -> str:
        """The version of the livekit-server on this computer. Raises MissingRequirementError."""
        return await asyncio.to_thread(lambda: version_of(find_livekit_server()))

    def admit(self, plan: CallPlan) -> None:
        if len(self._lines) >= LIVE_AT_MOST:
            title = f"{LIVE_AT_MOST} calls are live, and no more can be."
            raise UserError(title, "End one of them, then try again.")
        taken = {(line.plan.server, line.room) for line in self._lines.values()}
        if plan.room and (plan.server, plan.room) in taken:
            raise UserError(
                f"There is a call in the room {plan.room} already.",
                "Choose it in the list left of the Stage, or end it first.",
            )

    async def start_call(self, key: str, plan: CallPlan) -> None:
        """Start a call.

        Raises UserError when it is not admitted or when a part does not come up; returns quietly when the call is
        ended meanwhile.
        """
        self.admit(plan)
        line = self._lines[key] = _Line(plan)
        up = False
        try:
            call = await self._prepared(key, line)
            if call is not None:
                with_operator = plan.speaking and self._operator_is_caller
                await self._studio.ask_media(call.start(with_operator=with_operator))
                up = True
        except StartCancelledError:
            return
        except UserError:
            if not line.given_up:
                raise
        finally:
            if not up:
                self._forget(key)

    async def end_call(self, key: str) -> None:
        await self.end(key, ENDED_BY_OPERATOR)

    async def end_all(self) -> None:
        ending = [self.end_call(key) for key in tuple(self._lines)]
        outcomes = await asyncio.gather(*ending, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def end(self, key: str, reason: str) -> None:
        """End a call for this reason; one that is not live is left alone."""
        line = self._lines.get(key)
        if line is None:
            return
        line.given_up = True
        if line.call is not None:
            await self._studio.ask_media(line.call.end(reason))
        self._forget(key)

    async def type_as_caller(self, key: str, text: str) -> None:
        if (call := self._call(key)) is not None:
            await self._studio.ask_media(call.type_as_caller(text))

    def running(self, agent_id: str) -> int:
        """In how many live calls an agent is."""
        return sum(call.agent_id == agent_id for call in self.calls)

    async def follow(self, agent_id: str, preset: Preset) -> tuple[LiveSetting, ...]:
        """Bring into the live calls of an agent what its preset says now; what changed in any.

        Raises UserError at the first change that cannot be.
        """
        changed: dict[LiveSetting, None] = {}
        for call in self.calls:
            if call.agent_id == agent_id:
                changed |= dict.fromkeys(await self._studio.ask_media(call.follow(preset)))
        return tuple(changed)

    async def change(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[LiveSetting, ...]:
        """Change these settings of an agent in its live calls; what changed in any. Raises as `follow` does."""
        changed: dict[LiveSetting, None] = {}
        for call in self.calls:
            if call.agent_id == agent_id:
                changed |= dict.fromkeys(await self._studio.ask_media(call.change(changes)))
        return tuple(changed)

    async def check_speech(self, questions: Sequence[Path]) -> None:
        """Raises UsageError, which names the file, for a question that cannot be spoken."""
        for question in questions:
            await asyncio.to_thread(load_speech, question)

    async def speak(self, key: str, questions: Sequence[Path], turns: int) -> list[Answer]:
        """Have a headless caller ask `turns` questions in a live call.

        Raises UsageError for a file that cannot be spoken.
        """
        return await self._studio.ask_media(self._live(key).speak(questions, turns))

    async def invitation(self, key: str) -> dict[str, str]:
        """What another client needs to join a live call as a caller: url, room and token."""
        access = await self._studio.ask_media(self._live(key).invite())
        return {"url": access.url, "room": access.room, "token": access.token}

    def has_ended(self, key: str) -> bool:
        """Whether there was such a call, and it is over."""
        return key in self._ended

    def export(self, key: str, folder: Path, ui: Mapping[str, float | int | None]) -> None:
        """Write the documents of a call that has ended. Any thread. Raises UserError."""
        ended = self._ended[key]
        export_call(self._studio.library, ended.id, folder, ui=ui, process=ended.process)

    def flag(self, key: str, note: str) -> None:
        if (call := self._call(key)) is not None:
            call.flag(note)

    def note(self, key: str, fact: Fact) -> None:
        if (call := self._call(key)) is not None:
            call.sink.post(fact)

    async def _prepared(self, key: str, line: _Line) -> LiveCall | None:
        """The call of a line, not begun yet; None when it was given up meanwhile."""
        plan = line.plan
        agent = await self._start_of(plan.preset) if plan.preset else None
        keyless = plan.server == THIS_COMPUTER or plan.by_token is not None
        access = None if keyless else await self._access_of(plan.server)
        if line.given_up:
            return None
        line.call = LiveCall(self._studio, plan, agent, access, self._panel(key))
        return line.call

    def _forget(self, key: str) -> None:
        """A line is over; whoever comes second to say so changes nothing."""
        line = self._lines.pop(key, None)
        if line is not None and line.call is not None:
            self._ended[key] = _Ended(line.call.id, line.call.process_figures)

    def _call(self, key: str) -> LiveCall | None:
        line = self._lines.get(key)
        return None if line is None else line.call

    def _live(self, key: str) -> LiveCall:
        call = self._call(key)
        if call is None:
            raise UserError("The call is over.", "Start another one.")
        return call
