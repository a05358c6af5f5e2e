"""The child process itself, its pipes and its end: all that depends on the operating system.

Written for Linux and macOS. Windows has no `pass_fds`, no sessions and no `select` for pipes.
"""

import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO

import psutil

from app.agent.isolated.wire import ASKS_FOR_STACK
from app.domain.errors import UserError

log = logging.getLogger(__name__)

CHUNK = 1 << 16


class Stream(Enum):
    """What comes from a child."""

    FACTS = "facts"
    OUTPUT = "stdout"
    ERRORS = "stderr"


@dataclass(frozen=True, slots=True)
class Launch:
    """How a child is started. `program` gets the number of the pipe for its facts as its last argument."""

    program: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)


class ChildProcess:
    """A child in a session of its own. `read`, `exited` and `reap` on one thread, the rest on any."""

    def __init__(self, launch: Launch) -> None:
        """Start it. Raises UserError where that cannot be done."""
        if sys.platform == "win32":
            raise UserError(
                "A process of its own for an agent is not available on Windows.",
                "Let the bot run in the panel's process.",
            )
        self._lock = threading.Lock()
        self._reaped = False
        facts, far_end = os.pipe()
        try:
            self._child = _popen(launch, far_end)
        except OSError as error:
            os.close(facts)
            raise UserError(
                "The bot's process could not be started.",
                f"{error.filename or launch.program[0]}: {error.strerror}.",
            ) from error
        finally:
            os.close(far_end)
        self.pid = self._child.pid
        self._facts = facts
        self._orders = _fileno(self._child.stdin)
        os.set_blocking(self._orders, False)
        self._selector = selectors.DefaultSelector()
        for stream, descriptor in (
            (Stream.FACTS, facts),
            (Stream.OUTPUT, _fileno(self._child.stdout)),
            (Stream.ERRORS, _fileno(self._child.stderr)),
        ):
            self._selector.register(descriptor, selectors.EVENT_READ, stream)

    @property
    def open_streams(self) -> frozenset[Stream]:
        """Those that have not ended yet."""
        return frozenset(key.data for key in self._selector.get_map().values())

    def read(self, timeout_s: float) -> list[tuple[Stream, bytes]]:
        """What has come, up to 64 KiB of each stream. Waits for up to `timeout_s`."""
        read: list[tuple[Stream, bytes]] = []
        for key, _ in self._selector.select(timeout_s):
            chunk = os.read(key.fd, CHUNK)
            if chunk:
                read.append((key.data, chunk))
            else:
                self._selector.unregister(key.fd)
        return read

    def send(self, line: bytes) -> bool:
        """Write a line to its standard input and say whether it has room for it. Does not block."""
        with self._lock:
            if self._reaped:
                return False
            try:
                # The empty line ends one that found room for its beginning only.
                return os.write(self._orders, b"\n" + line) == len(line) + 1
            except OSError:
                return False

    def exited(self) -> bool:
        """Whether it has ended. It stays a zombie until `reap`, so that nobody else gets its number."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13.
            return self._child.poll() is not None
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is not None

    def ask_for_stack(self) -> None:
        """Have it write its stack to standard error."""
        with self._lock:
            if not self._reaped:
                os.kill(self.pid, ASKS_FOR_STACK)

    def kill(self) -> None:
        """End it and all that runs in its session, as `kill -9` does."""
        with self._lock:
            if not self._reaped:
                _kill_session(self.pid)

    def reap(self) -> int:
        """Kill what is left of its session, close every pipe, and return its exit code.

        Negative where a signal ended it.
        """
        self.kill()
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            _kill_session(self.pid)
            code = self._child.wait()
            self._reaped = True
        self._selector.close()
        os.close(self._facts)
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        return code


def _popen(launch: Launch, facts: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*launch.program, str(facts)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(facts,),
        cwd=launch.folder,
        env=dict(launch.environment),
        start_new_session=True,
    )


def _fileno(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()


def _kill_session(leader: int) -> None:
    """Kill every process of a session. The leader must not be reaped yet: its number is the session's."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def end_in_words(code: int) -> str:
    """How a process ended that was not asked to."""
    if code >= 0:
        return f"Its process ended with code {code}."
    number = -code
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGKILL:
        return f"Its process was killed ({name}), as the system does when memory runs out."
    if number in CRASHES:
        return f"Its process crashed ({name})."
    return f"Its process was ended by {name}."


CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
    if sys.platform != "win32"
    else set[signal.Signals]()
)
