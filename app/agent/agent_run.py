# pyright: reportUnknownMemberType=false
"""The life of one agent on its own loop: into the room, through the call, out again."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

from pipecat.frames.frames import CancelFrame, InterruptionFrame, LLMMessagesAppendFrame
from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.agent import stop_ladder
from app.agent.agent_loop import AgentLoop
from app.agent.agent_states import AgentStates
from app.agent.captions import CaptioningSink
from app.agent.loop_watch import LoopWatch
from app.agent.observers import CallObserver
from app.agent.pipecat_time import PipecatTime, PipelineClock
from app.agent.program import Program
from app.agent.room_session import RoomSession, current_session
from app.domain.access import RoomAccess
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.domain.live_changes import LiveChange
from app.domain.ports import Clock, FactSink
from app.runtime.loop_thread import LoopThread

log = logging.getLogger(__name__)

LOST = {
    "CLIENT_INITIATED": "It left the room.",
    "DUPLICATE_IDENTITY": "Somebody joined the room under its name.",
    "PARTICIPANT_REMOVED": "It was removed from the room.",
    "ROOM_CLOSED": "The room was closed.",
    "ROOM_DELETED": "The room was closed.",
    "SERVER_SHUTDOWN": "The server shut down.",
}
"""LiveKit's disconnect reasons, in words."""
CONNECTION_LOST = "The connection to the room was lost and did not come back."
ENDED_BY_ITSELF = "Its pipeline ended by itself."


class AgentRun:
    """Owns one agent's thread, loop, pipeline and connection. Coroutines run on its loop, the rest on any thread."""

    def __init__(
        self,
        program: Program,
        access: RoomAccess,
        sink: FactSink,
        clock: Clock,
    ) -> None:
        self._program = program
        self._sink = sink
        self._clock = clock
        self._thread = LoopThread(f"agent {access.identity}", AgentLoop)
        self._watch = LoopWatch(self._thread, sink, clock, self.is_starting)
        self._session = RoomSession(access.identity, sink, clock)
        self.states = AgentStates(sink, clock)
        self.joined: Future[None] = Future()
        """Resolved once the agent is in the room and its pipeline runs."""
        self._worker: PipelineWorker | None = None
        self._observer: CallObserver | None = None
        self._runner: WorkerRunner | None = None
        self._running: asyncio.Task[str] | None = None
        self._started = asyncio.Event()
        self._is_up = threading.Event()
        self._stop_wanted = threading.Event()
        self._over = threading.Event()
        self._over.set()

    def begin(self) -> None:
        """Start the thread and the run on it. Once."""
        self._over.clear()
        self._thread.start()
        self._watch.start()
        self._thread.submit(self._live())

    def want_stop(self) -> None:
        """Whatever ends from now on has been asked to."""
        self._stop_wanted.set()

    @property
    def answers(self) -> bool:
        """Whether there is an agent to talk to."""
        return self._is_up.is_set() and not self._over.is_set()

    async def take_typed(self, text: str) -> None:
        """Answer this text in place of what is being said."""
        assert self._worker is not None
        assert self._observer is not None
        self._observer.turns.caller_typed(text)
        await self._worker.queue_frame(InterruptionFrame())
        await self._worker.queue_frame(
            LLMMessagesAppendFrame(messages=[{"role": "user", "content": text}], run_llm=True)
        )

    async def change(self, change: LiveChange) -> None:
        """Change a setting from the next turn on. Raises UserError where that cannot be."""
        await self._program.change(change)

    # What the stop ladder asks

    @property
    def thread_ident(self) -> int | None:
        return self._thread.ident

    def submit(self, coro: Coroutine[Any, Any, None]) -> "Future[None]":
        return self._thread.submit(coro)

    def is_over(self) -> bool:
        return self._over.is_set()

    def is_starting(self) -> bool:
        return not self._is_up.is_set()

    async def cancel_start(self) -> None:
        # Never the task itself: a runner cancelled while it sets up leaves its worker in the room.
        if self._runner is not None:
            await self._runner.cancel("stopped while starting")
        else:
            self._program.give_up()
        await self._returned()

    async def end_politely(self) -> None:
        assert self._worker is not None
        await self._worker.stop_when_done()
        await self._returned()

    async def force_end(self) -> None:
        # Past the worker's queue, which may be stuck behind an EndFrame that never comes through.
        if self._worker is not None:
            await self._worker.pipeline.queue_frame(CancelFrame(reason="forced"))
        await self._returned()

    async def leave_room(self) -> None:
        if self._session.voice is not None:
            await self._session.voice.leave_at_once()

    async def cancel_tasks(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for _ in range(2):
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=stop_ladder.TASKS_S / 2)

    def join(self, timeout_s: float) -> bool:
        try:
            return self._thread.stop(timeout_s)
        finally:
            self._watch.stop()

    async def _returned(self) -> None:
        if self._running is not None:
            await asyncio.wait({self._running})

    # The run

    async def _live(self) -> None:
        current_session.set(self._session)
        try:
            await self._run()
        except UserError as error:
            self._fail(error)
        except Exception as error:
            log.exception("the agent failed")
            self._fail(UserError("The agent failed.", f"{type(error).__name__}: {error}"))
        finally:
            self._over.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = loop.create_task(self._program.run(self), name="runner")
        await self._wait_until_started(self._running)
        if self._started.is_set():
            self._is_up.set()
            self.states.become(AgentState.LISTENING)
            self._resolve()
        await asyncio.wait({self._running})
        if not self._stop_wanted.is_set():
            self._ended_by_itself(self._running.result())
        elif not self._running.cancelled() and (error := self._running.exception()):
            log.info("the agent failed while it was stopped: %r", error)

    async def _wait_until_started(self, running: asyncio.Task[str]) -> None:
        """Wait for the pipeline to run. Raises UserError when it cannot; returns when a stop is wanted."""
        loop = asyncio.get_running_loop()
        up = loop.create_task(self._started.wait())
        refused = loop.create_task(self._session.connect_failed.wait())
        try:
            await asyncio.wait(
                {up, refused, running},
                timeout=self._program.start_timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            up.cancel()
            refused.cancel()
        if self._started.is_set() or self._stop_wanted.is_set():
            return
        await self._end_start(running)
        raise self._could_not_join()

    async def _end_start(self, running: asyncio.Task[str]) -> None:
        """End a start that has failed. Raises what the program failed with."""
        if not running.done():
            self._program.give_up()
            if self._runner is not None:
                await self._runner.cancel("the start failed")
            await asyncio.wait({running}, timeout=stop_ladder.CANCELLED_S)
        if running.done() and not running.cancelled():
            running.result()

    # What the program tells

    @property
    def stop_wanted(self) -> bool:
        return self._stop_wanted.is_set()

    def runner_made(self, runner: WorkerRunner) -> None:
        self._runner = runner

    def worker_made(self, worker: PipelineWorker) -> None:
        time = PipecatTime(self._clock, clock_of(worker))
        voice = self._session.voice
        sink = self._sink if voice is None else CaptioningSink(self._sink, voice)
        self._observer = CallObserver(sink, self.states, time)
        worker.add_observer(self._observer)

        def on_started(*_: object) -> None:
            self._started.set()

        worker.add_event_handler("on_pipeline_started", on_started)
        self._worker = worker

    async def room_lost(self) -> None:
        """Pipecat's worker would run on for ever. Its own leaving is no loss."""
        if self._session.lost_because and self._worker is not None:
            await self._worker.cancel(reason="room lost")

    # How it ends

    def _could_not_join(self) -> UserError:
        if (error := self._session.connect_error) is not None:
            return UserError("The agent could not join the room.", str(error))
        time_s = self._program.start_timeout_s
        return UserError(f"The agent was not in the room after {time_s:.0f} s.", "Try again.")

    def _ended_by_itself(self, why: str) -> None:
        """Say it. Raises UserError when that was not the program's own decision."""
        if lost := self._session.lost_because:
            raise UserError("The agent has gone.", LOST.get(lost, CONNECTION_LOST))
        if not why:
            raise UserError("The agent has gone.", ENDED_BY_ITSELF)
        self.states.become(AgentState.STOPPED, why)

    def _fail(self, error: UserError) -> None:
        if not self._stop_wanted.is_set():
            self.states.become(AgentState.FAILED, str(error))
        self._resolve(error)

    def _resolve(self, error: UserError | None = None) -> None:
        """Tell whoever waits for the start; they may have given up."""
        if self.joined.done() or not self.joined.set_running_or_notify_cancel():
            return
        if error is None:
            self.joined.set_result(None)
        else:
            self.joined.set_exception(error)


def clock_of(worker: PipelineWorker) -> PipelineClock:
    """What a worker's frame times count on. Pipecat has no public name for it."""
    return worker._clock  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
