import re

import pytest

from app.domain.facts import OwnerKind, Tap
from app.domain.turns import Gap, Turn
from app.storage.report_figures import (
    bar,
    delay,
    gap_delay,
    hatchings,
    legend,
    scale_of,
    seconds,
    stage_text,
)
from tests.unit.domain.conversation import stage


def turn_of(reported_ms: float | None, heard_ms: float | None = None) -> Turn:
    turn = Turn(1, 0.0, reported_ms=reported_ms)
    if heard_ms is not None:
        turn.gaps[Tap.LISTENER] = Gap(heard_ms, 0.0, 0.0, uncertain=False)
    return turn


def test_seconds_have_two_digits_and_nothing_is_a_dash():
    assert seconds(1156.0) == "1.16 s"
    assert seconds(None) == "–"


@pytest.mark.parametrize(
    ("ms", "judged"), [(799.0, "ok"), (800.0, "warn"), (1499.0, "warn"), (1500.0, "bad")]
)
def test_a_delay_is_good_to_watch_or_bad(ms: float, judged: str):
    assert f'class="{judged}"' in delay(ms)


def test_a_delay_that_was_not_measured_says_so():
    assert "not measured" in delay(None)
    assert gap_delay(None) == delay(None)


def test_an_uncertain_delay_is_marked():
    written = gap_delay(Gap(900.0, 0.0, 0.9, uncertain=True))

    assert "≈ 0.90 s" in written
    assert "uncertain" in written


def test_all_bars_share_a_scale_that_holds_the_longest():
    assert scale_of([]) == 2000.0
    assert scale_of([turn_of(900.0), turn_of(None)]) == 2000.0
    assert scale_of([turn_of(900.0), turn_of(2400.0, 2600.0)]) == 2600.0


def test_the_stages_lie_end_to_end():
    turn = turn_of(1000.0)
    turn.stages = (
        stage("endpointing_wait", 200.0, 0.0, OwnerKind.SETTING),
        stage("llm_inference", 800.0, 200.0),
    )

    written = bar(turn, 2000.0, 14, guides=False)

    assert re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', written) == [
        ("0.00", "10.00"),
        ("10.00", "40.00"),
    ]
    assert 'fill="url(#hatch-silence)"' in written
    assert 'class="llm"' in written
    assert 'aria-label="Silence wait 0.20 s, endpointing_wait owner; LLM 0.80 s' in written


def test_a_bar_with_guides_shows_the_way_to_the_ear():
    assert bar(turn_of(900.0, 1000.0), 2000.0, 14, guides=True).count("<line") == 3
    assert bar(turn_of(900.0, 1000.0), 2000.0, 14, guides=False).count("<line") == 0
    assert bar(turn_of(None, 1000.0), 2000.0, 14, guides=True).count("<line") == 2


def test_a_turn_without_stages_is_said_to_be_unmeasured():
    assert 'aria-label="not measured"' in bar(turn_of(None), 2000.0, 14, guides=False)


def test_an_owner_that_is_a_setting_is_named_so():
    waited = stage("endpointing_wait", 200.0)

    assert stage_text(waited) == "Silence wait 0.20 s, endpointing_wait owner"
    object.__setattr__(waited, "owner", "config: VAD stop_secs")
    assert stage_text(waited) == "Silence wait 0.20 s, setting VAD stop_secs"


def test_the_legend_names_every_colour():
    assert legend().count("<li>") == 10
    assert hatchings().count("<pattern") == 9
