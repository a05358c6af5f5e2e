# pyright: reportUnknownMemberType=false
"""Runs the agent that a preset describes."""

import asyncio
from collections.abc import Mapping

from pipecat.flows import Flow
from pipecat.frames.frames import Frame, LLMMessagesAppendFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

from app.agent.call_course import CallCourse
from app.agent.catalogue import catalogue
from app.agent.fallback.speaking import Recorded
from app.agent.flow import begin_flow, load_flow
from app.agent.live_tuning import LiveTuning
from app.agent.local_models import LoadedModels
from app.agent.pipecat_time import PipecatTime
from app.agent.pipeline import Bot, Parts, build_bot
from app.agent.program import ProgramHost
from app.agent.room_session import RoomSession, current_session
from app.agent.service_factory import HttpSession, Materials
from app.agent.spending import watch_spending
from app.agent.tools import Tool, load_module, load_tools, tool_path
from app.agent.voice import SAMPLE_RATE_HZ
from app.domain.access import RoomAccess
from app.domain.errors import UserError
from app.domain.facts import LimitReached, ServiceSwitched
from app.domain.live_changes import LiveChange
from app.domain.presets import Preset
from app.domain.prices import Price
from app.domain.services import ServiceKind

GREETING_AFTER_S = 0.4
"""After the first caller's arrival: their ears take a moment to open."""
SAY_THIS = "Say this to the caller now, in these words: "


class PresetProgram:
    """Builds a preset's pipeline and runs it. Agent loop only."""

    def __init__(
        self,
        preset: Preset,
        access: RoomAccess,
        models: LoadedModels,
        environment: Mapping[str, str],
        extra: tuple[FrameProcessor, ...],
        prices: tuple[Price, ...],
    ) -> None:
        """`environment` holds keys by the names of their variables; `extra` sits before the room.

        The limit of cost is kept by `prices`.
        """
        self._preset = preset
        self._access = access
        self._models = models
        self._environment = environment
        self._extra = extra
        self._prices = prices
        self._http = HttpSession()
        self._flow: Flow | None = None
        self._bot: Bot | None = None
        self._course: CallCourse | None = None
        self._tuning: LiveTuning | None = None

    @property
    def start_timeout_s(self) -> float:
        return self._preset.limits.start_timeout_s

    @property
    def goodbye_s(self) -> float:
        return self._preset.limits.goodbye_s

    async def run(self, host: ProgramHost) -> str:
        session = current_session.get()
        assert session is not None
        try:
            bot = await self._build(session)
            course = self._course = self._begin_course(bot, session)
            self._tuning = LiveTuning(self._preset, bot, session.sink, session.clock)
            await self._run(host, bot, course)
            return course.ended_because
        finally:
            if self._course is not None:
                self._course.over()
            await self._http.close()

    def _begin_course(self, bot: Bot, session: RoomSession) -> CallCourse:
        def told(why: str) -> None:
            session.sink.post(LimitReached(at=session.clock.now(), why=why))

        course = CallCourse(self._preset, bot.worker, bot.caller, self._say, told)
        if self._preset.limits.cost_usd is not None:
            time = PipecatTime(session.clock, bot.clock)
            bot.worker.add_observer(watch_spending(self._preset, self._prices, time, course.spent))
        return course

    async def change(self, change: LiveChange) -> None:
        """Change a setting while the call runs. Raises UserError where that cannot be."""
        if self._tuning is None:
            raise UserError("The agent is not running.", "Start it first.")
        await self._tuning.change(change)

    def give_up(self) -> None:
        """It builds in one go; `run` looks before it runs."""

    async def _build(self, session: RoomSession) -> Bot:
        tools = await asyncio.to_thread(self._load_own_files)
        entries = () if self._preset.is_local else await asyncio.to_thread(catalogue)
        by_id = {entry.id: entry for entry in entries}

        def told(part: ServiceKind, before: str, after: str, why: str) -> None:
            fact = ServiceSwitched(
                at=session.clock.now(),
                part=part.value,
                from_service=before,
                to_service=after,
                cause=why,
            )
            session.sink.post(fact)

        parts = Parts(
            self._models,
            Materials(by_id, self._environment, self._http),
            told,
            await self._record_line(),
            tools,
            self._extra,
        )
        self._bot = build_bot(self._preset, self._access, parts, [])
        return self._bot

    def _load_own_files(self) -> list[Tool]:
        """Read the preset's own Python files and its flow, to which they then belong."""
        preset = self._preset
        if not preset.flow:
            return load_tools(preset.folder, preset.tools)
        handlers = [load_module(tool_path(preset.folder, path)) for path in preset.tools]
        self._flow = load_flow(tool_path(preset.folder, preset.flow), handlers)
        return []

    async def _record_line(self) -> Recorded | None:
        """The line in the voice of this computer, which needs nobody else to be said."""
        line, voice = self._preset.failover.line, self._models.voice
        if self._preset.is_local or not line or voice is None:
            return None
        samples = await asyncio.to_thread(voice.speak, line)
        return Recorded(line, samples.tobytes(), SAMPLE_RATE_HZ)

    async def _run(self, host: ProgramHost, bot: Bot, course: CallCourse) -> None:
        host.worker_made(bot.worker)
        course.watch()
        bot.transport.add_event_handler("on_first_participant_joined", self._on_first_caller)

        async def on_disconnected(*_: object) -> None:
            await host.room_lost()

        bot.transport.add_event_handler("on_disconnected", on_disconnected)
        runner = WorkerRunner(handle_sigint=False)
        host.runner_made(runner)
        await runner.add_workers(bot.worker)
        if not host.stop_wanted:
            await runner.run()

    async def _on_first_caller(self, *_: object) -> None:
        if self._course is not None:
            self._course.begin()
        if self._bot is None:
            return
        await asyncio.sleep(GREETING_AFTER_S)
        if self._preset.greeting:
            await self._say(self._preset.greeting)
        if self._flow is not None:
            await begin_flow(self._flow, self._bot)

    async def _say(self, text: str) -> None:
        assert self._bot is not None
        frame: Frame = TTSSpeakFrame(text)
        if self._bot.tts is None:
            # A service that speaks by itself is asked to, for it takes no text to be spoken.
            frame = LLMMessagesAppendFrame(
                messages=[{"role": "user", "content": SAY_THIS + text}], run_llm=True
            )
        await self._bot.worker.queue_frame(frame)
