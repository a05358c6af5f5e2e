"""How figures are written on the screen."""

from app.domain.turns import GOOD_MS, WATCH_MS
from app.ui.tokens import Token

MINUS = "−"
NONE = "–"
"""Stands where nothing was measured."""


def seconds(ms: float) -> str:
    """A duration in seconds, such as `1.16 s`."""
    return f"{ms / 1000:.2f} s".replace("-", MINUS)


def running_seconds(ms: float) -> str:
    """A duration that still grows, to the tenth that can be read meanwhile, such as `1.1 s`."""
    return f"{int(ms / 100) / 10:.1f} s"


def clock(at: float, opened_at: float) -> str:
    """A moment as the time since the call opened, such as `0:21` or `1:04:09`."""
    minutes, rest = divmod(max(0, int(at - opened_at)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fine_clock(at: float, opened_at: float) -> str:
    """A moment to the tenth of a second, such as `0:21.4`."""
    tenths = int(max(0.0, at - opened_at) * 10) % 10
    return f"{clock(at, opened_at)}.{tenths}"


def decibels(dbfs: float, floor: float) -> str:
    """A level such as `−34.2`, or `−∞` at the floor of the scale."""
    return f"{MINUS}∞" if dbfs <= floor else f"{dbfs:.1f}".replace("-", MINUS)


def delay_ink(ms: float) -> Token:
    """The colour of an answer's delay: good, watch or bad."""
    if ms < GOOD_MS:
        return Token.OK
    return Token.WARN if ms < WATCH_MS else Token.BAD
