"""Alerts: what a person should look at, in words that say who waits for what."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Alert:
    at: float
    severity: Severity
    text: str
    turn_index: int | None = None
