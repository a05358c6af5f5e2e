# pyright: reportPrivateUsage=false
"""A bot that is given up while it loads."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.agent.bot.program import BotProgram
from app.domain.access import RoomAccess
from tests.support.agents import CLOCK
from tests.support.bot_rooms import bot_file
from tests.support.posted import Posted, until

LOADS_S = 10.0


class Stopping:
    """A host that wants its program to end."""

    stop_wanted = True

    def runner_made(self, runner: WorkerRunner) -> None: ...

    def worker_made(self, worker: PipelineWorker) -> None: ...

    async def room_lost(self) -> None: ...


def modules_of_bots() -> set[str]:
    return {name for name in sys.modules if name.startswith("greenroom_bot_")}


@pytest.mark.parametrize("loaded", [False, True], ids=["it still loads", "it is loaded"])
async def test_no_module_is_left_of_a_bot_that_is_given_up(tmp_path: Path, loaded: bool) -> None:
    file = tmp_path / "bot.py"
    file.write_text("import time; time.sleep(0.3)\nasync def bot(runner_args): ...\n")
    before = modules_of_bots()
    access = RoomAccess("ws://127.0.0.1:1", "room", "agent", "token")
    program = BotProgram(bot_file(file), access, Posted(), CLOCK, {})
    running = asyncio.get_running_loop().create_task(program.run(Stopping()))
    await until(lambda: modules_of_bots() - before, LOADS_S, "the loading")

    while loaded and program._loaded is None:
        # The loop is held, so that it does not hear that the loading thread is done.
        time.sleep(0.001)  # noqa: ASYNC251
    program.give_up()
    with pytest.raises(asyncio.CancelledError):
        await running

    await until(lambda: modules_of_bots() <= before, LOADS_S, "the unloading")
