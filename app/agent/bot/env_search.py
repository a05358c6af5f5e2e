"""Has a bot's `load_dotenv()` look beside the bot, as it does where Python runs the bot itself.

python-dotenv looks in the working directory instead where the program is frozen or traced, and that is the panel's.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import dotenv
import dotenv.main

from app.agent.bot.session import current_bot

_real = dotenv.main.find_dotenv


def install() -> None:
    """Any thread; a second call changes nothing."""
    dotenv.main.find_dotenv = find_dotenv
    dotenv.find_dotenv = find_dotenv


def find_dotenv(
    filename: str = ".env", raise_error_if_not_found: bool = False, usecwd: bool = False
) -> str:
    """The file of this name in the folder of who asks, or the nearest above it; empty where there is none."""
    elsewhere = sys.gettrace() is not None or hasattr(sys, "frozen")
    if usecwd or (current_bot.get() is None and elsewhere):
        return _real(filename, raise_error_if_not_found, usecwd=True)
    folder = next(_askers()).parent
    for place in (folder, *folder.parents):
        if (place / filename).is_file():
            return str(place / filename)
    if raise_error_if_not_found:
        raise OSError("File not found")
    return ""


def _askers() -> Iterator[Path]:
    """The files of the callers, the nearest first, without dotenv's and this one."""
    own = {__file__, dotenv.main.__file__}
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        path = frame.f_code.co_filename
        if path not in own and Path(path).exists():
            yield Path(path).absolute()
        frame = frame.f_back
