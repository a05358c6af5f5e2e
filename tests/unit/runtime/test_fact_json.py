import dataclasses
import json
import math
import typing
from enum import Enum
from typing import Any

import pytest

from app.domain.facts import (
    AgentState,
    AgentStateChanged,
    CallerSaid,
    Fact,
    Flagged,
    LatencyReported,
    Service,
    Stage,
    StartupTimed,
)
from app.domain.prices import Price
from app.runtime.fact_json import KINDS, decode, encode
from tests.unit.domain.conversation import T0, exchange, opened, stage


def value_for(annotation: Any) -> object:
    """Some value of this type."""
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return next(iter(annotation))
        if annotation in (Stage, Service, Price):
            return example(annotation)
        return {str: "é \u2028 „text“", float: 0.1, int: 3, bool: True}[annotation]
    if typing.get_origin(annotation) is tuple:
        inner = [a for a in typing.get_args(annotation) if a is not Ellipsis]
        return tuple(value_for(a) for a in inner)
    return value_for(typing.get_args(annotation)[0])  # An optional value.


def example(kind: type[Any]) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: value_for(hints[field.name]) for field in dataclasses.fields(kind)})


def test_every_kind_of_fact_is_known():
    assert len(KINDS) > 25
    assert {"CallOpened", "LatencyReported", "SpeechEdge"} <= KINDS.keys()
    assert "Fact" not in KINDS
    assert "Stage" not in KINDS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_fact_comes_back_as_it_was(kind: type[Fact]):
    fact = example(kind)

    assert decode(*encode(fact)) == fact


def test_nested_facts_enums_tuples_and_none_come_back_as_they_were():
    for fact in (
        opened(),
        *exchange(T0, "How high is it?", "330 metres."),
        AgentStateChanged(at=T0, state=AgentState.FAILED, why="no model"),
        LatencyReported(at=T0, total_ms=1.5, caller_stopped_at=None, stages=(stage("a", 1.5),)),
        StartupTimed(at=T0, total_ms=2.5, parts=(("Silero", 1.25), ("Piper", 1.25))),
    ):
        assert decode(*encode(fact)) == fact


def test_times_keep_every_digit():
    fact = Flagged(at=1_800_000_000.123_456_7, note="")

    read = decode(*encode(fact))

    assert read is not None
    assert read.at == fact.at


def test_text_that_is_no_unicode_is_kept_as_far_as_it_is():
    kind, text = encode(CallerSaid(at=T0, text="half \ud83d of it", final=True))

    text.encode()
    assert decode(kind, text) == CallerSaid(at=T0, text="half ? of it", final=True)


def test_a_fact_without_a_time_is_refused():
    with pytest.raises(ValueError, match="time"):
        encode(Flagged(at=math.nan, note=""))


def test_an_unknown_kind_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture):
    assert decode("TelepathyNoticed", "{}") is None
    assert "TelepathyNoticed" in caplog.text


@pytest.mark.parametrize("text", ['{"note": "no time"}', '{"at": "noon", "note": ""}', "{", "[]"])
def test_a_fact_that_cannot_be_read_is_left_out_with_a_warning(
    text: str, caplog: pytest.LogCaptureFixture
):
    assert decode("Flagged", text) is None
    assert "Flagged" in caplog.text


def test_fields_of_a_newer_version_are_left_out():
    kind, text = encode(Flagged(at=T0, note="slow"))
    newer = json.dumps({**json.loads(text), "colour": "red"})

    assert decode(kind, newer) == Flagged(at=T0, note="slow")
