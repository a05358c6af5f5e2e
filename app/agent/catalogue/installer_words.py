"""Says in a sentence why pip or uv failed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.errors import UserError

_LINES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class _Reason:
    signs: re.Pattern[str]
    title: str
    hint: str


def _signs(*texts: str) -> re.Pattern[str]:
    return re.compile("|".join(texts), re.IGNORECASE)


_REASONS = (
    _Reason(
        _signs("externally[- ]managed"),
        "This Python belongs to the operating system, which does not let others install into it.",
        "Install Greenroom into an environment of its own, as its README says.",
    ),
    _Reason(
        _signs("permission denied", "read-only file system", "not writable", "access is denied"),
        "The Python environment cannot be written to.",
        "Whoever installed Greenroom can run: {command}",
    ),
    _Reason(
        _signs("no space left", "disk quota exceeded"),
        "There is no space left for the packages.",
        "Free some space and try again.",
    ),
    _Reason(
        _signs("no module named pip"),
        "There is neither uv nor pip in this environment.",
        "Install uv, then try again.",
    ),
    _Reason(
        _signs(
            "failed to establish a new connection",
            "name or service not known",
            "temporary failure in name resolution",
            "name resolution",
            "dns error",
            "connection refused",
            "network is unreachable",
            "no route to host",
            "client error \\(connect\\)",
            "error sending request",
            "timed out",
            "connection reset",
        ),
        "The packages could not be fetched: there is no way to their server.",
        "Look whether this computer is online, then try again.",
    ),
    _Reason(
        _signs(
            "no matching distribution",
            "no solution found",
            "resolutionimpossible",
            "conflicting dependencies",
        ),
        "There are no packages that fit this Python and what is installed already.",
        "The installer said: {last}",
    ),
)


def why_it_failed(said: Iterable[str], command: str) -> UserError:
    """The error that an installer's last lines amount to; `command` is what would run it by hand."""
    lines = list(said)
    last = " ".join(lines[-_LINES_SHOWN:]) or "nothing."
    whole = "\n".join(lines)
    for reason in _REASONS:
        if reason.signs.search(whole):
            return UserError(reason.title, reason.hint.format(command=command, last=last))
    return UserError("The installation failed.", f"The installer said: {last}")
