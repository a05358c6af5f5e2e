# pyright: reportUnknownMemberType=false
"""Runs the agent that a preset describes."""

import asyncio
from collections.abc import Mapping

from pipecat.frames.frames import TTSSpeakFrame
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

from app.agent.local_models import LoadedModels
from app.agent.pipeline import Bot, build_bot
from app.agent.program import ProgramHost
from app.domain.access import RoomAccess
from app.domain.presets import Preset

GREETING_AFTER_S = 0.4
"""After the first caller's arrival: their ears take a moment to open."""


class PresetProgram:
    """Builds a preset's pipeline and runs it. Agent loop only."""

    def __init__(
        self,
        preset: Preset,
        access: RoomAccess,
        models: LoadedModels,
        environment: Mapping[str, str],
        extra: tuple[FrameProcessor, ...],
    ) -> None:
        """`environment` holds keys by the names of their variables; `extra` sits before the room."""
        self._preset = preset
        self._access = access
        self._models = models
        self._environment = environment
        self._extra = extra
        self._bot: Bot | None = None

    @property
    def start_timeout_s(self) -> float:
        return self._preset.limits.start_timeout_s

    @property
    def goodbye_s(self) -> float:
        return self._preset.limits.goodbye_s

    async def run(self, host: ProgramHost) -> str:
        bot = self._bot = build_bot(self._preset, self._access, self._models, [], self._extra)
        host.worker_made(bot.worker)
        bot.transport.add_event_handler("on_first_participant_joined", self._greet)

        async def on_disconnected(*_: object) -> None:
            await host.room_lost()

        bot.transport.add_event_handler("on_disconnected", on_disconnected)
        runner = WorkerRunner(handle_sigint=False)
        host.runner_made(runner)
        await runner.add_workers(bot.worker)
        if not host.stop_wanted:
            await runner.run()
        return ""

    def give_up(self) -> None:
        """It builds in one go; `run` looks before it runs."""

    async def _greet(self, *_: object) -> None:
        if self._preset.greeting and self._bot is not None:
            await asyncio.sleep(GREETING_AFTER_S)
            await self._bot.worker.queue_frame(TTSSpeakFrame(self._preset.greeting))
