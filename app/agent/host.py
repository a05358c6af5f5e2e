"""Hosts agents: what the rest of Greenroom holds of one."""

import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.agent import room_client, stop_ladder
from app.agent.agent_run import AgentRun
from app.agent.bot.program import BotProgram
from app.agent.local_models import LoadedModels
from app.agent.preset_program import PresetProgram
from app.agent.program import Program
from app.agent.safe_sink import SafeSink
from app.agent.stop_ladder import StopReport
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.domain.live_changes import LiveChange
from app.domain.ports import Clock, FactSink
from app.domain.presets import Preset
from app.domain.prices import Price

if TYPE_CHECKING:
    from pipecat.processors.frame_processor import FrameProcessor

log = logging.getLogger(__name__)

TYPED_AT_MOST = 2000
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class Agent:
    """One agent in one room, on a thread and a loop of its own. Any thread; no method blocks.

    `evict` makes sure, through the server, that the agent's participant is gone from the room. It is called at the
    end of every stop, on a thread of the agent's, and returns at once.
    """

    def __init__(
        self,
        source: Preset | BotFile,
        access: RoomAccess,
        *,
        sink: FactSink,
        clock: Clock,
        evict: "Callable[[], Future[None]]",
        models: LoadedModels | None = None,
        environment: Mapping[str, str] = NO_VARIABLES,
        extra: "tuple[FrameProcessor, ...]" = (),
        prices: tuple[Price, ...] = (),
    ) -> None:
        """`environment` holds keys by the names of their variables; only this agent sees them.

        `models` are those that a preset needs, its `extra` processors sit between its voice and the room, and its
        limit of cost is kept by `prices`; a bot file has none of these.
        """
        self._identity = access.identity
        self._evict = evict
        safe = SafeSink(sink)
        program: Program
        if isinstance(source, BotFile):
            program = BotProgram(source, access, safe, clock, environment)
        else:
            assert models is not None
            program = PresetProgram(source, access, models, environment, extra, prices)
        self._goodbye_s = program.goodbye_s
        self._run = AgentRun(program, access, safe, clock)
        self._lock = threading.Lock()
        self._stopped: Future[StopReport] | None = None

    def start(self) -> "Future[None]":
        """Bring the agent into the room. Once.

        The future resolves when the agent is in the room and its pipeline runs. It fails with UserError; `stop`
        then cleans up.
        """
        room_client.install()
        self._run.states.become(AgentState.STARTING)
        self._run.begin()
        return self._run.joined

    def stop(self) -> "Future[StopReport]":
        """Stop the agent in whatever state it is, in 12 s at most. Further calls return the same future."""
        with self._lock:
            if self._stopped is None:
                self._stopped = Future()
                threading.Thread(
                    target=self._climb, args=(self._stopped,), name=f"stop {self._identity}"
                ).start()
            return self._stopped

    def type_as_caller(self, text: str) -> "Future[None]":
        """Answer `text` as if the caller had said it. Fails with UserError when there is no agent to answer."""
        typed = text.strip()[:TYPED_AT_MOST]
        if not typed:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self._command(lambda: self._run.take_typed(typed))

    def change(self, change: LiveChange) -> "Future[None]":
        """Change a setting from the next turn on. Fails with UserError where that cannot be, or nobody is there."""
        return self._command(lambda: self._run.change(change))

    def _command(self, command: "Callable[[], Coroutine[object, object, None]]") -> "Future[None]":
        """The one way in: a coroutine of the agent awaited on another loop would arrive late at random."""
        if not self._run.answers:
            return _refused()

        async def checked() -> None:
            assert threading.get_ident() == self._run.thread_ident
            await command()

        try:
            return self._run.submit(checked())
        except RuntimeError:
            return _refused()

    def _climb(self, stopped: "Future[StopReport]") -> None:
        run = self._run
        run.want_stop()
        run.states.become(AgentState.STOPPING)
        report = stop_ladder.stop(run, self._goodbye_s, self._evict)
        log.info("agent %s %s after %.2f s", self._identity, report.rung, report.took_s)
        run.states.become(AgentState.STOPPED, str(report.rung))
        if not run.joined.done():
            run.joined.set_exception(_not_running())
        stopped.set_result(report)


def _not_running() -> UserError:
    return UserError("The agent is not running.", "Start it first.")


def _refused() -> "Future[None]":
    refused: Future[None] = Future()
    refused.set_exception(_not_running())
    return refused
