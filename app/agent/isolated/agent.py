"""Hosts a bot in a process of its own, with the interface of `app.agent.host.Agent`."""

import itertools
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

from dotenv import dotenv_values

from app.agent.agent_states import AgentStates
from app.agent.bot.look import find_env_file
from app.agent.host import NO_VARIABLES, TYPED_AT_MOST
from app.agent.isolated import surroundings, wire
from app.agent.isolated.link import ChildLink, End
from app.agent.isolated.output import BotOutput
from app.agent.isolated.posix import Launch
from app.agent.isolated.silence import SilenceWatch
from app.agent.isolated.wire import Message, StartOrder
from app.agent.safe_sink import SafeSink
from app.agent.stop_ladder import EVICTED_S, StopReport, StopRung
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.errors import UserError
from app.domain.facts import AgentState, AgentStateChanged, LoopBlocked, StepProgressed
from app.domain.live_changes import LiveChange
from app.domain.ports import Clock, FactSink
from app.runtime.redaction import Redactor

log = logging.getLogger(__name__)

START_S = 90.0
"""Python, the imports of Pipecat and of the bot, its models, and the room; first starts read a cold disk."""
ANSWERS_S = 2.0
"""A process whose own thread does not answer within this is held up as a whole."""
POLITE_S = 9.5
"""The stop ladder inside takes 9 s at most."""
GONE_S = 1.0
SAME_CLOCK_S = 1.0
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL", re.IGNORECASE)
PLAIN_NAME = re.compile(
    r"(?:MODEL|URL|HOST|PORT|VOICE|VOICE_ID|REGION|LANGUAGE|LEVEL|FILES)$", re.IGNORECASE
)
"""Variables that a bot is given beside its keys, and that its log may show."""
NO_ROOM = (
    "The bot's process took no order.",
    "It does not read what it is told, or the text is too long for it.",
)
STEP = "process"
STEP_LABEL = "The bot's own process"


class IsolatedAgent:
    """One bot in one room, in a process of its own. Any thread; no method blocks.

    `evict` is what it is for `Agent`; it is also called at once when the process dies. Nothing that the bot does
    harms the panel: its process ends with the panel, however that ends, and its output is bounded.
    """

    def __init__(
        self,
        bot: BotFile,
        access: RoomAccess,
        *,
        sink: FactSink,
        clock: Clock,
        evict: "Callable[[], Future[None]]",
        environment: Mapping[str, str] = NO_VARIABLES,
        python: Path | None = None,
    ) -> None:
        """`environment` holds keys by the names of their variables; of the panel's own the bot gets none.

        `python` is the interpreter of the bot's project; None is the panel's.
        """
        self._bot = bot
        self._access = access
        self._environment = dict(environment)
        self._sink = SafeSink(sink)
        self._clock = clock
        self._evict = evict
        self._redactor = _redactor(bot, access, environment)
        self._states = AgentStates(self._sink, clock)
        launch = Launch(surroundings.program(python), bot.path.parent, surroundings.environment())
        link = self._link = ChildLink(access.identity, launch, self, self._new_output)
        self._silence = SilenceWatch(self._sink, clock, link.ask_for_stack, link.stack)
        self._lock = threading.Lock()
        self._joined: Future[None] = Future()
        self._told = False
        self._stopped: Future[StopReport] | None = None
        self._stop_wanted = threading.Event()
        self._stopping = threading.Event()
        """The process has heard that it shall stop."""
        self._rung: StopRung | None = None
        self._began_at: float | None = None
        self._doing = "starting Python"
        self._numbers = itertools.count(1)
        self._ordered: dict[int, Future[None]] = {}

    @property
    def pid(self) -> int | None:
        """Of its process; None before there is one."""
        return self._link.pid

    def start(self) -> "Future[None]":
        """Bring the bot into the room. Once.

        The future resolves when it is in the room and its pipeline runs. It fails with UserError; `stop` then
        cleans up.
        """
        self._states.become(AgentState.STARTING)
        self._began_at = self._clock.now()
        self._tell_step("Starting Python")
        self._link.begin()
        return self._joined

    def stop(self) -> "Future[StopReport]":
        """Stop the agent in whatever state it is, in 12 s at most. Further calls return the same future."""
        with self._lock:
            if self._stopped is None:
                self._stopped = Future()
                threading.Thread(
                    target=self._climb,
                    args=(self._stopped,),
                    name=f"stop {self._access.identity}",
                ).start()
            return self._stopped

    def type_as_caller(self, text: str) -> "Future[None]":
        """Answer `text` as if the caller had said it. Fails with UserError when there is no agent to answer."""
        answered: Future[None] = Future()
        typed = text.strip()[:TYPED_AT_MOST]
        if not typed:
            answered.set_result(None)
            return answered
        return self._order(answered, "type", typed)

    def change(self, change: LiveChange) -> "Future[None]":
        """Change a setting from the next turn on. Fails with UserError where that cannot be, or nobody is there."""
        return self._order(Future(), "change", change.setting.value, change.value)

    def _order(self, done: "Future[None]", name: str, *parts: object) -> "Future[None]":
        """Have the process do something; `done` is settled when it says that it has, or why not."""
        number = next(self._numbers)
        with self._lock:
            self._ordered[number] = done
        if not self._answers:
            self._settle(number, _not_running())
        elif not self._link.send(wire.line(name, number, *parts)):
            self._settle(number, UserError(*NO_ROOM))
        return done

    @property
    def _answers(self) -> bool:
        up = self._joined.done() and self._joined.exception() is None
        return up and not self._stop_wanted.is_set() and not self._link.gone.is_set()

    # What the process says: on the link's thread

    def hear(self, message: Message) -> None:
        """Take one message. Raises ValueError where it is none."""
        self._silence.heard()
        match message:
            case ["fact", str() as kind, str() as text]:
                self._take_fact(kind, text)
            case ["sample", str() as key, str() as kind, str() as text]:
                self._sink.sample(key, wire.read_fact(kind, text))
            case ["hello", float() as monotonic_s]:
                self._greet(monotonic_s)
            case ["lost", int() as count]:
                log.warning("%s could not tell %d facts", self._access.identity, count)
            case ["done", int() as number, str() as title, str() as hint]:
                self._settle(number, UserError(title, hint) if title else None)
            case _:
                self._hear_of_life(message)

    def _hear_of_life(self, message: Message) -> None:
        match message:
            case ["beat"]:
                return
            case ["loaded"]:
                self._loaded()
            case ["joined"]:
                self._resolve(None)
            case ["refused", str() as title, str() as hint]:
                self._fail(UserError(title, hint))
            case ["stopping"]:
                self._stopping.set()
            case ["evict"]:
                self._begin_eviction()
            case ["stopped", str() as rung, bool()]:
                self._rung = StopRung(rung)
            case _:
                raise ValueError("no message")

    def tick(self) -> None:
        """Tell a process that does not answer, and end a start that takes too long."""
        if not self._stop_wanted.is_set():
            self._silence.look(starting=not self._joined.done())
        if self._joined.done() or self._stop_wanted.is_set() or self._began_at is None:
            return
        if self._clock.now() - self._began_at > START_S:
            self._fail(
                UserError(
                    f"The agent was not in the room after {START_S:.0f} s.",
                    f"The last that was heard of it: {self._doing}.",
                )
            )
            self._link.kill()

    def lost(self) -> None:
        """The process has ended: whoever is in the room must not wait for the server to notice."""
        if not self._stop_wanted.is_set():
            self._begin_eviction()

    def ended(self, how: End) -> None:
        """The process is gone."""
        self._stopping.set()
        said = f"{how.why} {self._link.last_words}".strip()
        if not self._stop_wanted.is_set():
            self._fail(UserError("The agent has gone.", self._redactor.redact(said)))
        with self._lock:
            waiting = list(self._ordered)
        for number in waiting:
            self._settle(number, _not_running())

    def _greet(self, monotonic_s: float) -> None:
        """A process has come up: tell it everything."""
        # On one computer the monotonic clocks of all processes are one; where they are not, the message's way is all
        # that the clocks differ by.
        here = time.monotonic()
        same = 0.0 <= here - monotonic_s < SAME_CLOCK_S
        offset_s = self._clock.now() - (time.monotonic() if same else monotonic_s)
        start = StartOrder(self._bot, self._access, self._environment, offset_s)
        self._tell_step("Loading Pipecat")
        self._doing = "loading Pipecat"
        if not self._link.send(start.to_line()):
            self._link.kill()

    def _loaded(self) -> None:
        assert self._began_at is not None
        took_s = self._clock.now() - self._began_at
        self._tell_step(f"is up, {took_s:.1f} s", took_s)
        self._doing = "loading the bot"

    def _take_fact(self, kind: str, text: str) -> None:
        fact = wire.read_fact(kind, text)
        if isinstance(fact, AgentStateChanged):
            self._states.follow(fact)
            return
        if isinstance(fact, LoopBlocked) and self._silence.covers(fact):
            return
        if isinstance(fact, StepProgressed):
            self._doing = f"{fact.label}: {fact.detail}".strip(": ")
        self._sink.post(fact)

    def _new_output(self) -> BotOutput:
        return BotOutput(self._access.identity, self._redactor)

    def _tell_step(self, detail: str, took_s: float | None = None) -> None:
        self._sink.post(
            StepProgressed(
                at=self._clock.now(), step=STEP, label=STEP_LABEL, detail=detail, took_s=took_s
            )
        )

    # The end

    def _climb(self, stopped: "Future[StopReport]") -> None:
        began = time.monotonic()
        self._stop_wanted.set()
        self._states.become(AgentState.STOPPING)
        rung = self._end()
        ended = self._link.join(GONE_S)
        self._put_out()
        report = StopReport(rung, time.monotonic() - began, ended)
        log.info("agent %s %s after %.2f s", self._access.identity, rung, report.took_s)
        self._states.become(AgentState.STOPPED, str(rung))
        self._resolve(_not_running())
        stopped.set_result(report)

    def _end(self) -> StopRung:
        """End the process, politely where it listens."""
        if self._began_at is None or self._link.gone.is_set():
            return StopRung.ENDED
        if not self._link.send(wire.line("stop")) or not self._stopping.wait(ANSWERS_S):
            self._begin_eviction()
            self._link.kill()
            return StopRung.KILLED if self._joined.done() else StopRung.CANCELLED
        if not self._link.gone.wait(POLITE_S):
            self._link.kill()
            return StopRung.KILLED
        return self._rung or StopRung.CANCELLED

    def _begin_eviction(self) -> "Future[None] | None":
        try:
            return self._evict()
        except Exception:
            log.exception("the agent could not be removed from its room")
            return None

    def _put_out(self) -> None:
        eviction = self._begin_eviction()
        if eviction is None:
            return
        try:
            eviction.result(EVICTED_S)
        except Exception as error:  # noqa: BLE001  the last rung: whatever it is, it is logged and the stop goes on
            log.warning("the agent could not be removed from its room: %r", error)

    def _fail(self, error: UserError) -> None:
        if not self._stop_wanted.is_set():
            self._states.become(AgentState.FAILED, str(error))
        self._resolve(error)

    def _resolve(self, error: UserError | None) -> None:
        """Tell whoever waits for the start, once; they may have given up."""
        with self._lock:
            told, self._told = self._told, True
        if told or not self._joined.set_running_or_notify_cancel():
            return
        if error is None:
            self._joined.set_result(None)
        else:
            self._joined.set_exception(error)

    def _settle(self, number: int, error: UserError | None) -> None:
        with self._lock:
            answered = self._ordered.pop(number, None)
        if answered is None or not answered.set_running_or_notify_cancel():
            return
        if error is None:
            answered.set_result(None)
        else:
            answered.set_exception(error)


def _redactor(bot: BotFile, access: RoomAccess, environment: Mapping[str, str]) -> Redactor:
    """Knows every secret that the bot is given, and those of its own `.env`."""
    redactor = Redactor()
    redactor.register(access.token)
    for name, value in environment.items():
        if not PLAIN_NAME.search(name):
            redactor.register(value)
    env_file = find_env_file(bot.path.parent)
    own = {} if env_file is None else dotenv_values(env_file, interpolate=False)
    for name, value in own.items():
        if value and SECRET_NAME.search(name):
            redactor.register(value)
    return redactor


def _not_running() -> UserError:
    return UserError("The agent is not running.", "Start it first.")
