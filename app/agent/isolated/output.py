"""Takes what a bot writes to its standard output and error."""

import logging
import re
import time
from collections import deque

from app.agent.isolated.lines import Allowance, Lines
from app.agent.isolated.stacks import StackDump
from app.runtime.redaction import Redactor

log = logging.getLogger("bot")

LONGEST = 1000
PER_S = 100
BURST = 500
DROPS_TOLD_EVERY_S = 5.0
KEPT = 3
LONGEST_KEPT = 200
HELD_UP = "Timeout ("
"""How faulthandler begins to say that a process has not moved on."""
_LEVEL = re.compile(r"(?:^|\|\s*)(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")
"""Where loguru and the standard library's usual formats write a record's level."""


class BotOutput:
    """Logs one stream of a bot line by line, and keeps its last lines. One thread."""

    def __init__(self, name: str, redactor: Redactor) -> None:
        self._name = name
        self._redactor = redactor
        self._lines = Lines(LONGEST, Allowance(PER_S, BURST))
        self._last: deque[str] = deque(maxlen=KEPT)
        self.held_up = False
        """It has shown where it stands because nothing of it moved on."""
        self.dump = StackDump()
        """Where the process stood when it was asked last."""
        self._told = 0
        self._told_at = 0.0

    @property
    def last_lines(self) -> str:
        """The newest lines in one, without secrets, and without records that only inform."""
        return " / ".join(self._last)

    def take(self, chunk: bytes) -> None:
        """Log what came."""
        for line in self._lines.feed(chunk):
            self._take(line)
        if time.monotonic() - self._told_at >= DROPS_TOLD_EVERY_S:
            self._tell_drops()

    def end(self) -> None:
        """Log what is left."""
        if rest := self._lines.rest():
            self._take(rest)
        self._tell_drops()

    def _take(self, line: bytes) -> None:
        text = self._redactor.redact(line.decode(errors="replace").rstrip())
        if not text:
            return
        if self.dump.take(text):
            log.info("%s: %s", self._name, text)
            return
        self.held_up = self.held_up or text.startswith(HELD_UP)
        found = _LEVEL.search(text)
        level = logging.getLevelNamesMapping()[found[1]] if found else logging.INFO
        if not found or level >= logging.WARNING:
            self._last.append(text.strip()[:LONGEST_KEPT])
        log.log(level, "%s: %s", self._name, text)

    def _tell_drops(self) -> None:
        if new := self._lines.dropped - self._told:
            self._told += new
            self._told_at = time.monotonic()
            log.warning("%s: wrote %d lines more than are logged", self._name, new)
