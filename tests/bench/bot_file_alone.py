"""A bot file in a room with Pipecat's own transport and nothing of Greenroom's.

python -m tests.bench.bot_file_alone BOT URL ROOM TOKEN
"""

import asyncio
import os
import runpy
import sys
from pathlib import Path

from pipecat.runner.types import LiveKitRunnerArguments


def main(program: Path, url: str, room: str, token: str) -> None:
    os.chdir(program.parent)
    sys.path.insert(0, str(program.parent))
    bot = runpy.run_path(str(program), run_name="bot")["bot"]
    asyncio.run(bot(LiveKitRunnerArguments(room_name=room, url=url, token=token)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
