"""What a bot's own process finds around it: which Python, and which variables."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from app.domain.bot_files import BotFile, BotLook, Isolation

CHILD = Path(__file__).with_name("child.py")
KEPT = frozenset(
    {
        "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL",
        "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "all_proxy", "no_proxy",
        "PIPECAT_SETUP_FILES",
    }
)  # fmt: skip
"""Where programs, files and the network are, and the set-up files of Pipecat's that the user always runs."""
KEPT_PREFIXES = ("LC_", "XDG_")


def environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a child inherits of our variables: none that could be a key. The keys come to it over a pipe."""
    return {
        name: value
        for name, value in ours.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }


def program(python: Path | None) -> tuple[str, ...]:
    """The command that runs a child: with the interpreter of the bot's project, else with ours.

    -P keeps the child's own folder off `sys.path`, -u lets what a bot prints be seen before it crashes, and
    faulthandler says where it crashed.
    """
    return (str(python or sys.executable), "-P", "-u", "-X", "faulthandler", str(CHILD))


def choose_isolation(bot: BotFile, look: BotLook) -> bool:
    """Whether the bot gets a process of its own."""
    if bot.isolation is Isolation.AUTOMATIC:
        return look.python is not None
    return bot.isolation is Isolation.ISOLATED
