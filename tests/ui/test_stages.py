"""What the stages are called and how they look."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.domain.facts import OwnerKind, Stage
from app.domain.turns import LiveStage, Turn, Utterance
from app.ui.tokens import Token
from app.ui.views.figures import clock, decibels, delay_ink, fine_clock, seconds
from app.ui.views.stages import (
    LEGEND,
    brush_of,
    live_parts,
    look_of,
    part_of,
    parts_of,
    waiting_since,
)
from app.ui.views.time_scale import LONGEST_MS, SHORTEST_MS, span_ms, ticks_ms


def stage(
    key: str, kind: OwnerKind = OwnerKind.SERVICE, owner: str = "LLM#0", ms: float = 100
) -> Stage:
    return Stage(
        key=key, label="Some label", owner=owner, owner_kind=kind, start_ms=50, duration_ms=ms
    )


def test_knows_every_part_that_pipecat_names() -> None:
    package = find_spec("pipecat")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent / "observers/user_bot_latency_observer.py"
    keys = set(re.findall(r'key="(\w+)"', source.read_text("utf-8")))

    assert len(keys) >= 13
    assert {key for key in keys if look_of(key).waited_for == key.replace("_", " ")} == set()


def test_a_part_of_a_later_pipecat_keeps_its_label() -> None:
    part = part_of(stage("new_thing"))

    assert (part.label, part.ink) == ("Some label", Token.ST_SILENCE)
    assert look_of("new_thing").waited_for == "new thing"


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        (OwnerKind.SERVICE, Qt.BrushStyle.SolidPattern),
        (OwnerKind.SETTING, Qt.BrushStyle.TexturePattern),
        (OwnerKind.BOT, Qt.BrushStyle.SolidPattern),
        (OwnerKind.PIPELINE, Qt.BrushStyle.SolidPattern),
    ],
)
def test_only_the_time_of_a_setting_is_hatched(kind: OwnerKind, style: Qt.BrushStyle) -> None:
    part = part_of(stage("endpointing_wait", kind))

    assert brush_of(part, 1.0).style() is style


def test_a_part_tells_what_it_took_and_whose_it_is() -> None:
    service = part_of(stage("speech_synthesis", owner="Piper#0", ms=365))
    setting = part_of(stage("endpointing_wait", OwnerKind.SETTING, "config: VAD stop_secs", ms=200))

    assert service.text() == "Voice 0.36 s · Piper#0"
    assert setting.text() == "Silence wait 0.20 s · setting VAD stop_secs"


def test_a_negative_duration_takes_no_room() -> None:
    assert part_of(stage("pipeline", ms=-3)).duration_ms == 0


def test_the_legend_tells_all_parts_apart() -> None:
    looks = [look_of(key) for key in LEGEND]

    assert len({(look.ink, look.setting) for look in looks}) == len(looks)


def waiting_turn() -> Turn:
    turn = Turn(1, 100.0, caller=Utterance("Hi", stopped_at=102.2))
    turn.live_stages = [
        LiveStage("endpointing_wait", "config: VAD stop_secs", 102.0),
        LiveStage("llm_inference", "LLM#0", 102.4),
    ]
    return turn


def test_the_parts_of_the_turn_in_hand_tile_the_wait() -> None:
    first, second = live_parts(waiting_turn(), 103.0)

    assert (first.start_ms, first.duration_ms) == pytest.approx((0, 400))
    assert (second.start_ms, second.duration_ms) == pytest.approx((400, 600))
    assert first.hatched
    assert not second.hatched
    assert waiting_since(waiting_turn()) == 102.0


def test_a_late_clock_draws_nothing_backwards() -> None:
    parts = live_parts(waiting_turn(), 90.0)

    assert [part.duration_ms for part in parts] == pytest.approx([400, 0])


def test_a_turn_that_has_not_begun_to_wait_has_no_parts() -> None:
    turn = Turn(1, 100.0)

    assert live_parts(turn, 101.0) == parts_of(turn) == ()
    assert waiting_since(turn) is None


@pytest.mark.parametrize(
    ("at", "text"),
    [(0.0, "0:00"), (21.9, "0:21"), (61, "1:01"), (3849, "1:04:09"), (-5, "0:00")],
)
def test_writes_moments_from_the_start_of_the_call(at: float, text: str) -> None:
    assert clock(1000 + at, 1000) == text


def test_writes_figures_with_their_units() -> None:
    assert seconds(1164) == "1.16 s"
    assert seconds(-50) == "−0.05 s"
    assert fine_clock(1021.47, 1000) == "0:21.4"
    assert decibels(-34.21, -60) == "−34.2"
    assert decibels(-60, -60) == "−∞"
    assert [delay_ink(ms) for ms in (799, 800, 1500)] == [Token.OK, Token.WARN, Token.BAD]


@pytest.mark.parametrize(
    ("delays", "span"),
    [
        ([], SHORTEST_MS),
        ([900.0, 2468.0], SHORTEST_MS),
        ([2600.0], 3000),
        ([7300.0], 8000),
        ([60_000.0], LONGEST_MS),
    ],
)
def test_the_axis_grows_in_steps_to_a_limit(delays: list[float], span: float) -> None:
    assert span_ms(delays) == span
    assert 3 <= len(ticks_ms(span)) <= 8
