"""Runs a user's own bot."""

import argparse
import asyncio
from collections.abc import Mapping

from pipecat.runner.types import LiveKitRunnerArguments

from app.agent.bot.loading import LoadedBot, load_bot
from app.agent.program import ProgramHost
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.ports import Clock, FactSink

START_TIMEOUT_S = 60.0
"""Its imports and models take seconds, and a provider that does not answer holds its start for eight."""
GOODBYE_S = 3.0
"""The audio of its last sentence is followed by up to two seconds of silence of Pipecat's."""


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
        self._bot = bot
        self._access = access
        self._sink = sink
        self._clock = clock
        self._environment = environment
        self._loading: asyncio.Task[LoadedBot] | None = None

    @property
    def start_timeout_s(self) -> float:
        return START_TIMEOUT_S

    @property
    def goodbye_s(self) -> float:
        return GOODBYE_S

    async def run(self, host: ProgramHost) -> str:
        loading = asyncio.to_thread(load_bot, self._bot.path)
        self._loading = asyncio.get_running_loop().create_task(loading)
        loaded = await self._loading
        try:
            if not host.stop_wanted:
                await loaded.bot(runner_arguments(self._access))
        finally:
            loaded.unload()
        return "Its program has ended."

    def give_up(self) -> None:
        """Whether it is loaded or not, it will not run."""
        if self._loading is not None:
            self._loading.cancel()


def runner_arguments(access: RoomAccess) -> LiveKitRunnerArguments:
    """What Pipecat's own runner would give a bot for this room."""
    arguments = LiveKitRunnerArguments(
        room_name=access.room, url=access.url, token=access.token, body={}, session_id=access.room
    )
    arguments.cli_args = argparse.Namespace(host="localhost", port=7860, transport="livekit")
    return arguments
