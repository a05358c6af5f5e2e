"""A process from which nothing comes."""

from dataclasses import replace

import pytest

from app.agent.isolated.silence import SILENT_AFTER_S, SILENT_START_AFTER_S, STACK_S, SilenceWatch
from app.domain.facts import LoopBlocked
from tests.support.hand_clock import HandClock
from tests.support.posted import Posted

STACK = "bot.py:3 in hears"
OWN = LoopBlocked(at=0.0, blocked_ms=9000.0, stack="bot.py:3 in hears")


class Rig:
    """A process that a test lets speak, or be silent."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.sink = Posted()
        self.asked = 0
        self.watch = SilenceWatch(self.sink, self.clock, self._ask, lambda: STACK)

    @property
    def told(self) -> list[LoopBlocked]:
        return self.sink.of(LoopBlocked)

    def silent_for(self, seconds: float, *, starting: bool = False) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.pass_s(0.1)
            self.watch.look(starting=starting)

    def _ask(self) -> None:
        self.asked += 1


def test_a_silence_is_told_once_with_its_stack_and_so_is_its_end() -> None:
    rig = Rig()
    rig.watch.heard()
    rig.silent_for(SILENT_AFTER_S - 0.2)
    assert rig.asked == 0
    rig.silent_for(STACK_S + 3.0)
    assert rig.asked == 1
    (silent,) = rig.told
    assert (silent.stack, silent.over, silent.whole) == (STACK, False, True)
    assert silent.blocked_ms == pytest.approx(1000 * (SILENT_AFTER_S + STACK_S), abs=250)

    rig.watch.heard()
    rig.watch.heard()
    rig.silent_for(1.0)

    assert len(rig.told) == 2
    assert (rig.told[1].over, rig.told[1].whole, rig.told[1].stack) == (True, True, "")
    assert rig.told[1].blocked_ms > silent.blocked_ms


def test_one_that_ends_while_its_stack_is_awaited_is_none() -> None:
    rig = Rig()
    rig.watch.heard()
    rig.silent_for(SILENT_AFTER_S + 0.2)
    assert rig.asked == 1
    rig.watch.heard()
    rig.silent_for(1.0)
    assert rig.told == []


def test_a_start_is_given_longer_and_one_that_was_never_heard_is_left_alone() -> None:
    rig = Rig()
    rig.silent_for(SILENT_START_AFTER_S + 5.0, starting=True)
    rig.watch.heard()
    rig.silent_for(SILENT_START_AFTER_S - 1.0, starting=True)
    assert rig.asked == 0
    rig.silent_for(2.0, starting=True)
    assert len(rig.told) == 1


def test_what_the_process_says_of_a_silence_that_was_told_adds_nothing() -> None:
    rig = Rig()
    before = replace(OWN, at=rig.clock.now())
    assert not rig.watch.covers(before)
    rig.watch.heard()
    rig.silent_for(SILENT_AFTER_S + 1.0)
    rig.watch.heard()
    rig.clock.pass_s(0.1)

    assert rig.watch.covers(replace(OWN, at=rig.clock.now(), over=True))
    rig.clock.pass_s(10.0)
    assert not rig.watch.covers(replace(OWN, at=rig.clock.now(), blocked_ms=2000.0))
