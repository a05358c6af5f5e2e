"""What a step of the connection test found."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from app.domain.servers import StepState


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended, what it found and what to do about it; neither text holds a secret.

    `detail` is no sentence of its own: it begins in lower case and has no full stop. `remedy` is one.
    """

    state: StepState
    detail: str
    remedy: str = ""


def ok(detail: str) -> Outcome:
    return Outcome(StepState.OK, detail)


def warning(detail: str, remedy: str = "") -> Outcome:
    return Outcome(StepState.WARNING, detail, remedy)


def failed(detail: str, remedy: str) -> Outcome:
    return Outcome(StepState.FAILED, detail, remedy)


def skipped(why: str) -> Outcome:
    return Outcome(StepState.SKIPPED, why)


DeviceTest = Callable[[], Coroutine[Any, Any, Outcome]]
"""Tries the microphone and the speaker of this computer; what it returns is the outcome of that step."""
