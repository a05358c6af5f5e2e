"""Reads where a process stands from what faulthandler writes when it is asked by a signal."""

import re
from pathlib import PurePath

THREADS_AT_MOST = 200
FRAMES_AT_MOST = 12
TEXT_AT_MOST = 2000
_THREAD = re.compile(r"(?:Current thread|Thread) 0x[0-9a-f]+ .*\(most recent call first\):$")
_FRAME = re.compile(r'  File "(.*)", line (\S+) in (.*)$')
_ELSE = re.compile(r"  (?:\.\.\.|<.*>)$")
_WAITS = frozenset({"threading.py", "selectors.py", "queue.py", "thread.py", "connection.py"})
"""Files of the standard library in which a thread waits for others, and lets them run."""
_OUR_WAITS = frozenset({("inside.py", "_listen"), ("inside.py", "_beat"), ("outbox.py", "_write")})


class StackDump:
    """Collects the lines of one dump among others. One thread."""

    def __init__(self) -> None:
        self._threads: list[list[tuple[str, str, str]]] = []
        self._wanted = False

    def begin(self) -> None:
        """A dump is about to come."""
        self._threads, self._wanted = [], True

    def take(self, line: str) -> bool:
        """Take a line that belongs to the dump; whether it does."""
        if not self._wanted:
            return False
        if _THREAD.match(line):
            if len(self._threads) < THREADS_AT_MOST:
                self._threads.append([])
            return True
        if found := _FRAME.match(line):
            if self._threads:
                self._threads[-1].append((found[1], found[2], found[3]))
            return True
        return _ELSE.match(line) is not None

    def end(self) -> str:
        """Where the threads stand that do not wait: a line for each call, the innermost last; empty if none came."""
        self._wanted = False
        busy = [thread for thread in self._threads if thread and not _waits(thread)]
        lines = [
            f"{PurePath(path).name}:{line} in {name}"
            for thread in busy
            for path, line, name in reversed(thread[:FRAMES_AT_MOST])
        ]
        return "\n".join(lines)[-TEXT_AT_MOST:]


def _waits(thread: list[tuple[str, str, str]]) -> bool:
    path, _, name = thread[0]
    file = PurePath(path).name
    return file in _WAITS or (file, name) in _OUR_WAITS
