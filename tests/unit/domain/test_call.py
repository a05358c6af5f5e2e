import pytest

from app.domain.alerts import Severity
from app.domain.call import Call, LaneSummary, Participant, Usage
from app.domain.facts import (
    AgentState,
    AgentStateChanged,
    AudioDeviceChanged,
    ErrorRaised,
    Flagged,
    Lane,
    LaneSummarised,
    LevelMeasured,
    LimitReached,
    ListeningStarted,
    ParticipantJoined,
    ParticipantLeft,
    PipelineLagged,
    RecordingStarted,
    RecordingStopped,
    Role,
    ServiceSwitched,
    ServiceUsed,
    StepProgressed,
)
from tests.unit.domain.conversation import T0, closed, exchange, opened


def test_a_call_opens_and_closes():
    call = Call()
    assert not call.live

    opening = call.apply([opened()])
    assert (call.id, call.room, call.server) == (
        "20261122-100000-ab12",
        "local-ab12",
        "This computer",
    )
    assert (call.agent_name, call.agent_kind) == ("Local agent", "local")
    assert call.versions == {"greenroom": "0.1.0", "python": "3.11.7"}
    assert [service.part for service in call.services] == ["stt", "tts"]
    assert call.live
    assert opening.state
    assert opening.events == 1

    closing = call.apply([closed(T0 + 60, "ended by the operator")])
    assert not call.live
    assert (call.closed_at, call.close_reason) == (T0 + 60, "ended by the operator")
    assert closing.state


def test_the_newest_time_is_kept_although_facts_come_out_of_order():
    call = Call()
    assert call.last_at is None

    call.apply([Flagged(at=T0 + 5, note=""), Flagged(at=T0 + 4, note="")])

    assert call.last_at == T0 + 5


def test_steps_of_the_start_replace_each_other():
    call = Call()
    changes = call.apply(
        [
            StepProgressed(at=T0, step="stt", label="Speech recognition", fraction=0.2),
            StepProgressed(at=T0 + 1, step="stt", label="Speech recognition", took_s=1.0),
            StepProgressed(at=T0 + 2, step="stt", label="Speech recognition", detail="ready"),
        ]
    )

    step = call.steps["stt"]
    assert (step.label, step.detail, step.fraction, step.took_s) == (
        "Speech recognition",
        "ready",
        None,
        1.0,
    )
    assert changes.steps
    assert not call.events


def test_participants_come_and_go():
    call = Call()
    changes = call.apply(
        [
            ParticipantJoined(at=T0, identity="caller", name="Ada", role=Role.CALLER),
            ParticipantLeft(at=T0 + 9, identity="caller", reason="left"),
            ParticipantLeft(at=T0 + 9, identity="nobody", reason="left"),
        ]
    )

    assert call.participants == {
        "caller": Participant("caller", "Ada", Role.CALLER, T0, T0 + 9, "left")
    }
    assert changes.participants


def test_listening_is_recorded_in_the_call():
    listening = ListeningStarted(at=T0, identity="greenroom-ear", who="This computer", how="hidden")

    call = Call()
    call.apply([listening])

    assert call.listeners == [listening]
    assert call.events == [listening]


def test_the_agent_s_state_has_a_reason_and_a_time():
    call = Call()
    changes = call.apply([AgentStateChanged(at=T0, state=AgentState.FAILED, why="no model")])

    assert (call.agent_state, call.agent_state_since, call.agent_state_why) == (
        AgentState.FAILED,
        T0,
        "no model",
    )
    assert changes.state
    assert [(a.severity, a.text) for a in call.alerts] == [
        (Severity.BAD, "The agent failed: no model")
    ]


@pytest.mark.parametrize(("usable", "severity"), [(True, Severity.WATCH), (False, Severity.BAD)])
def test_an_error_is_as_bad_as_what_it_leaves(usable: bool, severity: Severity):
    error = ErrorRaised(
        at=T0, message="rate limit", category="rate_limit", processor="OpenAI", usable=usable
    )

    call = Call()
    changes = call.apply([error])

    assert [(a.at, a.severity, a.text) for a in call.alerts] == [
        (T0, severity, "OpenAI: rate limit")
    ]
    assert changes.alerts
    assert call.events == [error]


@pytest.mark.parametrize(
    ("to_service", "severity"), [("Piper", Severity.WATCH), ("", Severity.BAD)]
)
def test_a_switch_is_as_bad_as_what_it_leaves(to_service: str, severity: Severity):
    switch = ServiceSwitched(
        at=T0, part="tts", from_service="Cartesia", to_service=to_service, cause="402"
    )

    call = Call()
    call.apply([switch])

    assert [alert.severity for alert in call.alerts] == [severity]


def test_an_agent_that_is_not_ours_is_watched():
    watched, own = Call(), Call()
    watched.apply([opened(agent_kind="watched")])
    own.apply([opened()])

    assert (watched.watched, own.watched) == (True, False)


def test_usage_adds_up_by_service():
    def tokens(prompt: int, completion: int, model: str | None) -> ServiceUsed:
        return ServiceUsed(
            at=T0,
            kind="llm",
            processor="SmolLM2",
            model=model,
            prompt_tokens=prompt,
            completion_tokens=completion,
        )

    call = Call()
    call.apply(
        [
            tokens(100, 10, "135M"),
            tokens(120, 12, None),
            ServiceUsed(at=T0, kind="stt", processor="Whisper", model=None, audio_s=1.5),
            ServiceUsed(at=T0, kind="stt", processor="Whisper", model="tiny.en", audio_s=2.0),
            ServiceUsed(at=T0, kind="tts", processor="Piper", model=None, characters=40),
        ]
    )

    assert call.usage == [
        Usage("llm", "SmolLM2", "135M", prompt_tokens=220, completion_tokens=22),
        Usage("stt", "Whisper", "tiny.en", audio_s=3.5),
        Usage("tts", "Piper", None, characters=40),
    ]


def test_levels_move_meters_and_nothing_else():
    call = Call()
    changes = call.apply([LevelMeasured(at=T0, lane=Lane.CALLER, peak_dbfs=-12.0, rms_dbfs=-20.0)])

    assert call.meters[Lane.CALLER].shown_dbfs == -12.0
    assert changes.levels
    assert not call.events


def test_a_lane_s_summary_is_kept():
    call = Call()
    call.apply([LaneSummarised(at=T0, lane=Lane.AGENT, peak_dbfs=-3.0, rms_dbfs=None)])

    assert call.lane_summaries == {Lane.AGENT: LaneSummary(-3.0, None)}


def test_a_recording_knows_where_it_is_and_when_it_began():
    call = Call()
    stopped = RecordingStopped(at=T0 + 9, reason="the disk is full")
    call.apply([RecordingStarted(at=T0 + 1, path="/calls/a.wav"), stopped])

    assert (call.recording_path, call.recording_started_at) == ("/calls/a.wav", T0 + 1)
    assert call.events[-1] is stopped
    assert [alert.text for alert in call.alerts] == ["The recording stopped: the disk is full"]


def test_a_flag_is_a_flag_and_an_event():
    flag = Flagged(at=T0, note="too long")

    call = Call()
    changes = call.apply([flag])

    assert call.flags == [flag]
    assert call.events == [flag]
    assert changes.flags


def test_a_heartbeat_is_a_reading():
    call = Call()
    assert not call.apply([PipelineLagged(at=T0, lag_ms=12.0)])
    assert call.pipeline_lag_ms == 12.0


def test_a_fact_without_a_rule_is_an_event():
    fact = AudioDeviceChanged(at=T0, kind="microphone", name="USB", why="plugged in")

    call = Call()

    assert call.apply([fact]).events == 1
    assert call.events == [fact]


def test_changes_say_which_turns_to_repaint():
    call = Call()
    first = call.apply(exchange(T0, "How high?", "330 metres."))
    assert (first.turns_added, first.turns_updated) == (1, {0})

    second = call.apply(exchange(T0 + 10, "Who?", "Eiffel."))
    assert (second.turns_added, second.turns_updated) == (1, {1})

    assert not call.apply([])


def test_a_limit_that_ends_the_call_is_an_alert():
    call = Call()
    changes = call.apply([LimitReached(at=T0, why="The call has cost $1.00.")])

    assert [(alert.severity, alert.text) for alert in call.alerts] == [
        (Severity.WATCH, "The call has cost $1.00.")
    ]
    assert changes.alerts


def test_a_change_of_model_in_the_call_is_counted_apart():
    def used(model: str | None) -> ServiceUsed:
        return ServiceUsed(at=T0, kind="llm", processor="LLM", model=model, prompt_tokens=10)

    call = Call()
    call.apply([used("small"), used("big"), used(None)])

    assert [(each.model, each.prompt_tokens) for each in call.usage] == [("small", 10), ("big", 20)]
