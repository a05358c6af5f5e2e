"""The life of a bot's own process: it does what the panel says, and ends with it."""

import faulthandler
import logging
import os
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from queue import Empty, Queue
from typing import TYPE_CHECKING

from app.agent.isolated import wire
from app.agent.isolated.orphan import end_session
from app.agent.isolated.outbox import Outbox
from app.agent.isolated.wire import StartOrder
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting
from app.runtime.clock import AnchoredClock

if TYPE_CHECKING:
    from app.agent.host import Agent

log = logging.getLogger(__name__)

FLUSHED_S = 1.0
EXITED_S = 1.5
"""What is left of the bot has this long once its agent has been stopped."""
ALONE_S = 13.0
"""A stop takes 12 s at most; whatever then still holds up the process of a panel that is gone is not waited for."""
HELD_S = 60.0
"""A bot that keeps every other thread of its process from running for so long is ended, with its stack in the log."""
LOOK_S = 5.0
BEAT_S = 1.0

Order = list[object]


def live(facts: int) -> None:
    """Run the bot that the panel names. Main thread; returns when the agent has been stopped."""
    orders = _orders()
    os.set_inheritable(facts, False)
    outbox = Outbox(facts)
    _tell_stack_when_asked()
    threading.Thread(target=_beat, args=(outbox,), name="beat", daemon=True).start()
    outbox.say("hello", time.monotonic())
    with suppress(ValueError, KeyError, TypeError):
        start = StartOrder.from_line(_first(orders))
        Child(outbox, orders, start).live()


@dataclass(slots=True)
class _Ending:
    """What is known of the end before it comes."""

    wanted: bool = False
    alone: bool = False
    """The panel is gone."""


class Child:
    """One agent, and whoever gives it orders."""

    def __init__(self, outbox: Outbox, orders: BufferedReader, start: StartOrder) -> None:
        self._outbox = outbox
        self._orders = orders
        self._start = start
        self._lock = threading.Lock()
        self._ending = _Ending()
        self._began = False
        self._queue: Queue[Order] = Queue()

    def live(self) -> None:
        """Load what an agent needs, run it, and stop it when that is wanted."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        _log_to_stderr()
        os.environ.update(self._start.environment)
        try:
            agent = self._make()
        except ImportError as error:
            self._outbox.say("refused", *_missing(error))
            self._outbox.close(FLUSHED_S)
            return
        sys.argv = [str(self._start.bot.path)]
        sys.path.insert(0, str(self._start.bot.path.parent))
        with self._lock:
            if self._ending.wanted:
                return
            self._began = True
            joined = agent.start()
        self._outbox.say("loaded")
        joined.add_done_callback(self._tell_joined)
        self._obey(agent)
        self._end(agent)

    def _make(self) -> "Agent":
        from app.agent.host import Agent  # Seconds; orders are listened to meanwhile.

        return Agent(
            self._start.bot,
            self._start.access,
            sink=self._outbox,
            clock=AnchoredClock(self._start.clock_offset_s),
            evict=self._evict,
            environment=self._start.environment,
        )

    def _evict(self) -> "Future[None]":
        """The panel has the key to the room."""
        self._outbox.say("evict")
        asked: Future[None] = Future()
        asked.set_result(None)
        return asked

    def _tell_joined(self, joined: "Future[None]") -> None:
        error = None if joined.cancelled() else joined.exception()
        if error is None:
            self._outbox.say("joined")
        else:
            self._outbox.say("refused", *_told(error))

    # Orders

    def _listen(self) -> None:
        """Take orders until there is nobody to give them."""
        for text in self._orders:
            if text.strip():
                self._take(text)
        self._ending.alone = True
        _exit_after(ALONE_S)
        self._want_end()

    def _take(self, text: bytes) -> None:
        try:
            order = wire.message(text)
        except ValueError:
            log.warning("an order could not be read")
            return
        if order[0] == "stop":
            self._outbox.say("stopping")
            self._want_end()
        else:
            self._queue.put(order)

    def _want_end(self) -> None:
        with self._lock:
            self._ending.wanted = True
            if not self._began:
                # Nobody is in the room yet, and imports cannot be interrupted otherwise.
                self._outbox.close(FLUSHED_S)
                os._exit(0)
        self._queue.put(["stop"])

    def _obey(self, agent: "Agent") -> None:
        """Do what the panel says, until it says stop."""
        while True:
            if not self._ending.wanted:
                _exit_after(HELD_S)
            try:
                order = self._queue.get(timeout=LOOK_S)
            except Empty:
                continue
            match order:
                case ["stop"]:
                    return
                case ["type", int() as number, str() as text]:
                    self._answer(number, agent.type_as_caller(text))
                case ["change", int() as number, str() as setting, str() | float() as value]:
                    change = LiveChange(LiveSetting(setting), value)
                    self._answer(number, agent.change(change))
                case _:
                    log.warning("an order is not known")

    def _answer(self, number: int, done: "Future[None]") -> None:
        def tell(done: "Future[None]") -> None:
            error = None if done.cancelled() else done.exception()
            self._outbox.say("done", number, *(("", "") if error is None else _told(error)))

        done.add_done_callback(tell)

    # The end

    def _end(self, agent: "Agent") -> None:
        _exit_after(ALONE_S)
        report = agent.stop().result()
        self._outbox.say("stopped", report.rung.value, report.thread_ended)
        self._outbox.close(FLUSHED_S)
        if self._ending.alone:
            end_session()
        if not report.thread_ended:
            os._exit(0)
        _exit_after(EXITED_S)


def _exit_after(timeout_s: float) -> None:
    """End the process then, with every thread's stack on standard error, unless this is called again.

    It works while a thread keeps all others from running; a later call replaces an earlier one.
    """
    faulthandler.dump_traceback_later(timeout_s, exit=True, file=2)


def _tell_stack_when_asked() -> None:
    """Write every thread's stack to standard error at the panel's signal, though one lets no other run."""
    if sys.platform != "win32":
        faulthandler.register(wire.ASKS_FOR_STACK, file=2, all_threads=True)


def _beat(outbox: Outbox) -> None:
    """Give a sign of life, on a thread that nothing holds up but what holds up the whole process."""
    while True:
        time.sleep(BEAT_S)
        outbox.say("beat")


def _orders() -> BufferedReader:
    """Standard input for ourselves: a bot that reads it finds it empty."""
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(private, "rb")


def _first(orders: BufferedReader) -> bytes:
    for text in orders:
        if text.strip():
            return text
    raise ValueError("nobody is there")


def _log_to_stderr() -> None:
    """Our own records, beside whatever the bot does with its logging."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    ours = logging.getLogger("app")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False


def _missing(error: ImportError) -> tuple[str, str]:
    what = f"“{error.name}” is missing in {sys.prefix}" if error.name else str(error)
    return (
        "The bot's own Python environment cannot run it in a room.",
        f"{what}: run “{sys.executable} -m pip install 'pipecat-ai[livekit]>=1.14,<1.15'”.",
    )


def _told(error: BaseException) -> tuple[str, str]:
    if isinstance(error, UserError):
        return error.title, error.hint
    return "The agent failed.", f"{type(error).__name__}: {error}"
