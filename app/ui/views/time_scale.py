"""The axis of delays that the waterfall and the trends share."""

from collections.abc import Sequence

SHORTEST_MS = 2600.0
"""The axis is never shorter, so that ordinary calls look alike."""
LONGEST_MS = 15_000.0
"""Longer delays run over its end, so that one of them does not flatten the others."""
_STEPS_MS = (500, 1000, 2000, 5000)
_MOST_TICKS = 7


def span_ms(delays_ms: Sequence[float]) -> float:
    """How long the axis is for these delays: in steps, so that it seldom changes."""
    longest = max(delays_ms, default=0.0) * 1.03
    if longest <= SHORTEST_MS:
        return SHORTEST_MS
    steps = -(-longest // 1000.0)
    return min(LONGEST_MS, steps * 1000.0)


def ticks_ms(span: float) -> range:
    """Where the axis is marked."""
    step = next((s for s in _STEPS_MS if span / s < _MOST_TICKS), _STEPS_MS[-1])
    return range(0, int(span) + 1, step)
