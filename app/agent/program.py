"""What an agent is made of, as its host sees it: something that builds a worker and runs it."""

from typing import Protocol

from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from app.domain.live_changes import LiveChange


class ProgramHost(Protocol):
    """What a program tells of itself while it comes to life. Agent loop only."""

    @property
    def stop_wanted(self) -> bool:
        """Whether whatever ends from now on has been asked to."""
        ...

    def runner_made(self, runner: WorkerRunner) -> None:
        """This runner is about to run, or begins to; a stop from now on cancels it."""
        ...

    def worker_made(self, worker: PipelineWorker) -> None:
        """The worker that talks to the room is there and does not run yet; it is watched from now on."""
        ...

    async def room_lost(self) -> None:
        """The transport has lost its connection; what was not our own leaving ends the worker."""
        ...


class Program(Protocol):
    """Builds an agent's worker and runs it. Agent loop only; an instance runs once."""

    @property
    def start_timeout_s(self) -> float:
        """How long it may take until its pipeline runs in the room."""
        ...

    @property
    def goodbye_s(self) -> float:
        """How long a stop waits for it to finish its sentence."""
        ...

    async def run(self, host: ProgramHost) -> str:
        """Build, tell `host` of the runner and of the worker, and run to the end.

        Returns why it ended where that was its own decision, in words, else an empty text. Raises UserError.
        """
        ...

    async def change(self, change: LiveChange) -> None:
        """Change a setting while it runs. Raises UserError where that cannot be."""
        ...

    def give_up(self) -> None:
        """A stop is wanted and there is no runner yet: begin nothing more."""
        ...
