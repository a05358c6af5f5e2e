"""What an agent's answers take, from the calls that were made with the same services."""

from collections.abc import Iterator, Sequence
from itertools import islice

from app.domain.agent_desk import Expected
from app.domain.call import Call
from app.domain.cost import cost_of
from app.domain.facts import Service
from app.domain.turns import Turn, percentiles
from app.storage.call_library import CallLibrary, CallState

CALLS_AT_MOST = 20
"""The newest ones; each is read whole."""
NOTHING_MEASURED = Expected(None, None, 0)
PARTS = {"stt": "transcription", "llm": "llm_inference", "tts": "speech_synthesis"}
"""Parts of an agent, and Pipecat's keys of the stages that are theirs."""


def expected(library: CallLibrary, agent: str, services: Sequence[Service]) -> Expected:
    """The medians over the newest calls of this agent with exactly these services. Blocks; any thread."""
    calls = list(islice(_calls_with(library, agent, tuple(services)), CALLS_AT_MOST))
    turns = [turn for call in calls for turn in call.exchanges if turn.reported_ms is not None]
    if not turns:
        return NOTHING_MEASURED
    cost, priced = _cost_per_minute(calls)
    answers = [turn.reported_ms for turn in turns if turn.reported_ms is not None]
    return Expected(
        answer_s=_median_s(answers),
        cost_usd_per_minute=cost,
        priced_calls=priced,
        turns=len(turns),
        stage_s=tuple(
            (part, median)
            for part, key in PARTS.items()
            if (median := _median_s(_durations(turns, key))) is not None
        ),
    )


def _calls_with(library: CallLibrary, agent: str, services: tuple[Service, ...]) -> Iterator[Call]:
    for row in library.calls():
        if row.agent == agent and row.state is not CallState.LIVE:
            call = library.load(row.id)
            if tuple(call.services) == services:
                yield call


def _durations(turns: Sequence[Turn], key: str) -> list[float]:
    return [stage.duration_ms for turn in turns for stage in turn.stages if stage.key == key]


def _median_s(values_ms: Sequence[float]) -> float | None:
    middle = percentiles(values_ms).p50
    return None if middle is None else middle / 1000.0


def _cost_per_minute(calls: Sequence[Call]) -> tuple[float | None, int]:
    """The cost of a minute over the calls whose cost is wholly known, and how many those are."""
    total, minutes, known = 0.0, 0.0, 0
    for call in calls:
        cost = cost_of(call)
        if cost.total is None or not cost.complete:
            continue
        if call.opened_at is None or call.closed_at is None:
            continue
        total += cost.total
        minutes += (call.closed_at - call.opened_at) / 60.0
        known += 1
    return (total / minutes, known) if minutes else (None, 0)
