"""The local agent in a room with nothing of Greenroom's beside it: no panel, no ear, no recording, no library.

    python -m tests.bench.bot_alone TURNS

Prints a JSON list with, for each turn, the reported latency less turn detection in milliseconds.
"""

import asyncio
import gc
import json
import sys

from loguru import logger

from app.agent.host import Agent
from app.agent.local_models import LocalModels
from app.agent.preset_file import find_preset, load_preset
from app.commands.demo import shipped_questions
from app.domain.call import Call
from app.domain.turns import Turn
from app.media import tokens
from app.media.headless_caller import HeadlessCaller
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.runtime.clock import AnchoredClock
from app.runtime.mailbox import Mailbox

ROOM = "alone"


def less_turn_detection(turn: Turn) -> float:
    """The reported latency of a turn without what the turn model decided to wait."""
    assert turn.reported_ms is not None
    return turn.reported_ms - sum(s.duration_ms for s in turn.stages if s.key == "turn_detection")


async def converse(turns: int) -> Call:
    clock, mailbox, models = AnchoredClock(), Mailbox(), LocalModels()
    preset = load_preset(find_preset("local"))
    server = EmbeddedServer(find_livekit_server(), clock)
    access = await server.start()
    await server.rooms.create(ROOM)
    loaded = await asyncio.wrap_future(models.load(preset, lambda _: None, clock))
    gc.collect()
    gc.freeze()
    agent = Agent(
        preset,
        tokens.agent_access(access, ROOM, "agent"),
        sink=mailbox.sink(ROOM),
        clock=clock,
        models=loaded,
        evict=lambda: asyncio.run_coroutine_threadsafe(
            server.rooms.remove_participant(ROOM, "agent"), loop
        ),
    )
    loop = asyncio.get_running_loop()
    await asyncio.wrap_future(agent.start())
    caller = HeadlessCaller(Mailbox().sink("caller"), clock)
    await caller.join(tokens.caller_access(access, ROOM, "caller"))
    questions = shipped_questions()
    await caller.converse([questions[number % len(questions)] for number in range(turns)])
    await caller.leave()
    await asyncio.wrap_future(agent.stop())
    await server.stop()
    models.close()
    call = Call()
    call.apply(mailbox.drain()[ROOM])
    return call


def main(turns: int) -> None:
    logger.remove()
    call = asyncio.run(converse(turns))
    sys.stdout.write(json.dumps([less_turn_detection(turn) for turn in call.exchanges]) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
