"""Three calls at the same moment: one in which the agent thinks, one that goes well, one whose caller waits."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.facts import AgentSaid, CallerSaid, CallOpened, Fact, LatencyReported
from app.ui.call_acts import Phase
from tests.support.panel import PanelRig, until
from tests.support.sample_call import (
    NOW,
    OPENED_AT,
    asked,
    exchange,
    greeting,
    opening,
    sample_facts,
)

WELL_MS = (700, 720, 740, 710, 1100, 700, 730, 720, 700, 760, 740)
SLOW_MS = (900, 1200, 1900, 2300, 2500, 2400)
FRONT_DESK_S, CLINIC_S = 252.0, 125.0
"""How long these have lasted."""
WAITED_S = 2.4


def moved(facts: Sequence[Fact], by_s: float) -> list[Fact]:
    """The same facts at another time."""
    later = [replace(fact, at=fact.at + by_s) for fact in facts]
    return [
        replace(fact, caller_stopped_at=fact.caller_stopped_at + by_s)
        if isinstance(fact, LatencyReported) and fact.caller_stopped_at is not None
        else fact
        for fact in later
    ]


def in_room(room: str, agent: str, answers_ms: Sequence[int], lasted_s: float) -> list[Fact]:
    """A call with these answers, `lasted_s` old now."""
    first, *rest = opening()
    assert isinstance(first, CallOpened)
    facts: list[Fact] = [replace(first, call_id=room, room=room, agent_name=agent), *rest]
    facts += greeting()
    for number, answer_ms in enumerate(answers_ms, 1):
        facts += exchange(number, OPENED_AT + 18.0 * number, total_ms=answer_ms)
    return moved(facts, NOW - OPENED_AT - lasted_s)


def three_calls() -> list[list[Fact]]:
    """The facts of each, up to now."""
    waiting = asked(NOW - WAITED_S - 2.0, "Can you move my appointment to Friday?")
    return [
        sample_facts(),
        in_room("front-desk-2", "Library desk", WELL_MS, FRONT_DESK_S),
        [*in_room("clinic-reminders", "Local agent", SLOW_MS, CLINIC_S), *waiting],
    ]


def facts_of(room: str, turns: int = 2, agent: str = "Local agent") -> list[Fact]:
    """A call in a room of this name, in which everything that is said names the room."""
    first, *rest = opening()
    assert isinstance(first, CallOpened)
    opened = replace(first, call_id=room, room=room, agent_name=agent)
    facts: list[Fact] = [opened, *rest]
    for number in range(1, turns + 1):
        facts += [named(fact, room) for fact in exchange(number, OPENED_AT + 10.0 * number)]
    return facts


def named(fact: Fact, room: str) -> Fact:
    if isinstance(fact, CallerSaid | AgentSaid):
        return replace(fact, text=f"{room}: {fact.text}")
    return fact


async def enter_three_calls(rig: PanelRig) -> list[str]:
    """Start the three with the first of them in hand; returns their keys."""
    for facts in three_calls():
        rig.desk.facts_of_start = facts
        rig.window.start_call()
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
    keys = list(rig.feed.calls)
    rig.window.acts.take(keys[0])
    await rig.settle()
    return keys
