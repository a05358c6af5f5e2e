"""Turns the lines that `livekit-server` writes into records of our log."""

import json
import logging
from collections import deque
from typing import cast

log = logging.getLogger("livekit-server")

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
HOUSEKEEPING = frozenset({"level", "ts", "logger", "caller", "msg", "stacktrace"})
LEAVING = ("User Initiated Abort", "websocket: close sent", "stream closed")
"""In warnings about the connection of somebody who has just left: nothing is wrong."""
KEPT_ERRORS = 3
LONGEST_VALUE = 300


class ServerLog:
    """Logs each line at its own level and keeps the last errors, which say why the server died. One thread."""

    def __init__(self, api_secret: str) -> None:
        self._secret = api_secret
        self._errors: deque[str] = deque(maxlen=KEPT_ERRORS)

    @property
    def last_errors(self) -> str:
        """The newest errors in one line; empty when there were none."""
        return "; ".join(self._errors)

    def take(self, line: str) -> None:
        """Log one line, as JSON where it is."""
        line = line.replace(self._secret, "[secret]").strip()
        if line:
            level, message = _parse(line)
            log.log(level, "%s", message)
            if level >= logging.ERROR:
                self._errors.append(message)


def _parse(line: str) -> tuple[int, str]:
    """Level and message. What is not JSON is the server's last word before it exits: an error."""
    try:
        entry: object = json.loads(line)
    except ValueError:
        return logging.ERROR, line[:LONGEST_VALUE]
    if not isinstance(entry, dict):
        return logging.ERROR, line[:LONGEST_VALUE]
    fields = cast("dict[str, object]", entry)
    level = LEVELS.get(str(fields.get("level")), logging.INFO)
    if any(words in str(fields.get("error", "")) for words in LEAVING):
        level = logging.DEBUG
    return level, f"{fields.get('msg', '')} {_details(fields)}".strip()


def _details(fields: dict[str, object]) -> str:
    """The plain values. Nested ones are session descriptions and grants: long, and not for a log."""
    return " ".join(
        f"{key}={str(value)[:LONGEST_VALUE]}"
        for key, value in fields.items()
        if key not in HOUSEKEEPING and isinstance(value, str | int | float)
    )
