"""The calls that the panel holds: each is the fold of its own facts, one of them is in hand."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.call import Call, Changes
from app.domain.facts import CallOpened, Fact, Flagged, Lane, LevelMeasured
from app.ui.call_feed import CallFeed
from tests.support.sample_call import OPENED_AT, exchange, opening

OPENED = CallOpened(
    at=1.0, call_id="1", room="green", server="s", agent_name="a", agent_kind="preset"
)


def test_the_feed_folds_first_and_tells_then(qtbot: QtBot) -> None:
    feed = CallFeed()
    feed.begin("a")
    seen: list[tuple[str, bool]] = []

    def look(changes: Changes) -> None:
        seen.append((feed.call.room, changes.state))

    feed.changed.connect(look)
    level = LevelMeasured(at=1.0, lane=Lane.CALLER, peak_dbfs=-3.0, rms_dbfs=-9.0)

    feed.absorb({"a": [OPENED, level]})

    assert seen == [("green", True)]


def test_a_new_call_is_listed_last_and_taken_in_hand(qtbot: QtBot) -> None:
    feed = CallFeed()
    feed.begin("a")
    feed.absorb({"a": [OPENED]})
    calls: list[Call] = []
    feed.replaced.connect(calls.append)

    feed.begin("b")

    assert list(feed.calls) == ["a", "b"]
    assert calls == [feed.call]
    assert feed.call.opened_at is None
    assert feed.calls["a"].room == "green"


def test_a_call_may_take_the_place_of_another(qtbot: QtBot) -> None:
    feed = CallFeed()
    for key in ("a", "b", "c"):
        feed.begin(key)

    feed.begin("d", instead_of="b")

    assert list(feed.calls) == ["a", "d", "c"]
    assert feed.in_hand == "d"


def test_what_happens_in_a_call_that_is_not_in_hand_is_no_change_of_the_one_that_is(
    qtbot: QtBot,
) -> None:
    feed = CallFeed()
    feed.begin("a")
    feed.begin("b")
    changed: list[Changes] = []
    folded: list[str] = []
    feed.changed.connect(changed.append)

    def note(key: str, _: Changes) -> None:
        folded.append(key)

    feed.folded.connect(note)

    feed.absorb({"a": [OPENED]})

    assert (changed, folded) == ([], ["a"])
    assert feed.call == Call()


@pytest.mark.parametrize(
    ("dropped", "next_one"), [("a", "b"), ("b", "c"), ("c", "b")], ids=["first", "middle", "last"]
)
def test_after_the_call_in_hand_comes_the_next_one(
    qtbot: QtBot, dropped: str, next_one: str
) -> None:
    feed = CallFeed()
    for key in ("a", "b", "c"):
        feed.begin(key)
    feed.take(dropped)

    feed.drop(dropped)

    assert feed.in_hand == next_one


def test_with_none_left_there_is_an_empty_call(qtbot: QtBot) -> None:
    feed = CallFeed()
    feed.begin("a")
    feed.absorb({"a": [OPENED]})

    feed.drop("a")
    feed.absorb({"a": [Flagged(at=2.0, note="late")]})

    assert (feed.in_hand, feed.calls, feed.call) == ("", {}, Call())


@pytest.mark.parametrize("seed", range(25))
def test_facts_that_come_interleaved_reach_their_own_call_alone(qtbot: QtBot, seed: int) -> None:
    randomly = random.Random(seed)
    told = {f"call-{number}": facts_of(number) for number in range(randomly.randrange(2, 9))}
    feed = CallFeed()
    changes_in_hand: dict[str, int] = dict.fromkeys(told, 0)

    def count(changes: Changes) -> None:
        changes_in_hand[feed.in_hand] += changes.events

    feed.changed.connect(count)
    for key in told:
        feed.begin(key)

    seen_in_hand = dict.fromkeys(told, 0)
    for batch in interleaved(told, randomly):
        feed.take(randomly.choice(list(told)))
        before = len(feed.call.events)
        feed.absorb(batch)
        seen_in_hand[feed.in_hand] += len(feed.call.events) - before

    for key, facts in told.items():
        alone = Call()
        alone.apply(facts)
        assert feed.calls[key] == alone
        assert feed.calls[key].room == f"room-{key.removeprefix('call-')}"
    assert changes_in_hand == seen_in_hand


def facts_of(number: int) -> list[Fact]:
    """A call that differs from any other in its room, its length and its words."""
    first, *rest = opening()
    assert isinstance(first, CallOpened)
    opened = replace(first, call_id=f"id-{number}", room=f"room-{number}")
    turns = [
        exchange(100 * number + turn, OPENED_AT + 10.0 * turn) for turn in range(1, 3 + number)
    ]
    return [opened, *rest, *(fact for turn in turns for fact in turn)]


def interleaved(
    told: dict[str, list[Fact]], randomly: random.Random
) -> list[dict[str, Sequence[Fact]]]:
    """The facts of all calls in batches of any size and mixture, each call's in their order."""
    left = {key: list(facts) for key, facts in told.items()}
    batches: list[dict[str, Sequence[Fact]]] = []
    while left:
        chosen = [key for key in left if randomly.random() < 0.5]
        batch: dict[str, Sequence[Fact]] = {}
        for key in chosen:
            count = randomly.randrange(1, 12)
            batch[key], left[key] = left[key][:count], left[key][count:]
        left = {key: facts for key, facts in left.items() if facts}
        batches.append(batch)
    return batches
