"""What earlier calls say of an agent's next one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.agent_desk import Expected
from app.domain.facts import (
    LOCAL_KIND,
    PRESET_KIND,
    CallClosed,
    CallOpened,
    Fact,
    PricesNoted,
    Service,
    ServiceUsed,
)
from app.domain.prices import Price
from app.session.expectations import NOTHING_MEASURED, expected
from app.storage.call_library import CallLibrary
from tests.support.sample_call import OPENED_AT, exchange, opening

OTHERS = (Service(part="llm", name="Other"),)


def opened() -> CallOpened:
    made = next(fact for fact in opening() if isinstance(fact, CallOpened))
    return replace(made, agent_kind=LOCAL_KIND)


def keep(
    library: CallLibrary, number: int, total_ms: float, first: CallOpened, *more: Fact
) -> None:
    """A call of a minute with one exchange, and `more` facts."""
    facts: list[Fact] = [replace(first, call_id=f"call-{number}")]
    facts += exchange(1, OPENED_AT + 5, total_ms=total_ms)
    facts += more
    facts.append(CallClosed(at=OPENED_AT + 60, reason="over"))
    writer = library.open_call(f"call-{number}")
    for fact in facts:
        writer.post(fact)
    assert writer.close()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[CallLibrary]:
    library = CallLibrary(tmp_path / "calls.db")
    yield library
    assert library.close()


def asked(library: CallLibrary) -> Expected:
    return expected(library, opened().agent_name, opened().services)


def test_nothing_is_expected_before_anything_was_measured(library: CallLibrary) -> None:
    assert asked(library) == NOTHING_MEASURED


def test_the_median_of_all_turns_is_expected(library: CallLibrary) -> None:
    for number, total_ms in enumerate((700.0, 900.0, 1400.0)):
        keep(library, number, total_ms, opened())
    found = asked(library)
    assert (found.answer_s, found.turns) == (0.9, 3)
    assert found.cost_usd_per_minute == 0.0
    assert {part for part, _ in found.stage_s} == {"stt", "llm", "tts"}
    assert all(0 < took_s < 0.9 for _, took_s in found.stage_s)


def test_calls_with_other_services_or_of_other_agents_say_nothing(library: CallLibrary) -> None:
    keep(library, 1, 700.0, replace(opened(), services=OTHERS))
    keep(library, 2, 700.0, replace(opened(), agent_name="Somebody else"))
    assert asked(library) == NOTHING_MEASURED


def test_a_minute_costs_what_calls_of_known_cost_did(library: CallLibrary) -> None:
    first = replace(opened(), agent_kind=PRESET_KIND)
    price = Price(service="some_tts", as_of="2026-11-05", source="", characters=50.0)
    used = ServiceUsed(
        at=OPENED_AT + 3, kind="tts", processor="SomeTTSService#0", model=None, characters=1000
    )
    keep(library, 1, 700.0, first, PricesNoted(at=OPENED_AT, prices=(price,)), used)
    keep(library, 2, 700.0, first)
    found = asked(library)
    assert found.cost_usd_per_minute == pytest.approx(0.05)
    assert (found.priced_calls, found.turns) == (1, 2)


def test_a_cost_that_is_not_known_stays_so(library: CallLibrary) -> None:
    keep(library, 1, 700.0, replace(opened(), agent_kind=PRESET_KIND))
    found = asked(library)
    assert (found.answer_s, found.cost_usd_per_minute) == (0.7, None)
