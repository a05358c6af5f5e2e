"""Turns of a call: who spoke when, and where the time of each answer went."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domain.facts import OwnerKind, Stage, Tap

GOOD_MS = 800.0
WATCH_MS = 1500.0
P95_FROM_TURNS = 5
P99_FROM_TURNS = 100
UNEXPLAINED = "pipeline"
LEAST_UNEXPLAINED_MS = 0.5


@dataclass(slots=True)
class Utterance:
    """What one party said in a turn."""

    text: str = ""
    said_before: str = ""
    """What of `text` was finished before a pause after which the same turn went on."""
    final: bool = False
    typed: bool = False
    started_at: float | None = None
    stopped_at: float | None = None
    interrupted: bool = False

    def say(self, text: str, *, final: bool) -> None:
        """Take the newest text, which may hold what was said before a pause or go on from there."""
        goes_on = not text.startswith(self.said_before)
        self.text = f"{self.said_before} {text}" if goes_on else text
        self.final = final


@dataclass(frozen=True, slots=True)
class Gap:
    """The silence before an answer as heard at one tap."""

    ms: float
    caller_stopped_at: float
    agent_started_at: float
    uncertain: bool


@dataclass(slots=True)
class LiveStage:
    """A stage that the turn in hand has entered and when."""

    key: str
    owner: str
    entered_at: float


@dataclass(slots=True)
class Turn:
    """One exchange: the caller speaks, the agent answers, is cut off, or never answers.

    `caller` is None for a greeting, whose `index` is 0; turns with a caller count from 1.
    """

    index: int
    opened_at: float
    caller: Utterance | None = None
    agent: Utterance | None = None
    reported_ms: float | None = None
    stages: tuple[Stage, ...] = ()
    gaps: dict[Tap, Gap] = field(default_factory=dict[Tap, Gap])
    live_stages: list[LiveStage] = field(default_factory=list[LiveStage])

    @property
    def answer_begun(self) -> bool:
        """Whether the agent has begun to speak; its text may come before that."""
        return self.agent is not None and self.agent.started_at is not None

    @property
    def answered(self) -> bool:
        return self.agent is not None and bool(self.agent.text)

    @property
    def heard_ms(self) -> float | None:
        """The delay at the listener's ear."""
        gap = self.gaps.get(Tap.LISTENER)
        return None if gap is None else gap.ms

    @property
    def slowest(self) -> Stage | None:
        """The stage that took longest."""
        return max(self.stages, key=lambda stage: stage.duration_ms, default=None)


def tile(stages: Sequence[Stage], total_ms: float) -> tuple[Stage, ...]:
    """The stages made to sum to `total_ms`.

    What they leave of it becomes a last stage of the pipeline's; what goes beyond it is cut off from the end.
    """
    kept: list[Stage] = []
    left_ms = total_ms
    for stage in stages:
        duration_ms = min(stage.duration_ms, left_ms)
        if duration_ms > 0.0:
            kept.append(replace(stage, duration_ms=duration_ms))
            left_ms -= duration_ms
    if left_ms >= LEAST_UNEXPLAINED_MS:
        kept.append(_unexplained(total_ms - left_ms, left_ms))
    return tuple(kept)


def _unexplained(start_ms: float, duration_ms: float) -> Stage:
    return Stage(
        key=UNEXPLAINED,
        label="Pipeline",
        owner="pipeline",
        owner_kind=OwnerKind.PIPELINE,
        start_ms=start_ms,
        duration_ms=duration_ms,
    )


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of a set of figures, with their number; None where there are too few to say."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None


def percentiles(values: Sequence[float]) -> Percentiles:
    """Nearest-rank percentiles; p95 only from 5 values, p99 only from 100."""
    ordered = sorted(values)
    n = len(ordered)

    def rank(percent: int, least: int) -> float | None:
        # In whole numbers: 0.95 * n may come out just above the rank.
        return ordered[-(-n * percent // 100) - 1] if n >= least else None

    return Percentiles(n, rank(50, 1), rank(95, P95_FROM_TURNS), rank(99, P99_FROM_TURNS))
