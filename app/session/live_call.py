"""One live call: its room, agent, ear, recording and caller, started and ended in order."""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.agent.local_models import LoadedModels
from app.domain.access import RoomAccess, ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import (
    LOCAL_KIND,
    WATCHED_KIND,
    AgentState,
    AgentStateChanged,
    CallClosed,
    CallOpened,
    Flagged,
    PricesNoted,
    RecordingStarted,
    RecordingStopped,
    Service,
    StepProgressed,
)
from app.domain.live_changes import LiveChange, LiveSetting, differences
from app.domain.ports import FactSink
from app.domain.presets import Preset
from app.media import tokens
from app.media.ear import HIDDEN, Ear
from app.media.headless_caller import Answer, HeadlessCaller
from app.media.mouth import Mouth
from app.runtime.shutdown import stop_within
from app.session.agent_start import AgentStart, HostedAgent
from app.session.process_figures import ProcessFigures
from app.session.sink import CallSink
from app.session.studio import Studio
from app.session.venue import Venue
from app.session.versions import versions
from app.session.watched_agent import WatchedAgent
from app.storage.recording import StereoRecording

log = logging.getLogger(__name__)

AGENT_STOP_S = 14.0
LEAVE_S = 5.0
CHANGE_S = 5.0
AGENT_IDENTITY = "agent"
EAR_IDENTITY = "greenroom-ear"
AS_GIVEN = "as the participant of a pasted token, for levels and the recording"
OPERATOR_IDENTITY = "you"
CALLER_IDENTITY = "caller"


class StartCancelledError(Exception):
    """The call was ended while it was starting."""


class LiveCall:
    """Owns one call from its room to its last fact. Media loop only, but for `flag`."""

    def __init__(
        self,
        studio: Studio,
        plan: CallPlan,
        agent: AgentStart | None,
        access: ServerAccess | None,
        panel: FactSink,
    ) -> None:
        """`agent` is the one that `plan` names, None watches the one in the room; `access` as `Venue` takes it."""
        self._studio = studio
        self._token = plan.by_token
        self._clock = studio.clock
        self._start_of_agent = agent
        self.id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        room = plan.room or f"{agent.source.id if agent else 'call'}-{self.id[-4:]}"
        self.venue = Venue(studio, access, server=plan.server, room=room, own_room=not plan.room)
        names = (AGENT_IDENTITY, EAR_IDENTITY, OPERATOR_IDENTITY)
        self._identity = {name: self.venue.identity(name) for name in names}
        self.recording_path = studio.recordings_folder / f"{self.id}.wav"
        self._writer = studio.library.open_call(self.id)
        self.sink = CallSink(self._writer, panel, studio.redactor)
        self._process = ProcessFigures()
        self.process_figures: Mapping[str, float | None] = {}
        """What the process took for this call; empty until it has ended."""
        self._ending = asyncio.Event()
        self._turnstile = asyncio.Lock()
        self._loading: Future[LoadedModels] | None = None
        self._ended = False
        self._access: ServerAccess | None = None
        self._recording: StereoRecording | None = None
        self._ear: Ear | None = None
        self._agent: HostedAgent | None = None
        self.mouth: Mouth | None = None

    @property
    def identities(self) -> frozenset[str]:
        """The participants that this call puts into its room. Any thread."""
        own = self._identity.values() if self._token is None else (self._token.identity,)
        return frozenset(own)

    async def start(self, *, with_operator: bool) -> None:
        """Bring the agent into the room, with the ear beside it and the recording running.

        `with_operator` puts the operator there as the caller.
        Raises UserError when a part does not come up, StartCancelledError when the call is ended
        meanwhile; the call is closed in order either way.
        """
        try:
            async with self._turnstile:
                if self._token is not None:
                    await self._enter(self._token, speaking=with_operator)
                else:
                    await self._start()
                    if with_operator:
                        await self._join_as_operator()
        except (UserError, StartCancelledError) as error:
            cancelled = self._ending.is_set()
            await self.end(str(error) or "The start was cancelled.")
            if cancelled:
                raise StartCancelledError from error
            raise

    async def speak(self, questions: Sequence[Path], turns: int) -> list[Answer]:
        """Let a headless caller speak `turns` questions in their order, begun anew when they run out.

        The end of the call cuts it short: no answers are returned then.
        """
        caller = HeadlessCaller(self.sink, self._clock)
        await caller.join(self._caller_access(CALLER_IDENTITY, "Caller"))
        asked = [questions[number % len(questions)] for number in range(turns)]
        loop = asyncio.get_running_loop()
        conversing = loop.create_task(caller.converse(asked))
        ending = loop.create_task(self._ending.wait())
        try:
            await asyncio.wait({conversing, ending}, return_when=asyncio.FIRST_COMPLETED)
            return conversing.result() if conversing.done() else []
        finally:
            ending.cancel()
            conversing.cancel()
            await asyncio.wait({conversing})
            await stop_within(LEAVE_S, "caller", caller.leave())

    async def invite(self) -> RoomAccess:
        """What another client needs to join as a caller."""
        return self._caller_access(f"guest-{secrets.token_hex(4)}", "Guest")

    async def type_as_caller(self, text: str) -> None:
        """Have the agent answer `text`."""
        if self._agent is not None:
            await asyncio.wrap_future(self._agent.type_as_caller(text))

    @property
    def agent_id(self) -> str:
        """Of the agent that was brought; empty where one is watched. Any thread."""
        return "" if self._start_of_agent is None else self._start_of_agent.source.id

    async def follow(self, preset: Preset) -> tuple[LiveSetting, ...]:
        """Bring into the call what its agent's preset says now, as far as that is possible; says what changed.

        Raises UserError at the first change that cannot be; those before it hold.
        """
        start = self._start_of_agent
        if start is None or start.preset is None or self._agent is None:
            return ()
        changed = await self.change(differences(start.preset, preset))
        self._start_of_agent = replace(start, source=preset)
        return changed

    async def change(self, changes: Sequence[LiveChange]) -> tuple[LiveSetting, ...]:
        """Change these settings of the agent from its next turn on; says which. Raises as `follow` does."""
        agent = self._agent
        if agent is None:
            return ()
        try:
            for change in changes:
                async with asyncio.timeout(CHANGE_S):
                    await asyncio.wrap_future(agent.change(change))
        except TimeoutError:
            title = f"The agent did not answer within {CHANGE_S:.0f} s."
            raise UserError(title, "Its own code may hold it up: Events show that.") from None
        return tuple(change.setting for change in changes)

    def flag(self, note: str) -> None:
        """Mark this moment. Any thread."""
        self.sink.post(Flagged(at=self._clock.now(), note=note))

    async def end(self, reason: str) -> None:
        """Leave, stop and close in order, each with its deadline; a start in progress stops at its next step.

        Returns when the call is closed, whoever asked first.
        """
        self._ending.set()
        if self._loading is not None:
            self._loading.cancel()
        if self._turnstile.locked() and self._agent is not None:
            # It is still joining, for up to half a minute: it shall give up at once.
            self._agent.stop()
        async with self._turnstile:
            if not self._ended:
                await self._close(reason)

    async def _close(self, reason: str) -> None:
        self._ended = True
        if self.mouth is not None:
            await stop_within(LEAVE_S, "operator", self.mouth.leave())
        if self._agent is not None:
            await stop_within(AGENT_STOP_S, "agent", asyncio.wrap_future(self._agent.stop()))
        if self._ear is not None:
            await stop_within(LEAVE_S, "ear", self._ear.leave())
        await self._close_recording()
        await stop_within(LEAVE_S, "room", self.venue.close())
        self._studio.room_news.left(self.venue.server, self.venue.room)
        self.process_figures = self._process.figures()
        self.sink.post(CallClosed(at=self._clock.now(), reason=reason))
        await asyncio.get_running_loop().run_in_executor(None, self._writer.close)

    async def _start(self) -> None:
        start = self._start_of_agent
        if start is None:
            await self._watch()
            return
        self._post_opened(start.source.name, start.kind, start.services)
        if start.kind != LOCAL_KIND:
            noted = PricesNoted(
                at=self._clock.now(), prices=start.prices, trouble=start.table.trouble
            )
            self.sink.post(noted)
        loading = self._begin_loading(start.preset)
        try:
            access = self._access = await self.venue.reach(self.sink)
            self._go_on()
            await self.venue.open()
            await self._start_ear(access, self.sink)
        finally:
            await asyncio.wait([loading])
        self._go_on()
        models = loading.result()
        self._process.begin()
        await self._start_agent(start, access, models)

    def _begin_loading(self, preset: Preset | None) -> "asyncio.Task[LoadedModels | None]":
        """Load the models of a preset; a bot file brings its own."""
        if preset is not None:
            self._loading = self._studio.models.load(preset, self.sink.post, self._clock)
        return asyncio.get_running_loop().create_task(self._loaded())

    async def _loaded(self) -> LoadedModels | None:
        return None if self._loading is None else await asyncio.wrap_future(self._loading)

    async def _watch(self) -> None:
        """Listen to a room whose agent is not ours."""
        access = self._access = await self.venue.reach(self.sink)
        await self.venue.open()
        self._post_opened(await self.venue.agent_name(), WATCHED_KIND, ())
        self._process.begin()
        await self._start_ear(access, WatchedAgent(self.sink))
        self._watching()

    async def _enter(self, token: RoomAccess, *, speaking: bool) -> None:
        """Join as somebody else's token says. It opens one connection, by which we listen, and speak if it may."""
        self._post_opened("", WATCHED_KIND, ())
        self._process.begin()
        ear = self._new_ear(WatchedAgent(self.sink), AS_GIVEN)
        if speaking:
            self.mouth = Mouth(self.sink, self._clock, ear)
            await self.mouth.join(token)
        else:
            await ear.join(token)
        self._studio.room_news.entered(self.venue.server, self.venue.room)
        self._watching()

    def _watching(self) -> None:
        """All that can be said yet of an agent that is not ours."""
        self._go_on()
        self.sink.post(AgentStateChanged(at=self._clock.now(), state=AgentState.LISTENING))

    def _go_on(self) -> None:
        if self._ending.is_set():
            raise StartCancelledError

    def _post_opened(self, agent: str, kind: str, services: tuple[Service, ...]) -> None:
        opened = CallOpened(
            at=self._clock.now(),
            call_id=self.id,
            room=self.venue.room,
            server=self.venue.server,
            agent_name=agent,
            agent_kind=kind,
            services=services,
            versions=versions(self._studio.server_version),
        )
        self.sink.post(opened)

    async def _start_ear(self, access: ServerAccess, sink: FactSink) -> None:
        ear = self._new_ear(sink, HIDDEN)
        identity = self._identity[EAR_IDENTITY]
        await ear.join(tokens.ear_access(access, self.venue.room, identity))
        self._studio.room_news.entered(self.venue.server, self.venue.room)

    def _new_ear(self, sink: FactSink, how: str) -> Ear:
        """An ear that is about to join, and the recording of what it hears."""
        self._record()
        news = partial(self._studio.room_news.happened, self.venue.server, self.venue.room)
        ear = self._ear = Ear(sink, self._clock, self._recording, how=how, on_news=news)
        return ear

    def _record(self) -> None:
        """Begin the recording; where that fails the call goes on without."""
        try:
            self._recording = StereoRecording(
                self.recording_path, self._clock.now(), on_stopped=self._recording_stopped
            )
        except UserError as error:
            log.warning("no recording: %s", error)
            self._recording_stopped(str(error))
        else:
            begun = self._recording.started_at
            self.sink.post(RecordingStarted(at=begun, path=str(self.recording_path)))

    async def _start_agent(
        self, start: AgentStart, access: ServerAccess, models: LoadedModels | None
    ) -> None:
        begun = self._clock.now()
        self.sink.post(_room_step(begun, "the agent joins"))
        identity = self._identity[AGENT_IDENTITY]
        self._agent = start.host(
            tokens.agent_access(access, self.venue.room, identity, start.source.name),
            sink=self.sink,
            clock=self._clock,
            models=models,
            evict=self._evict_agent,
        )
        await asyncio.wrap_future(self._agent.start())
        now = self._clock.now()
        self.sink.post(_room_step(now, f"joined, {now - begun:.1f} s", now - begun))

    async def _join_as_operator(self) -> None:
        self.mouth = Mouth(self.sink, self._clock)
        identity = self._identity[OPERATOR_IDENTITY]
        await self.mouth.join(self._caller_access(identity, "You"))

    def _evict_agent(self) -> "Future[None]":
        """Put the agent out of the room through the server. Any thread."""
        removing = self.venue.rooms.remove_participant(
            self.venue.room, self._identity[AGENT_IDENTITY]
        )
        return self._studio.media.submit(removing)

    def _recording_stopped(self, reason: str) -> None:
        """The recording gave up by itself; the call goes on. Any thread."""
        self.sink.post(RecordingStopped(at=self._clock.now(), reason=reason))

    async def _close_recording(self) -> None:
        if self._recording is not None:
            closing = asyncio.to_thread(self._recording.close)
            await stop_within(LEAVE_S, "recording", closing)

    def _caller_access(self, identity: str, name: str) -> RoomAccess:
        assert self._access is not None
        return tokens.caller_access(self._access, self.venue.room, identity, name)


def _room_step(at: float, detail: str, took_s: float | None = None) -> StepProgressed:
    return StepProgressed(at=at, step="room", label="Join the room", detail=detail, took_s=took_s)
