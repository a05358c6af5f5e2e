import json

import pytest

from app.domain.call import Call
from app.domain.facts import (
    AgentInterrupted,
    AgentSaid,
    AgentSpeechStopped,
    CallerSaid,
    CallerTurnStarted,
    Edge,
    ErrorRaised,
    Fact,
    Flagged,
    Lane,
    LaneSummarised,
    ParticipantJoined,
    ParticipantLeft,
    PricesNoted,
    RecordingStarted,
    Role,
    ServiceUsed,
    SpeechEdge,
    Tap,
)
from app.domain.prices import Price
from app.storage.documents import call_document
from tests.unit.domain.conversation import T0, answer, closed, exchange, opened, question


def document(*facts: Fact, **figures: dict[str, float | None]) -> dict[str, object]:
    """The document, as a reader of the file gets it."""
    call = Call()
    call.apply(facts)
    read: dict[str, object] = json.loads(json.dumps(call_document(call, **figures)))
    return read


def turns(found: dict[str, object]) -> list[dict[str, dict[str, object]]]:
    listed = found["turns"]
    assert isinstance(listed, list)
    return listed  # pyright: ignore[reportUnknownVariableType]


def test_a_call_has_every_field_of_schema_1():
    found = document(
        opened(), *exchange(T0 + 10, "How high?", "330 metres."), closed(T0 + 60, "over")
    )

    assert list(found) == [
        "schema",
        "call_id",
        "room",
        "started_at",
        "ended_at",
        "ended_because",
        "agent",
        "versions",
        "participants",
        "recording_started_at",
        "greeting",
        "turns",
        "levels",
        "alerts",
        "flags",
        "usage",
        "cost",
        "ui",
        "process",
    ]
    assert (found["schema"], found["call_id"], found["room"]) == (
        1,
        "20261122-100000-ab12",
        "local-ab12",
    )
    assert (found["started_at"], found["ended_at"]) == (T0, T0 + 60)
    assert found["ended_because"] == "over"
    assert found["agent"] == {
        "name": "Local agent",
        "kind": "local",
        "services": [
            {"part": "stt", "name": "WhisperSTT", "model": "tiny.en"},
            {"part": "tts", "name": "Piper", "model": None},
        ],
    }
    assert found["versions"] == {"greenroom": "0.1.0", "python": "3.11.7"}


def test_a_turn_has_both_texts_its_times_and_its_three_latencies():
    (turn,) = turns(document(*exchange(T0 + 10, "How high?", "330 metres.")))

    assert turn["index"] == 1
    assert turn["caller"] == {
        "text": "How high?",
        "started_at": T0 + 10.2,
        "stopped_at": T0 + 12,
        "typed": False,
    }
    assert turn["agent"] == {
        "text": "330 metres.",
        "started_at": T0 + 12.9,
        "stopped_at": T0 + 15.9,
        "interrupted": False,
    }
    latency = turn["latency"]
    assert latency["reported_ms"] == pytest.approx(900.0)
    assert latency["agent_audio_ms"] == pytest.approx(920.0)
    assert latency["listener_audio_ms"] == pytest.approx(1000.0)
    assert latency["caller_audio_ms"] == pytest.approx(1080.0)
    assert latency["uncertain"] == []


def test_the_stages_of_a_turn_sum_to_what_was_reported():
    (turn,) = turns(document(*exchange(T0 + 10, "How high?", "330 metres.")))

    stages = turn["latency"]["stages"]
    assert isinstance(stages, list)
    assert stages[0] == {
        "key": "endpointing_wait",
        "label": "endpointing wait",
        "owner": "endpointing_wait owner",
        "owner_kind": "setting",
        "start_ms": 0.0,
        "duration_ms": 200.0,
    }
    total = sum(stage["duration_ms"] for stage in stages)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    assert total == pytest.approx(turn["latency"]["reported_ms"], abs=1.0)


def test_what_was_not_measured_is_null():
    facts = [CallerTurnStarted(at=T0), CallerSaid(at=T0 + 1, text="Anybody?", final=True)]
    found = document(*facts)

    (turn,) = turns(found)
    assert turn["caller"]["stopped_at"] is None
    assert turn["agent"] == {
        "text": None,
        "started_at": None,
        "stopped_at": None,
        "interrupted": False,
    }
    assert turn["latency"] == {
        "reported_ms": None,
        "agent_audio_ms": None,
        "listener_audio_ms": None,
        "caller_audio_ms": None,
        "uncertain": [],
        "stages": [],
    }
    nothing = {"peak_dbfs": None, "rms_dbfs": None}
    assert found["levels"] == {"caller": nothing, "agent": nothing}
    assert (found["started_at"], found["ended_at"]) == (None, None)
    assert found["recording_started_at"] is None
    assert found["greeting"] is None
    assert found["ui"] == {
        "first_paint_ms": None,
        "frame_gap_p99_ms": None,
        "stall_max_ms": None,
        "frames": None,
    }
    assert found["process"] == {"rss_mb_start": None, "rss_mb_end": None, "cpu_s": None}


def test_an_uncertain_reading_is_marked():
    facts = [
        SpeechEdge(at=f.at, tap=f.tap, lane=f.lane, edge=f.edge, uncertain=f.tap is Tap.LISTENER)
        if isinstance(f, SpeechEdge) and f.edge is Edge.ONSET
        else f
        for f in exchange(T0 + 10, "How high?", "330 metres.")
    ]

    (turn,) = turns(document(*facts))

    assert turn["latency"]["uncertain"] == ["listener"]


def test_an_interruption_and_typed_text_are_marked():
    cut_off = answer(T0 + 3, "The tower was built by", T0 + 2)[:3]
    first, second = turns(
        document(
            *question(T0, "Tell me all"),
            *cut_off,
            AgentInterrupted(at=T0 + 4),
            AgentSpeechStopped(at=T0 + 4),
            CallerSaid(at=T0 + 4, text="Stop", final=True, typed=True),
            AgentSaid(at=T0 + 4.1, text="The tower", final=True, interrupted=True),
        )
    )

    assert first["agent"]["interrupted"]
    assert first["agent"]["text"] == "The tower"
    assert second["caller"]["typed"]


def test_the_greeting_is_no_turn():
    found = document(
        *answer(T0 + 1, "Hello.", None), *exchange(T0 + 10, "How high?", "330 metres.")
    )

    greeting = found["greeting"]
    assert isinstance(greeting, dict)
    assert greeting["text"] == "Hello."
    assert greeting["reported_ms"] == 400.0
    assert greeting["started_at"] == T0 + 1
    assert [turn["index"] for turn in turns(found)] == [1]


def test_a_noise_at_the_end_is_no_turn():
    noise = CallerTurnStarted(at=T0 + 30)

    assert len(turns(document(*exchange(T0 + 10, "How high?", "330 metres."), noise))) == 1


def test_people_levels_alerts_flags_and_usage_are_listed():
    found = document(
        opened(),
        ParticipantJoined(at=T0, identity="caller", name="Ada", role=Role.CALLER),
        ParticipantLeft(at=T0 + 9, identity="caller", reason="left"),
        RecordingStarted(at=T0 + 1, path="/private/folder/a.wav"),
        LaneSummarised(at=T0 + 9, lane=Lane.CALLER, peak_dbfs=-6.5, rms_dbfs=-20.0),
        LaneSummarised(at=T0 + 9, lane=Lane.EAR, peak_dbfs=-7.5, rms_dbfs=None),
        ErrorRaised(at=T0 + 5, message="slow", category="x", processor="LLM", usable=True),
        Flagged(at=T0 + 6, note="too long"),
        ServiceUsed(at=T0, kind="tts", processor="Piper", model="joe", characters=40),
    )

    assert found["participants"] == [
        {
            "identity": "caller",
            "name": "Ada",
            "role": "caller",
            "joined_at": T0,
            "left_at": T0 + 9,
            "left_because": "left",
        }
    ]
    assert found["recording_started_at"] == T0 + 1
    assert found["levels"] == {
        "caller": {"peak_dbfs": -6.5, "rms_dbfs": -20.0},
        "agent": {"peak_dbfs": None, "rms_dbfs": None},
        "ear": {"peak_dbfs": -7.5, "rms_dbfs": None},
    }
    assert found["alerts"] == [
        {"at": T0 + 5, "severity": "watch", "text": "LLM: slow", "turn_index": None}
    ]
    assert found["flags"] == [{"at": T0 + 6, "note": "too long"}]
    assert found["usage"] == [
        {
            "kind": "tts",
            "processor": "Piper",
            "model": "joe",
            "audio_s": None,
            "characters": 40,
            "prompt_tokens": None,
            "completion_tokens": None,
            "cached_tokens": None,
            "cache_write_tokens": None,
            "input_audio_tokens": None,
            "cached_audio_tokens": None,
            "output_audio_tokens": None,
        }
    ]
    assert "/private/folder" not in json.dumps(found)


@pytest.mark.parametrize(("kind", "total"), [("local", 0.0), ("cloud", None)])
def test_a_cost_that_is_not_known_is_null(kind: str, total: float | None):
    cost = document(opened(agent_kind=kind))["cost"]

    assert isinstance(cost, dict)
    assert (cost["currency"], cost["total"]) == ("USD", total)
    assert cost["note"]


def test_the_cost_has_its_parts():
    price = Price(service="some_tts", as_of="2026-11-05", source="", characters=50.0)
    cost = document(
        opened(agent_kind="preset"),
        PricesNoted(at=T0, prices=(price,)),
        ServiceUsed(at=T0, kind="tts", processor="SomeTTSService#0", model=None, characters=200),
        ServiceUsed(at=T0, kind="stt", processor="NoSTTService#0", model="big", audio_s=2.0),
    )["cost"]

    assert isinstance(cost, dict)
    assert (cost["total"], cost["complete"]) == (0.01, False)
    assert cost["parts"] == [
        {
            "kind": "tts",
            "service": "SomeTTSService",
            "model": None,
            "total": 0.01,
            "no_price_for": [],
            "as_of": "2026-11-05",
        },
        {
            "kind": "stt",
            "service": "NoSTTService",
            "model": "big",
            "total": None,
            "no_price_for": [],
            "as_of": None,
        },
    ]


def test_only_the_figures_of_the_schema_get_in():
    found = document(
        opened(),
        ui={"first_paint_ms": 312.0, "secret": 1.0},
        process={"rss_mb_start": 400.0, "cpu_s": 12.5},
    )

    assert found["ui"] == {
        "first_paint_ms": 312.0,
        "frame_gap_p99_ms": None,
        "stall_max_ms": None,
        "frames": None,
    }
    assert found["process"] == {"rss_mb_start": 400.0, "rss_mb_end": None, "cpu_s": 12.5}
