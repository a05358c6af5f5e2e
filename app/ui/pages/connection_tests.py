"""The connection tests that run and that have ended, one for each server."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.domain.back_office import ServerDesk
from app.domain.errors import UserError
from app.domain.servers import STEP_LABELS, StepState, TestStep
from app.domain.step_outcome import DeviceTest
from app.ui.pages.server_words import ended_count
from app.ui.tasks import TaskScope


@dataclass(slots=True)
class Run:
    """One test of a server: its steps as far as it got, and how it ended."""

    steps: list[TestStep] = field(default_factory=lambda: list(_unstarted()))
    running: bool = True
    cancelling: bool = False
    cancelled: bool = False
    error: UserError | None = None
    task: asyncio.Task[tuple[TestStep, ...]] | None = None

    @property
    def ended(self) -> int:
        return ended_count(self.steps)

    def take(self, step: TestStep) -> int:
        """Put a step in its place, which is returned."""
        while len(self.steps) < step.number:
            self.steps.append(TestStep(len(self.steps) + 1, "", StepState.WAITING))
        self.steps[step.number - 1] = step
        return step.number - 1


def _unstarted() -> tuple[TestStep, ...]:
    return tuple(
        TestStep(number, name, StepState.WAITING) for number, name in enumerate(STEP_LABELS, 1)
    )


class ConnectionTests(QObject):
    """Starts and cancels tests, and keeps what they found until the panel ends. UI loop only."""

    changed = Signal(str)
    """The test of this server has begun or ended, or is being cancelled."""
    stepped = Signal(str, int)
    """A step of this server's test has changed; carries its index."""

    def __init__(self, tasks: TaskScope, devices: DeviceTest, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._devices = devices
        self._runs: dict[str, Run] = {}

    def run_of(self, name: str) -> Run | None:
        return self._runs.get(name)

    def forget(self, name: str) -> None:
        """The server is another one now, or gone."""
        self.cancel(name)
        self._runs.pop(name, None)

    def start(self, desk: ServerDesk, name: str) -> None:
        """Test a server, unless that is being done."""
        before = self._runs.get(name)
        if before is not None and before.running:
            return
        run = self._runs[name] = Run()
        self._tasks.spawn(self._test(desk, name, run), doing=f"test the connection to {name}")
        self.changed.emit(name)

    def cancel(self, name: str) -> None:
        """Let a test end; the step in progress may take until its deadline."""
        run = self._runs.get(name)
        if run is None or not run.running or run.cancelling:
            return
        run.cancelling = True
        if run.task is not None:
            run.task.cancel()
        self.changed.emit(name)

    async def _test(self, desk: ServerDesk, name: str, run: Run) -> None:
        on_step = partial(self._take, name, run)
        run.task = asyncio.get_running_loop().create_task(
            desk.test(name, on_step, self._devices), name=f"test {name}"
        )
        if run.cancelling:
            run.task.cancel()
        try:
            for step in await run.task:
                run.take(step)
        except asyncio.CancelledError:
            if not run.cancelling:
                raise
            run.cancelled = True
        except UserError as error:
            run.error = error
        finally:
            run.running = run.cancelling = False
            run.task = None
            _settle_steps(run)
            if self._runs.get(name) is run:
                self.changed.emit(name)

    def _take(self, name: str, run: Run, step: TestStep) -> None:
        if not run.running:
            return  # It was cancelled while this was on its way.
        index = run.take(step)
        if self._runs.get(name) is run:
            self.stepped.emit(name, index)


def _settle_steps(run: Run) -> None:
    """No step of a test that has ended still runs."""
    for index, step in enumerate(run.steps):
        if step.state is StepState.RUNNING:
            run.steps[index] = TestStep(step.number, step.label, StepState.WAITING)
