"""Notices when an agent's own code holds up the loop that it runs on, and says where."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from app.domain.facts import LoopBlocked
from app.domain.ports import Clock, FactSink
from app.runtime.loop_thread import LoopThread

BEAT_S = 0.25
BLOCKED_AFTER_S = 1.0
"""A call in which nothing moves for this long has been heard to stall."""
BLOCKED_START_AFTER_S = 4.0
"""While it starts: building local models holds up a loop for some seconds, and nobody waits for its voice yet."""
FRAMES_AT_MOST = 12
TEXT_AT_MOST = 2000


class LoopWatch:
    """Owns a thread that asks a loop for a sign of life. Any thread."""

    def __init__(
        self, thread: LoopThread, sink: FactSink, clock: Clock, is_starting: Callable[[], bool]
    ) -> None:
        self._watched = thread
        self._sink = sink
        self._clock = clock
        self._is_starting = is_starting
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch. Once."""
        self._thread = threading.Thread(target=self._run, name="agent watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what is blocked now is not told to have ended. Blocks for 0.1 s at most."""
        self._done.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._done.wait(BEAT_S):
            answered = threading.Event()
            try:
                self._watched.loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # The loop has closed.
                return
            self._wait_for(answered)

    def _wait_for(self, answered: threading.Event) -> None:
        asked = time.monotonic()
        told = False
        while not answered.wait(0.1):
            if self._done.is_set():
                return
            waited_s = time.monotonic() - asked
            patience_s = BLOCKED_START_AFTER_S if self._is_starting() else BLOCKED_AFTER_S
            if not told and waited_s >= patience_s:
                told = True
                self._tell(waited_s, stack_of(self._watched.ident))
        if told:
            self._tell(time.monotonic() - asked, "", over=True)

    def _tell(self, blocked_s: float, stack: str, *, over: bool = False) -> None:
        fact = LoopBlocked(
            at=self._clock.now(), blocked_ms=blocked_s * 1000.0, stack=stack, over=over
        )
        self._sink.post(fact)


def stack_of(ident: int | None) -> str:
    """Where a thread stands: a line for each of its innermost calls, the innermost last; empty when it has ended."""
    # The documented way to another thread's stack.
    frame = sys._current_frames().get(ident or 0)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if frame is None:
        return ""
    lines = [
        f"{Path(call.filename).name}:{call.lineno} in {call.name}: {call.line}"
        for call in traceback.extract_stack(frame)
    ]
    return "\n".join(lines[-FRAMES_AT_MOST:])[-TEXT_AT_MOST:]
