"""The panel's hold on one child process: reads all that comes from it, on a thread of its own, until it is gone."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.agent.isolated import wire
from app.agent.isolated.lines import Allowance, Lines
from app.agent.isolated.output import BotOutput
from app.agent.isolated.posix import ChildProcess, Launch, Stream, end_in_words
from app.agent.isolated.wire import Message
from app.domain.errors import UserError

log = logging.getLogger(__name__)

LOOKS_S = 0.1
"""How often the child is looked at when nothing comes from it."""
ORPHANED_PIPE_S = 1.0
"""A child that has closed its pipe of facts has this long to end."""
DRAIN_S = 0.3
"""What a child wrote last is read; something that it started may hold its pipes open for ever."""
HELD_UP = "Some code of it let nothing else run; the log shows where it stood."
LINES_PER_S = 5000
LINES_AT_ONCE = 20_000


class Hearer(Protocol):
    """Who a child speaks to. On the link's thread."""

    def hear(self, message: Message) -> None:
        """Take one message. Raises ValueError where it is none."""
        ...

    def tick(self) -> None:
        """Look whether anything is due; several times a second."""
        ...

    def lost(self) -> None:
        """The child has ended; its last words are still to be read."""
        ...

    def ended(self, how: "End") -> None:
        """The child is gone and nothing of it is left."""
        ...


@dataclass(frozen=True, slots=True)
class End:
    """How a child ended, in words; `code` is None where it never began."""

    code: int | None
    why: str


class ChildLink:
    """Owns one child from its start to its end. Any thread."""

    def __init__(
        self, name: str, launch: Launch, hearer: Hearer, output: Callable[[], BotOutput]
    ) -> None:
        """`output` makes what takes a stream of the bot's own output; it is called for each."""
        self._launch = launch
        self._hearer = hearer
        self._outputs = {stream: output() for stream in (Stream.OUTPUT, Stream.ERRORS)}
        self._lines = Lines(wire.LONGEST, Allowance(LINES_PER_S, LINES_AT_ONCE))
        self._bad_lines = 0
        self._name = name
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._unwanted = False
        self._thread = threading.Thread(target=self._run, name=f"process of {name}")
        self.gone = threading.Event()
        """Set when nothing of the child is left."""

    @property
    def pid(self) -> int | None:
        """Of the child; None before it has been started."""
        return self._child.pid if self._child is not None else None

    @property
    def last_words(self) -> str:
        """What can be said of an end from what the bot wrote to its standard error; empty when it wrote nothing."""
        errors = self._outputs[Stream.ERRORS]
        if errors.held_up:
            return HELD_UP
        return f"It wrote last: {errors.last_lines}" if errors.last_lines else ""

    def begin(self) -> None:
        """Start the child. Once; does not wait for it."""
        self._thread.start()

    def send(self, line: bytes) -> bool:
        """Give the child an order and say whether it could be given. Does not block."""
        child = self._child
        return child is not None and child.send(line)

    def ask_for_stack(self) -> None:
        """Have the child write where it stands; `stack` tells it a moment later. On the link's thread."""
        self._outputs[Stream.ERRORS].dump.begin()
        if self._child is not None:
            self._child.ask_for_stack()

    def stack(self) -> str:
        """Where the child stood when it was asked; empty when it has not said. On the link's thread."""
        return self._outputs[Stream.ERRORS].dump.end()

    def kill(self) -> None:
        """End the child and its session, or do not start it."""
        with self._lock:
            self._unwanted = True
            child = self._child
        if child is not None:
            child.kill()

    def join(self, timeout_s: float) -> bool:
        """Wait for the link's thread and say whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            end = self._live()
        except UserError as error:
            end = End(None, str(error))
        except Exception as error:
            log.exception("%s could not be listened to any more", self._name)
            end = End(None, f"{type(error).__name__}: {error}")
        self._hearer.ended(end)
        self.gone.set()

    def _live(self) -> End:
        """The child's whole life. Raises UserError when it cannot be started."""
        with self._lock:
            if self._unwanted:
                return End(None, "It was stopped before it began.")
            child = self._child = ChildProcess(self._launch)
        try:
            self._read_until_ended(child)
            self._hearer.lost()
            child.kill()
            self._drain(child)
        finally:
            code = child.reap()
            for output in self._outputs.values():
                output.end()
        self._tell_bad_lines()
        return End(code, end_in_words(code))

    def _read_until_ended(self, child: ChildProcess) -> None:
        ends_by = float("inf")
        while not child.exited():
            self._read(child, LOOKS_S)
            self._hearer.tick()
            if Stream.FACTS not in child.open_streams:
                ends_by = min(ends_by, time.monotonic() + ORPHANED_PIPE_S)
                if time.monotonic() > ends_by:
                    log.warning("%s closed its pipe to Greenroom; it is ended", self._name)
                    return

    def _drain(self, child: ChildProcess) -> None:
        until = time.monotonic() + DRAIN_S
        while child.open_streams and time.monotonic() < until:
            self._read(child, until - time.monotonic())

    def _read(self, child: ChildProcess, timeout_s: float) -> None:
        for stream, chunk in child.read(max(0.0, timeout_s)):
            if stream is Stream.FACTS:
                for line in self._lines.feed(chunk):
                    self._hear(line)
            else:
                self._outputs[stream].take(chunk)

    def _hear(self, line: bytes) -> None:
        try:
            self._hearer.hear(wire.message(line))
        except ValueError:
            self._bad_lines += 1
            if self._bad_lines == 1:
                log.warning("%s wrote something else than facts into their pipe", self._name)

    def _tell_bad_lines(self) -> None:
        if bad := self._bad_lines + self._lines.dropped:
            log.warning("%s: %d lines of its pipe were no facts or too many", self._name, bad)
