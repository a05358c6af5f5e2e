"""Alerts: what a person should look at, in words that say who waits for what."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.turns import WATCH_MS, Turn


class Severity(StrEnum):
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Alert:
    at: float
    severity: Severity
    text: str
    turn_index: int | None = None


def slow_answer(at: float, turn: Turn) -> Alert | None:
    """That the caller waited too long for an answer, and on what; None when it came in time."""
    if turn.reported_ms is None or turn.reported_ms <= WATCH_MS:
        return None
    text = f"In turn {turn.index} the caller waited {turn.reported_ms / 1000:.1f} s"
    if turn.slowest is not None:
        text += f", {turn.slowest.duration_ms / 1000:.1f} s of it on {turn.slowest.label}"
    return Alert(at, Severity.WATCH, text, turn.index)


def no_answer(at: float, turn: Turn) -> Alert:
    """That the agent never answered."""
    return Alert(at, Severity.BAD, f"Turn {turn.index} got no answer", turn.index)
