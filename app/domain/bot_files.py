"""A user's own bot: a program that is run as it is, and what is known of it before it runs."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Isolation(StrEnum):
    """Where a bot runs."""

    AUTOMATIC = "automatic"
    """In a process of its own when its project has a Python environment of its own, else in the panel's."""
    IN_PROCESS = "in process"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotFile:
    """A `bot.py` and how it is run. `id` names it among the agents."""

    id: str
    name: str
    path: Path
    sha256: str
    """Of the content that somebody has agreed to run; empty when nobody has."""
    isolation: Isolation = Isolation.AUTOMATIC
    greets_after_s: float | None = 1.0
    """When a greeting that waits for an RTVI client is set off without one; None leaves it waiting."""
    keys: tuple[str, ...] = ()
    """The variables that an isolated bot is given, beside those of its own `.env`."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What will fail, found before a start."""

    what: str
    remedy: str
    blocking: bool = True
    """A start would fail; without, something goes wrong later in the call."""
    extra: str = ""
    """The extra of pipecat-ai that would mend it."""
    provider_id: str = ""
    """The provider whose key would mend it."""


@dataclass(frozen=True, slots=True)
class BotLook:
    """What a bot file is found to be without running it."""

    path: Path
    """The file itself: of a project folder, its `bot.py` or `server/bot.py`."""
    sha256: str
    env_file: Path | None
    """The `.env` that it will read."""
    python: Path | None
    """The interpreter of its project's own environment."""
    troubles: tuple[Trouble, ...]
    variables: tuple[str, ...] = ()
    """Those of the environment that its source names, and the user's own set-up files, sorted."""
