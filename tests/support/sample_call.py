"""A call of a greeting and four turns, as the facts that a real one gives, folded by the real `Call`.

The second answer is cut off, the third waits for a tool, the fourth is in progress.
"""

from collections.abc import Sequence

from app.domain import facts as f
from app.domain.call import Call
from app.domain.facts import Edge, Fact, Lane, OwnerKind, Stage, Tap

OPENED_AT = 1_760_000_000.0
NOW = OPENED_AT + 46.25
"""0.65 s after the caller of the turn in progress stopped."""

_OWNERS = {
    "endpointing_wait": ("endpointing wait", "config: VAD stop_secs", OwnerKind.SETTING),
    "first_request": ("first request", "bot", OwnerKind.BOT),
    "transcription": ("transcription", "WhisperSTTService#0", OwnerKind.SERVICE),
    "turn_detection": ("turn detection", "config: user turn strategies", OwnerKind.SETTING),
    "llm_inference": ("LLM inference", "LocalLLMService#0", OwnerKind.SERVICE),
    "function_handler": ("function handler", "search_catalogue", OwnerKind.SERVICE),
    "sentence_aggregation": (
        "sentence aggregation",
        "config: text_aggregation_mode",
        OwnerKind.SETTING,
    ),
    "speech_synthesis": ("speech synthesis", "PiperTTSService#0", OwnerKind.SERVICE),
    "output_transport": ("output transport", "RoomOutput#0", OwnerKind.SERVICE),
}
PLAIN_STAGES = (
    "endpointing_wait",
    "transcription",
    "turn_detection",
    "llm_inference",
    "sentence_aggregation",
    "speech_synthesis",
    "output_transport",
)
TOOL_STAGES = (
    "endpointing_wait",
    "transcription",
    "turn_detection",
    "llm_inference",
    "function_handler",
    "sentence_aggregation",
    "speech_synthesis",
    "output_transport",
)


def stages(keys: Sequence[str], durations_ms: Sequence[float]) -> tuple[Stage, ...]:
    """Stages laid end to end from the moment the caller stopped."""
    laid: list[Stage] = []
    start_ms = 0.0
    for key, duration_ms in zip(keys, durations_ms, strict=True):
        label, owner, kind = _OWNERS[key]
        laid.append(
            Stage(
                key=key,
                label=label,
                owner=owner,
                owner_kind=kind,
                start_ms=start_ms,
                duration_ms=duration_ms,
            )
        )
        start_ms += duration_ms
    return tuple(laid)


def opening() -> list[Fact]:
    """The call opens, everyone joins, the agent starts."""
    return [
        f.CallOpened(
            at=OPENED_AT,
            call_id="c-1",
            room="library-demo",
            server="This computer",
            agent_name="Local agent",
            agent_kind="preset",
            services=(f.Service(part="stt", name="WhisperSTTService", model="tiny.en"),),
        ),
        f.StepProgressed(
            at=OPENED_AT + 0.4, step="server", label="Server", detail="ready", took_s=0.4
        ),
        f.StepProgressed(
            at=OPENED_AT + 0.5,
            step="llm",
            label="Language model",
            detail="loading SmolLM2",
            fraction=0.62,
        ),
        f.ParticipantJoined(
            at=OPENED_AT + 1, identity="agent", name="Local agent", role=f.Role.AGENT
        ),
        f.ParticipantJoined(
            at=OPENED_AT + 1.5, identity="caller", name="Caller", role=f.Role.CALLER
        ),
        f.ListeningStarted(at=OPENED_AT + 1.6, identity="ear", who="you", how="hidden"),
        f.RecordingStarted(at=OPENED_AT + 1.7, path="/calls/c-1/call.wav"),
        f.AgentStateChanged(at=OPENED_AT + 2, state=f.AgentState.LISTENING),
    ]


def greeting() -> list[Fact]:
    """The agent speaks first."""
    at = OPENED_AT + 3.3
    parts = stages(("first_request", "llm_inference", "speech_synthesis"), (40, 800, 460))
    return [
        f.AgentSpeechStarted(at=at),
        f.LatencyReported(at=at, total_ms=1300, caller_stopped_at=None, stages=parts),
        f.AgentStateChanged(at=at, state=f.AgentState.SPEAKING),
        f.AgentSaid(at=at + 2, text="Hello, this is the library. How can I help?", final=True),
        f.AgentSpeechStopped(at=at + 2.5),
        f.AgentStateChanged(at=at + 2.5, state=f.AgentState.LISTENING),
    ]


def asked(at: float, text: str, *, took_s: float = 2.0) -> list[Fact]:
    """The caller speaks from `at` on: a partial, then the whole."""
    return [
        f.CallerTurnStarted(at=at),
        f.CallerSaid(at=at + took_s / 2, text=text[: len(text) // 2], final=False),
        f.SpeechEdge(at=at, tap=Tap.LISTENER, lane=Lane.CALLER, edge=Edge.ONSET),
        f.SpeechEdge(at=at + took_s, tap=Tap.LISTENER, lane=Lane.CALLER, edge=Edge.OFFSET),
        f.CallerTurnStopped(at=at + took_s + 0.2),
        f.CallerSaid(at=at + took_s + 0.4, text=text, final=True),
        f.AgentStateChanged(at=at + took_s + 0.2, state=f.AgentState.THINKING),
        f.StageEntered(at=at + took_s, key="endpointing_wait", owner="config: VAD stop_secs"),
        f.StageEntered(at=at + took_s + 0.2, key="transcription", owner="WhisperSTTService#0"),
        f.StageEntered(at=at + took_s + 0.4, key="llm_inference", owner="LocalLLMService#0"),
    ]


def answered(
    stopped_at: float,
    text: str,
    parts: tuple[Stage, ...],
    *,
    heard_ms: float | None = None,
    uncertain: bool = False,
    speaks_s: float = 4.0,
    cut_off: bool = False,
) -> list[Fact]:
    """The agent answers the caller who stopped at `stopped_at`."""
    total_ms = sum(part.duration_ms for part in parts)
    at = stopped_at + total_ms / 1000
    facts: list[Fact] = [
        f.AgentSpeechStarted(at=at),
        f.LatencyReported(at=at, total_ms=total_ms, caller_stopped_at=stopped_at, stages=parts),
        f.AgentStateChanged(at=at, state=f.AgentState.SPEAKING),
        f.ServiceTimed(
            at=at, kind="ttfb", processor="LocalLLMService#0", model="smollm2", duration_ms=235
        ),
    ]
    if heard_ms is not None:
        facts.append(
            f.SpeechEdge(
                at=stopped_at + heard_ms / 1000,
                tap=Tap.LISTENER,
                lane=Lane.AGENT,
                edge=Edge.ONSET,
                uncertain=uncertain,
            )
        )
    end = at + speaks_s
    if cut_off:
        facts.append(f.AgentInterrupted(at=end))
    facts += [
        f.AgentSaid(at=end, text=text, final=True, interrupted=cut_off),
        f.AgentSpeechStopped(at=end),
        f.AgentStateChanged(at=end, state=f.AgentState.LISTENING),
    ]
    return facts


def exchange(number: int, at: float, *, total_ms: float = 1000.0) -> list[Fact]:
    """A plain turn that begins at `at` and is answered after `total_ms`."""
    rest_ms = total_ms - 200 - 200 - 10 - 90 - 10
    parts = stages(PLAIN_STAGES, (200, 200, 10, rest_ms * 0.4, 90, rest_ms * 0.6, 10))
    question = f"Question {number}: may I borrow {number} books at once?"
    return [
        *asked(at, question),
        *answered(at + 2, f"Answer {number}: yes, you may.", parts, heard_ms=total_ms + 150),
    ]


def sample_facts() -> list[Fact]:
    """The whole sample call, in the order of its facts."""
    first = stages(PLAIN_STAGES, (200, 247, 9, 235, 99, 365, 9))
    second = stages(PLAIN_STAGES, (200, 168, 11, 214, 82, 264, 9))
    third = stages(TOOL_STAGES, (200, 182, 14, 310, 1104, 96, 395, 9))
    cut_answer = (
        "You need a card to borrow, but you can read anything here without one, "
        "and making a card takes about"
    )
    return [
        *opening(),
        *greeting(),
        *asked(OPENED_AT + 21, "When does the library close on Saturday?"),
        *answered(
            OPENED_AT + 23,
            "The library closes at four in the afternoon on Saturdays.",
            first,
            heard_ms=1319,
        ),
        *asked(OPENED_AT + 34, "Can I borrow books without a card?"),
        *answered(OPENED_AT + 36, cut_answer, second, heard_ms=1102, cut_off=True, speaks_s=3),
        *asked(OPENED_AT + 41, "How long does it take?", took_s=1.5),
        f.ToolCalled(
            at=OPENED_AT + 43, kind="completed", name="search_catalogue", tool_call_id="t1"
        ),
        *answered(
            OPENED_AT + 42.5,
            "About five minutes, with any photo ID.",
            third,
            heard_ms=2468,
            uncertain=True,
            speaks_s=0.2,
        ),
        *asked(OPENED_AT + 45.1, "OK thank you", took_s=0.5),
        *levels(NOW),
    ]


def levels(at: float) -> list[Fact]:
    """One reading of each lane; the agent is silent."""
    readings = (
        (Lane.CALLER, -12.0, -34.2),
        (Lane.OPERATOR, -41.0, -52.0),
        (Lane.EAR, -14.0, -36.1),
    )
    return [
        f.LevelMeasured(at=at, lane=lane, peak_dbfs=peak, rms_dbfs=rms)
        for lane, peak, rms in readings
    ]


def sample_call() -> Call:
    call = Call()
    call.apply(sample_facts())
    return call


def long_call(turns: int) -> Call:
    """A finished call of many plain turns."""
    call = Call()
    call.apply(opening())
    for number in range(1, turns + 1):
        call.apply(exchange(number, OPENED_AT + 10.0 * number, total_ms=700 + 37 * (number % 20)))
    return call
