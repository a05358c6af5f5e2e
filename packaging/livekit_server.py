"""Makes sure of a livekit-server on this computer."""

import os
from pathlib import Path

import livekit_build
import livekit_release
from app.domain.errors import MissingRequirementError
from app.media.server_binary import (
    SERIES,
    SERVER_VARIABLE,
    find_livekit_server,
    installed_server_path,
)
from livekit_install import RELEASE, WayClosedError
from terminal import say


def ensure() -> Path:
    """The server to run: found, else downloaded, else built.

    Raises `MissingRequirementError` that names every way to get one.
    """
    try:
        return find_livekit_server()
    except MissingRequirementError as error:
        if is_chosen():
            raise
        say(error.title)
    target = installed_server_path()
    for obtain in (livekit_release.obtain, livekit_build.obtain):
        try:
            obtain(target)
        except WayClosedError as closed:
            say(str(closed))
        else:
            say(f"livekit-server {RELEASE} is at {target}")
            return target
    raise MissingRequirementError("No livekit-server could be had.", every_way(target))


def is_chosen() -> bool:
    """Whether the environment names one, which is then used or refused, never replaced."""
    return bool(os.environ.get(SERVER_VARIABLE))


def every_way(target: Path) -> str:
    """What a person can do, a line each."""
    return "\n".join(
        [
            "Any one of these gives Greenroom a server:",
            f"- a network, then this command again: it downloads {livekit_release.RELEASE_URL}",
            f"- the archive from there, by hand: unpack livekit-server to {target}",
            "- macOS: brew install livekit",
            f"- Go 1.26 or newer (https://go.dev/dl/), then this command again; or on another computer:\n"
            f"    {livekit_build.command_line()}",
            f"  and copy the binary, which is called server, to {target}",
            f"- a livekit-server {SERIES} that is elsewhere: export {SERVER_VARIABLE}=/path/to/livekit-server",
        ]
    )
