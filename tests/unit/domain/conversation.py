"""Writes the facts of conversations, as the tiers would post them."""

from collections.abc import Sequence

from app.domain.facts import (
    AgentSaid,
    AgentSpeechStarted,
    AgentSpeechStopped,
    CallClosed,
    CallerSaid,
    CallerTurnStarted,
    CallerTurnStopped,
    CallOpened,
    Edge,
    Fact,
    Lane,
    LatencyReported,
    OwnerKind,
    Service,
    SpeechEdge,
    Stage,
    StageEntered,
    Tap,
)

T0 = 1_800_000_000.0
TAPS = (Tap.AGENT, Tap.LISTENER, Tap.CALLER)
LAG_S = {Tap.AGENT: 0.0, Tap.LISTENER: 0.08, Tap.CALLER: 0.16}
"""How much later than the agent each tap hears the agent; each hears the caller's end at the same moment."""


def opened(at: float = T0, agent_kind: str = "local") -> CallOpened:
    return CallOpened(
        at=at,
        call_id="20261122-100000-ab12",
        room="local-ab12",
        server="This computer",
        agent_name="Local agent",
        agent_kind=agent_kind,
        services=(
            Service(part="stt", name="WhisperSTT", model="tiny.en"),
            Service(part="tts", name="Piper"),
        ),
        versions=(("greenroom", "0.1.0"), ("python", "3.11.7")),
    )


def closed(at: float, reason: str = "ended") -> CallClosed:
    return CallClosed(at=at, reason=reason)


def stage(
    key: str, duration_ms: float, start_ms: float = 0.0, kind: OwnerKind = OwnerKind.SERVICE
) -> Stage:
    return Stage(
        key=key,
        label=key.replace("_", " "),
        owner=f"{key} owner",
        owner_kind=kind,
        start_ms=start_ms,
        duration_ms=duration_ms,
    )


def edges(
    lane: Lane, edge: Edge, at: float, taps: Sequence[Tap] = TAPS, *, uncertain: bool = False
) -> list[Fact]:
    """The same edge as each of `taps` hears it."""
    lag = {tap: LAG_S[tap] if lane is Lane.AGENT else 0.0 for tap in taps}
    return [
        SpeechEdge(at=at + lag[tap], tap=tap, lane=lane, edge=edge, uncertain=uncertain)
        for tap in taps
    ]


def question(at: float, text: str, speaks_s: float = 2.0) -> list[Fact]:
    """The caller speaks from `at` for `speaks_s`; the agent notices the start 0.2 s and the end 0.3 s later."""
    return [
        *edges(Lane.CALLER, Edge.ONSET, at),
        CallerTurnStarted(at=at + 0.2),
        CallerSaid(at=at + 1.0, text=text[: len(text) // 2], final=False),
        *edges(Lane.CALLER, Edge.OFFSET, at + speaks_s),
        CallerTurnStopped(at=at + speaks_s + 0.3),
        CallerSaid(at=at + speaks_s + 0.3, text=text, final=True),
        StageEntered(at=at + speaks_s + 0.3, key="llm_inference", owner="SmolLM2"),
    ]


def answer(at: float, text: str, asked_until: float | None, speaks_s: float = 3.0) -> list[Fact]:
    """The agent speaks from `at` for `speaks_s`; `asked_until` is when the caller stopped."""
    total_ms = 400.0 if asked_until is None else (at - asked_until) * 1000.0
    stages = (
        stage("endpointing_wait", 200.0, 0.0, OwnerKind.SETTING),
        stage("llm_inference", total_ms - 300.0, 200.0),
    )
    return [
        LatencyReported(at=at, total_ms=total_ms, caller_stopped_at=asked_until, stages=stages),
        AgentSpeechStarted(at=at),
        *edges(Lane.AGENT, Edge.ONSET, at + 0.02),
        AgentSaid(at=at + 0.5, text=text[: len(text) // 2], final=False),
        *edges(Lane.AGENT, Edge.OFFSET, at + speaks_s),
        AgentSpeechStopped(at=at + speaks_s),
        AgentSaid(at=at + speaks_s, text=text, final=True),
    ]


def exchange(at: float, asks: str, answers: str, delay_s: float = 0.9) -> list[Fact]:
    """A question of 2 s, an answer `delay_s` after it, of 3 s."""
    return [*question(at, asks), *answer(at + 2.0 + delay_s, answers, at + 2.0)]
