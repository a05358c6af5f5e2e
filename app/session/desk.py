"""What the panel asks of the session, carried from the UI loop to the media loop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from app.agent.preset_file import find_preset, load_preset
from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.facts import Fact
from app.domain.ports import FactSink, OperatorAudio
from app.domain.servers import THIS_COMPUTER
from app.media.headless_caller import Answer
from app.media.server_binary import find_livekit_server, version_of
from app.media.speech_file import load_speech
from app.session.live_call import LiveCall, StartCancelledError
from app.session.studio import Studio
from app.storage.export import export_call

T = TypeVar("T")
AccessOf = Callable[[str], Awaitable[ServerAccess]]

ENDED_BY_OPERATOR = "You ended the call."


class StudioDesk:
    """Implements `app.domain.ports.Desk`: at most one call in hand. UI loop only."""

    def __init__(
        self, studio: Studio, panel: FactSink, access_of: AccessOf, *, operator_is_caller: bool
    ) -> None:
        """`access_of` gives the access of a server profile by its name, on the UI loop."""
        self._studio = studio
        self._access_of = access_of
        self._panel = panel
        self._operator_is_caller = operator_is_caller
        self.call: LiveCall | None = None
        self._wanted: CallPlan | None = None
        """The call being started, until somebody gives it up."""

    @property
    def operator_audio(self) -> OperatorAudio | None:
        return None if self.call is None else self.call.mouth

    async def server_version(self) -> str:
        """The version of the livekit-server on this computer. Raises MissingRequirementError."""
        return await asyncio.to_thread(lambda: version_of(find_livekit_server()))

    async def start_call(self, plan: CallPlan) -> None:
        """Start a call.

        Raises UserError when a part does not come up; returns quietly when the call is ended meanwhile.
        """
        await self.end_call()
        self._wanted = plan
        preset = load_preset(find_preset(plan.preset)) if plan.preset else None
        keyless = plan.server == THIS_COMPUTER or plan.by_token is not None
        access = None if keyless else await self._access_of(plan.server)
        if self._wanted is not plan:
            return
        call = self.call = LiveCall(self._studio, plan, preset, access, self._panel)
        try:
            with_operator = plan.speaking and self._operator_is_caller
            await self._studio.ask_media(call.start(with_operator=with_operator))
        except StartCancelledError:
            return

    async def end_call(self) -> None:
        await self.end(ENDED_BY_OPERATOR)

    async def end(self, reason: str) -> None:
        """End the call in hand for this reason; without one, nothing happens."""
        self._wanted = None
        if self.call is not None:
            await self._studio.ask_media(self.call.end(reason))

    async def type_as_caller(self, text: str) -> None:
        if self.call is not None:
            await self._studio.ask_media(self.call.type_as_caller(text))

    async def check_speech(self, questions: Sequence[Path]) -> None:
        """Raises UsageError, which names the file, for a question that cannot be spoken."""
        for question in questions:
            await asyncio.to_thread(load_speech, question)

    async def speak(self, questions: Sequence[Path], turns: int) -> list[Answer]:
        """Have a headless caller ask `turns` questions; raises UsageError for a file that cannot be spoken."""
        assert self.call is not None
        return await self._studio.ask_media(self.call.speak(questions, turns))

    async def invitation(self) -> dict[str, str]:
        """What another client needs to join the call as a caller: url, room and token."""
        assert self.call is not None
        access = await self._studio.ask_media(self.call.invite())
        return {"url": access.url, "room": access.room, "token": access.token}

    def export(self, folder: Path, ui: Mapping[str, float | int | None]) -> None:
        """Write the documents of the call in hand, once it has ended. Any thread. Raises UserError."""
        assert self.call is not None
        figures = self.call.process_figures
        export_call(self._studio.library, self.call.id, folder, ui=ui, process=figures)

    def flag(self, note: str) -> None:
        if self.call is not None:
            self.call.flag(note)

    def note(self, fact: Fact) -> None:
        if self.call is not None:
            self.call.sink.post(fact)
