"""Runs a user's own bot."""

import argparse
import asyncio
import logging
from collections.abc import Mapping
from contextvars import copy_context
from functools import partial
from threading import Lock

from pipecat.runner.types import LiveKitRunnerArguments

from app.agent.bot import shims, stand_ins
from app.agent.bot.attaching import processors_of
from app.agent.bot.failures import could_not_load, has_failed
from app.agent.bot.live_settings import frame_for
from app.agent.bot.loading import LoadedBot, load_bot
from app.agent.bot.project import content_sha256, find_program
from app.agent.bot.session import BotSession
from app.agent.program import ProgramHost
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.errors import UserError
from app.domain.facts import SettingChanged
from app.domain.live_changes import LiveChange
from app.domain.ports import Clock, FactSink
from app.runtime.daemon_worker import DaemonWorker

log = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
"""Its imports and models take seconds, and a provider that does not answer holds its start for eight."""
GOODBYE_S = 3.0
"""The audio of its last sentence is followed by up to two seconds of silence of Pipecat's."""
ENDED = "Its program has ended."


class BotProgram:
    """Loads a bot's file and runs its `bot()`. Agent loop only."""

    def __init__(
        self,
        bot: BotFile,
        access: RoomAccess,
        sink: FactSink,
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        """`environment` are its keys, by the names of their variables."""
        self._bot = bot
        self._access = access
        self._sink = sink
        self._clock = clock
        self._environment = environment
        self._session: BotSession | None = None
        self._loading: asyncio.Task[LoadedBot] | None = None
        self._handover = Lock()
        """Whoever is last, who loads or who runs, unloads."""
        self._loaded: LoadedBot | None = None
        self._over = False

    @property
    def start_timeout_s(self) -> float:
        return START_TIMEOUT_S

    @property
    def goodbye_s(self) -> float:
        return GOODBYE_S

    async def run(self, host: ProgramHost) -> str:
        shims.install()
        session = self._session = BotSession(self._bot, host, self._sink, self._clock)
        with shims.surroundings(session, self._environment):
            self._loading = asyncio.get_running_loop().create_task(self._load())
            session.begin_step("bot", "Load the bot", "its imports")
            try:
                loaded = await self._loading
                session.end_step("loaded")
                if not host.stop_wanted:
                    session.begin_step("pipeline", "Build its pipeline", "its services and models")
                    await self._run(loaded)
            finally:
                self._unload()
        return ENDED

    async def change(self, change: LiveChange) -> None:
        """Change a setting from the next turn on, and tell it. Raises UserError where that cannot be."""
        worker = self._session.worker if self._session is not None else None
        if worker is None:
            raise UserError("The bot has no pipeline in the room yet.", "Try again once it has.")
        before, frame = frame_for(change, [*processors_of(worker.pipeline)])
        await worker.queue_frame(frame)
        name, after = change.setting.value, str(change.value).strip()
        self._sink.post(SettingChanged(at=self._clock.now(), name=name, before=before, after=after))

    def give_up(self) -> None:
        """Whether it is loaded by now or not, it will not run."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()

    async def _load(self) -> LoadedBot:
        """Import it on a thread of its own, so that the loop hears of a stop meanwhile."""
        loader = DaemonWorker(f"load {self._bot.path.name}")
        try:
            return await loader.do(
                partial(copy_context().run, self._load_agreed), self.start_timeout_s
            )
        except TimeoutError:
            raise UserError(
                f"The bot was not loaded after {self.start_timeout_s:.0f} s.",
                "What stands at the top of its files takes too long.",
            ) from None
        except Exception as error:
            log.info("the bot %s could not be loaded", self._bot.path, exc_info=error)
            raise could_not_load(error, self._bot.path) from error
        finally:
            stand_ins.withdraw()

    def _load_agreed(self) -> LoadedBot:
        program = find_program(self._bot.path)
        if content_sha256(program) != self._bot.sha256:
            raise UserError(
                f"{program.name} is not what you agreed to run: it has changed since.",
                "Look at it and agree again.",
            )
        loaded = load_bot(program)
        with self._handover:
            if self._over:
                loaded.unload()
            else:
                self._loaded = loaded
        return loaded

    def _unload(self) -> None:
        with self._handover:
            self._over = True
            if self._loaded is not None:
                self._loaded.unload()

    async def _run(self, loaded: LoadedBot) -> None:
        try:
            await loaded.bot(runner_arguments(self._access))
        except UserError:
            raise
        except Exception as error:
            log.warning("the bot %s failed", self._bot.path, exc_info=error)
            raise has_failed(error, loaded.path) from error


def runner_arguments(access: RoomAccess) -> LiveKitRunnerArguments:
    """What Pipecat's own runner would give a bot for this room."""
    arguments = LiveKitRunnerArguments(
        room_name=access.room, url=access.url, token=access.token, body={}, session_id=access.room
    )
    arguments.cli_args = argparse.Namespace(host="localhost", port=7860, transport="livekit")
    return arguments
