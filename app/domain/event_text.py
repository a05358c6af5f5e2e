"""Every fact of a call as a sentence."""

from functools import singledispatch

from app.domain import facts as f
from app.domain.facts import Edge, Fact, Lane, Tap

_LANES = {
    Lane.CALLER: "Caller",
    Lane.AGENT: "Agent",
    Lane.OPERATOR: "You",
    Lane.EAR: "Agent’s ear",
}
_TIMED = {
    "ttfb": "to the first byte",
    "ttfa": "to the first audio",
    "ttfat": "to the first word of the answer",
}
"""By the kinds of Pipecat's service timings."""
_TAPS = {
    Tap.AGENT: "in the agent’s audio",
    Tap.LISTENER: "at the listener’s ear",
    Tap.CALLER: "at the caller",
}

_PARTS = {"stt": "Hearing", "llm": "Thinking", "tts": "Voice", "realtime": "Speech to speech"}
"""The parts of an agent, as in `app.domain.services.ServiceKind`."""


@singledispatch
def event_text(fact: Fact) -> str:
    """What happened, in plain words and without its time. Text of other people stays as it came."""
    raise TypeError(f"no sentence for {type(fact).__name__}")


# The call and who is in it


@event_text.register
def _(fact: f.CallOpened) -> str:
    return f"Call opened in room {fact.room} on {fact.server}, with {fact.agent_name}"


@event_text.register
def _(fact: f.CallClosed) -> str:
    return _because("Call ended", fact.reason)


@event_text.register
def _(fact: f.StepProgressed) -> str:
    if fact.took_s is not None:
        return _because(f"{fact.label}: done after {fact.took_s:.1f} s", fact.detail)
    far = "" if fact.fraction is None else f" {round(100 * fact.fraction)} %"
    return f"{fact.label}:{far} {fact.detail or 'running'}"


@event_text.register
def _(fact: f.ListeningStarted) -> str:
    return f"{fact.who} began to listen in: {fact.how}"


@event_text.register
def _(fact: f.ParticipantJoined) -> str:
    return f"{fact.name or fact.identity} joined as {fact.role}"


@event_text.register
def _(fact: f.ParticipantLeft) -> str:
    return _because(f"{fact.identity} left", fact.reason)


@event_text.register
def _(fact: f.ConnectionChanged) -> str:
    return _because(f"Connection of {fact.identity}: {fact.state}", fact.reason)


@event_text.register
def _(fact: f.ServerDied) -> str:
    return _because("The server stopped", fact.reason)


@event_text.register
def _(fact: f.ServerRestarted) -> str:
    return f"The server is back after {_seconds(fact.after_ms)}"


# The agent


@event_text.register
def _(fact: f.AgentStateChanged) -> str:
    failed = fact.state is f.AgentState.FAILED
    return _because("The agent failed" if failed else f"The agent is {fact.state}", fact.why)


@event_text.register
def _(fact: f.StageEntered) -> str:
    return f"The caller now waits on {fact.key.replace('_', ' ')} ({fact.owner})"


@event_text.register
def _(fact: f.LatencyReported) -> str:
    what = "Greeting" if fact.caller_stopped_at is None else "Answer"
    slowest = max(fact.stages, key=lambda stage: stage.duration_ms, default=None)
    most = "" if slowest is None else f", {_seconds(slowest.duration_ms)} of it on {slowest.label}"
    return f"{what} began after {_seconds(fact.total_ms)}{most}"


@event_text.register
def _(fact: f.ServiceTimed) -> str:
    what = _TIMED.get(fact.kind, fact.kind)
    return f"{_service(fact)}: {_seconds(fact.duration_ms)} {what}"


@event_text.register
def _(fact: f.ServiceUsed) -> str:
    amounts = (
        (fact.audio_s, "{:.1f} s of audio"),
        (fact.characters, "{} characters"),
        (fact.prompt_tokens, "{} prompt tokens"),
        (fact.completion_tokens, "{} completion tokens"),
        (fact.cached_tokens or None, "{} tokens from its cache"),
    )
    used = [words.format(amount) for amount, words in amounts if amount is not None]
    return f"{_service(fact)} used {', '.join(used) or 'nothing that is counted'}"


@event_text.register
def _(fact: f.PricesNoted) -> str:
    return _because(f"{len(fact.prices)} prices were noted", fact.trouble)


@event_text.register
def _(fact: f.LimitReached) -> str:
    return fact.why


@event_text.register
def _(fact: f.ToolCalled) -> str:
    return _because(f"Tool {fact.name}: {fact.kind.replace('_', ' ')}", fact.error)


@event_text.register
def _(fact: f.ErrorRaised) -> str:
    given_up = "" if fact.usable else ". It has given up for this call"
    return f"{fact.processor} failed ({fact.category}): {fact.message}{given_up}"


@event_text.register
def _(fact: f.TroubleFound) -> str:
    return f"{fact.what} {fact.remedy}".strip()


@event_text.register
def _(fact: f.AppMessageSent) -> str:
    return f"The agent sent {fact.kind.replace('-', ' ')}: {fact.text}"


@event_text.register
def _(fact: f.LoopBlocked) -> str:
    innermost = fact.stack.rpartition("\n")[2]
    for_s = _seconds(fact.blocked_ms)
    if fact.whole:
        if fact.over:
            return f"The bot’s process answers again after {for_s}"
        return _because(f"The bot’s process has not answered for {for_s}", innermost)
    if fact.over:
        return f"The agent’s loop runs again after {for_s}"
    return _because(f"The agent’s own code has blocked its loop for {for_s}", innermost)


@event_text.register
def _(fact: f.ServiceSwitched) -> str:
    if not fact.to_service:
        return f"{_PARTS.get(fact.part, fact.part)}: {fact.from_service} failed and nobody is left: {fact.cause}"
    what = (
        f"{_PARTS.get(fact.part, fact.part)}: {fact.to_service} took over from {fact.from_service}"
    )
    return _because(what, fact.cause)


@event_text.register
def _(fact: f.SettingChanged) -> str:
    return f"You changed {fact.name.replace('_', ' ')} from {fact.before or 'nothing'} to {fact.after or 'nothing'}"


@event_text.register
def _(fact: f.StartupTimed) -> str:
    slowest = max(fact.parts, key=lambda part: part[1], default=None)
    most = "" if slowest is None else f", {_seconds(slowest[1])} of it for {slowest[0]}"
    return f"The pipeline started within {_seconds(fact.total_ms)}{most}"


@event_text.register
def _(fact: f.PipelineLagged) -> str:
    return f"A heartbeat took {_seconds(fact.lag_ms)} through the pipeline"


# What was said


@event_text.register
def _(fact: f.CallerTurnStarted) -> str:
    return "The caller began to speak"


@event_text.register
def _(fact: f.CallerTurnStopped) -> str:
    return "The caller stopped"


@event_text.register
def _(fact: f.CallerSaid) -> str:
    verb = "typed" if fact.typed else "said"
    return f"Caller {verb}{_so_far(final=fact.final)}: {fact.text}"


@event_text.register
def _(fact: f.AgentSpeechStarted) -> str:
    return "The agent began to speak"


@event_text.register
def _(fact: f.AgentSpeechStopped) -> str:
    return "The agent stopped"


@event_text.register
def _(fact: f.AgentSaid) -> str:
    cut = ", cut off" if fact.interrupted else ""
    return f"Agent said{_so_far(final=fact.final)}{cut}: {fact.text}"


@event_text.register
def _(fact: f.AgentInterrupted) -> str:
    return "The caller cut the agent off"


# Audio


@event_text.register
def _(fact: f.SpeechEdge) -> str:
    verb = "began to speak" if fact.edge is Edge.ONSET else "stopped"
    doubt = ", uncertain" if fact.uncertain else ""
    return f"{_LANES[fact.lane]} {verb}, {_TAPS[fact.tap]}{doubt}"


@event_text.register
def _(fact: f.LevelMeasured) -> str:
    return _levels(fact.lane, fact.peak_dbfs, fact.rms_dbfs)


@event_text.register
def _(fact: f.LaneSummarised) -> str:
    return f"Whole call: {_levels(fact.lane, fact.peak_dbfs, fact.rms_dbfs)}"


@event_text.register
def _(fact: f.RecordingStarted) -> str:
    return f"Recording to {fact.path}"


@event_text.register
def _(fact: f.RecordingStopped) -> str:
    return _because("Recording stopped", fact.reason)


@event_text.register
def _(fact: f.AudioDeviceChanged) -> str:
    return _because(f"Your {fact.kind} is now {fact.name or 'none'}", fact.why)


@event_text.register
def _(fact: f.Flagged) -> str:
    return f"Flag: {fact.note}" if fact.note else "Flag"


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _so_far(*, final: bool) -> str:
    return "" if final else " so far"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.2f} s"


def _service(fact: f.ServiceTimed | f.ServiceUsed) -> str:
    return f"{fact.processor} ({fact.model})" if fact.model else fact.processor


def _levels(lane: Lane, peak: float | None, rms: float | None) -> str:
    figures = (("peak", peak), ("RMS", rms))
    known = [f"{name} {level:.1f} dBFS" for name, level in figures if level is not None]
    return f"{_LANES[lane]}: {', '.join(known) or 'nothing heard'}"
