"""Turns of a call: who spoke when, and where the time of each answer went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.facts import OwnerKind, Stage, Tap

GOOD_MS = 800.0
WATCH_MS = 1500.0
P95_FROM_TURNS = 5
P99_FROM_TURNS = 100
UNEXPLAINED = "pipeline"


@dataclass(slots=True)
class Utterance:
    """What one party said in a turn."""

    text: str = ""
    final: bool = False
    typed: bool = False
    started_at: float | None = None
    stopped_at: float | None = None
    interrupted: bool = False


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
    """The stages, with whatever they leave of `total_ms` as a last one of the pipeline's."""
    covered_ms = math.fsum(stage.duration_ms for stage in stages)
    rest_ms = total_ms - covered_ms
    if abs(rest_ms) < 0.5:
        return tuple(stages)
    return (
        *stages,
        Stage(
            key=UNEXPLAINED,
            label="Pipeline",
            owner="pipeline",
            owner_kind=OwnerKind.PIPELINE,
            start_ms=covered_ms,
            duration_ms=rest_ms,
        ),
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

    def rank(q: float, least: int) -> float | None:
        return ordered[max(0, math.ceil(q * n) - 1)] if n >= least else None

    return Percentiles(n, rank(0.5, 1), rank(0.95, P95_FROM_TURNS), rank(0.99, P99_FROM_TURNS))
