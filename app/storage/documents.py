"""The document of a call: call.json, schema 1."""

from collections.abc import Mapping

from app.domain.alerts import Alert
from app.domain.call import Call, LaneSummary, Participant, Usage
from app.domain.cost import CostPart, cost_of
from app.domain.facts import Flagged, Lane, Service, Stage, Tap
from app.domain.turns import Gap, Turn, Utterance

SCHEMA = 1
UI_FIGURES = ("first_paint_ms", "frame_gap_p99_ms", "stall_max_ms", "frames")
PROCESS_FIGURES = ("rss_mb_start", "rss_mb_end", "cpu_s")

Figures = Mapping[str, float | int | None]


def call_document(
    call: Call, *, ui: Figures | None = None, process: Figures | None = None
) -> dict[str, object]:
    """Everything that call.json holds, field by field, so that nothing else gets into it.

    Times are seconds since the epoch, durations are milliseconds, and None stands for what was not measured.
    `ui` counts the panel's frames from when all were in this call's room to its end; its first paint is the window's.
    """
    return {
        "schema": SCHEMA,
        "call_id": call.id,
        "room": call.room,
        "started_at": call.opened_at,
        "ended_at": call.closed_at,
        "ended_because": call.close_reason or None,
        "agent": {
            "name": call.agent_name,
            "kind": call.agent_kind,
            "services": [_service(service) for service in call.services],
        },
        "versions": dict(call.versions),
        "participants": [_participant(person) for person in call.participants.values()],
        "recording_started_at": call.recording_started_at,
        "greeting": _greeting(call),
        "turns": [_turn(turn) for turn in call.exchanges if was_spoken(turn)],
        "levels": {lane.value: _levels(call.lane_summaries.get(lane)) for lane in _lanes(call)},
        "alerts": [_alert(alert) for alert in call.alerts],
        "flags": [_flag(flag) for flag in call.flags],
        "usage": [_usage(used) for used in call.usage],
        "cost": _cost(call),
        "ui": _figures(UI_FIGURES, ui),
        "process": _figures(PROCESS_FIGURES, process),
    }


def was_spoken(turn: Turn) -> bool:
    """Whether anything was said in a turn; a noise may open one in which nothing was."""
    return turn.agent is not None or (turn.caller is not None and bool(turn.caller.text))


def _turn(turn: Turn) -> dict[str, object]:
    caller, agent = turn.caller or Utterance(), turn.agent or Utterance()
    return {
        "index": turn.index,
        "caller": {**_utterance(caller), "typed": caller.typed},
        "agent": {**_utterance(agent), "interrupted": agent.interrupted},
        "latency": {
            "reported_ms": turn.reported_ms,
            "agent_audio_ms": _ms(turn.gaps.get(Tap.AGENT)),
            "listener_audio_ms": _ms(turn.gaps.get(Tap.LISTENER)),
            "caller_audio_ms": _ms(turn.gaps.get(Tap.CALLER)),
            "uncertain": [tap.value for tap, gap in turn.gaps.items() if gap.uncertain],
            "stages": [_stage(stage) for stage in turn.stages],
        },
    }


def _greeting(call: Call) -> dict[str, object] | None:
    """What the agent said before anybody had asked."""
    first = call.turns[0] if call.turns else None
    if first is None or first.caller is not None or first.agent is None:
        return None
    return {
        **_utterance(first.agent),
        "interrupted": first.agent.interrupted,
        "reported_ms": first.reported_ms,
        "stages": [_stage(stage) for stage in first.stages],
    }


def _utterance(said: Utterance) -> dict[str, object]:
    return {
        "text": said.text or None,
        "started_at": said.started_at,
        "stopped_at": said.stopped_at,
    }


def _ms(gap: Gap | None) -> float | None:
    return None if gap is None else gap.ms


def _stage(stage: Stage) -> dict[str, object]:
    return {
        "key": stage.key,
        "label": stage.label,
        "owner": stage.owner,
        "owner_kind": stage.owner_kind.value,
        "start_ms": stage.start_ms,
        "duration_ms": stage.duration_ms,
    }


def _service(service: Service) -> dict[str, object]:
    return {"part": service.part, "name": service.name, "model": service.model}


def _participant(person: Participant) -> dict[str, object]:
    return {
        "identity": person.identity,
        "name": person.name,
        "role": person.role.value,
        "joined_at": person.joined_at,
        "left_at": person.left_at,
        "left_because": person.left_reason or None,
    }


def _lanes(call: Call) -> list[Lane]:
    """Those that every call has, and those that this one has heard."""
    return [
        lane for lane in Lane if lane in (Lane.CALLER, Lane.AGENT) or lane in call.lane_summaries
    ]


def _levels(summary: LaneSummary | None) -> dict[str, object]:
    summary = summary or LaneSummary(None, None)
    return {"peak_dbfs": summary.peak_dbfs, "rms_dbfs": summary.rms_dbfs}


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "at": alert.at,
        "severity": alert.severity.value,
        "text": alert.text,
        "turn_index": alert.turn_index,
    }


def _flag(flag: Flagged) -> dict[str, object]:
    return {"at": flag.at, "note": flag.note}


def _usage(used: Usage) -> dict[str, object]:
    """What was used; a service counts in some of these units only."""
    return {
        "kind": used.kind,
        "processor": used.processor,
        "model": used.model,
        "audio_s": used.audio_s or None,
        "characters": used.characters or None,
        "prompt_tokens": used.prompt_tokens or None,
        "completion_tokens": used.completion_tokens or None,
        "cached_tokens": used.cached_tokens or None,
        "cache_write_tokens": used.cache_write_tokens or None,
        "input_audio_tokens": used.input_audio_tokens or None,
        "cached_audio_tokens": used.cached_audio_tokens or None,
        "output_audio_tokens": used.output_audio_tokens or None,
    }


def _cost(call: Call) -> dict[str, object]:
    cost = cost_of(call)
    return {
        "currency": cost.currency,
        "total": cost.total,
        "complete": cost.complete,
        "note": cost.note,
        "parts": [_cost_part(part) for part in cost.parts],
    }


def _cost_part(part: CostPart) -> dict[str, object]:
    return {
        "kind": part.kind,
        "service": part.service,
        "model": part.model or None,
        "total": part.usd,
        "no_price_for": list(part.lacking),
        "as_of": part.as_of or None,
    }


def _figures(names: tuple[str, ...], measured: Figures | None) -> dict[str, object]:
    return {name: (measured or {}).get(name) for name in names}
