"""What can happen in a call, each as a frozen dataclass that says when it happened.

A call is the fold of its facts (`app.domain.call.Call.apply`): live view, library, replay and export read the
same ones. Times are seconds since the epoch on the process's one clock (`app.runtime.clock`), durations are
milliseconds, and a value that was not measured is None.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.prices import Price

LOCAL_KIND = "local"
"""The kind of an agent whose services all run on this computer."""
PRESET_KIND = "preset"
"""The kind of an agent whose services are not all on this computer."""
BOT_KIND = "bot"
"""The kind of an agent that is a program of the user's."""
WATCHED_KIND = "watched"
"""The kind of an agent that is not ours: it is heard, and that is all."""


class Lane(StrEnum):
    """One party's audio on the timeline."""

    CALLER = "caller"
    AGENT = "agent"
    OPERATOR = "operator"
    EAR = "ear"
    """What the agent really hears."""


class Tap(StrEnum):
    """Where audio was measured."""

    AGENT = "agent"
    """The audio that the agent was given and wrote."""
    LISTENER = "listener"
    """The tracks heard on the ear's connection, each with its jitter buffer subtracted."""
    CALLER = "caller"
    """A caller of ours: its own source and its own sink, both ways of the network included."""


class Role(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    OPERATOR = "operator"
    EAR = "ear"


class AgentState(StrEnum):
    STARTING = "starting"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class OwnerKind(StrEnum):
    """Who spent the time of a stage. The values are Pipecat's `LatencyOwnerKind`."""

    SERVICE = "service"
    SETTING = "setting"
    BOT = "bot"
    PIPELINE = "pipeline"


class Edge(StrEnum):
    ONSET = "onset"
    OFFSET = "offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A named part of a turn's latency. The stages of a turn tile it: they sum to its total."""

    key: str
    label: str
    owner: str
    owner_kind: OwnerKind
    start_ms: float
    """From the moment the caller stopped."""
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of an agent: its part in the pipeline, its class and its model."""

    part: str
    name: str
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened(Fact):
    call_id: str
    room: str
    server: str
    agent_name: str
    agent_kind: str
    services: tuple[Service, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallClosed(Fact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgressed(Fact):
    """A step of the start moved: the server, a model, the room."""

    step: str
    label: str
    detail: str = ""
    fraction: float | None = None
    """0 to 1, or None while it runs and cannot say how far it is."""
    took_s: float | None = None
    """Set once, when the step is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningStarted(Fact):
    """Somebody listens in: who, and how."""

    identity: str
    who: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(Fact):
    identity: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(Fact):
    identity: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged(Fact):
    """A connection of ours to the room: connected, reconnecting or lost."""

    identity: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDied(Fact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRestarted(Fact):
    after_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Fact):
    state: AgentState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTurnStarted(Fact):
    """The agent decided that the caller has begun to speak to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTurnStopped(Fact):
    """The agent decided that the caller has finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSaid(Fact):
    """The caller's whole utterance so far; a later one of the same turn replaces it."""

    text: str
    final: bool
    typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpeechStarted(Fact):
    """The agent handed its first audio of an answer to the transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpeechStopped(Fact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSaid(Fact):
    """The agent's whole answer so far; a later one of the same turn replaces it."""

    text: str
    final: bool
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInterrupted(Fact):
    """The caller began to speak while the agent spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntered(Fact):
    """The turn in hand now waits on this stage."""

    key: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyReported(Fact):
    """What Pipecat's `UserBotLatencyObserver` says of one answer."""

    total_ms: float
    caller_stopped_at: float | None
    """None for a greeting, which nobody asked for."""
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTimed(Fact):
    """Time to first byte, audio or text of a service."""

    kind: str
    processor: str
    model: str | None
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUsed(Fact):
    """What a service will bill for. Quantities are those of Pipecat's usage metrics."""

    kind: str
    processor: str
    model: str | None
    audio_s: float | None = None
    characters: int | None = None
    prompt_tokens: int | None = None
    """With or without the cached ones, as the service counts."""
    completion_tokens: int | None = None
    """Spoken ones included."""
    cached_tokens: int | None = None
    """Read from the service's cache, spoken ones included."""
    cache_write_tokens: int | None = None
    input_audio_tokens: int | None = None
    cached_audio_tokens: int | None = None
    output_audio_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesNoted(Fact):
    """The prices in force when the call was opened, so that it costs later what it has cost then."""

    prices: tuple[Price, ...]
    trouble: str = ""
    """Why the user's own prices are not among them; empty when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached(Fact):
    """The agent ends the call because a limit of its preset was reached."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled(Fact):
    """A tool call moved on: started, in_progress, completed, failed, timed_out or cancelled."""

    kind: str
    name: str
    tool_call_id: str
    arguments: str = ""
    result: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRaised(Fact):
    message: str
    category: str
    processor: str
    usable: bool
    """False when the processor has given up for the rest of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleFound(Fact):
    """Something of the agent is not as it should be, found while it started."""

    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMessageSent(Fact):
    """The agent sent its clients a message of its own: RTVI's server messages, or what is no RTVI at all."""

    kind: str
    text: str
    """The message as JSON, cut to 2000 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopBlocked(Fact):
    """The agent's own code holds up its loop: nothing of it runs, neither hearing nor speaking."""

    blocked_ms: float
    """So far, or in all where `over`."""
    stack: str = ""
    """Where it stands, a line for each call, the innermost last."""
    over: bool = False
    whole: bool = False
    """The agent's own process does not answer: nothing of it runs, its loop or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSwitched(Fact):
    """Another service does the work of a part from now on. `to_service` is empty when nobody is left."""

    part: str
    from_service: str
    to_service: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged(Fact):
    """Somebody changed a setting of the agent while the call ran."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupTimed(Fact):
    """How long the pipeline took to start, and its slowest processors."""

    total_ms: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineLagged(Fact):
    """How long a heartbeat took through the pipeline."""

    lag_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEdge(Fact):
    """Speech began or ended in a lane's audio, back-dated to the block where it did."""

    tap: Tap
    lane: Lane
    edge: Edge
    uncertain: bool = False
    jitter_buffer_ms: float | None = None
    """What was subtracted from the arrival time; None where there is no jitter buffer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMeasured(Fact):
    """The highest peak and the RMS of a lane since its last measurement."""

    lane: Lane
    peak_dbfs: float
    rms_dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSummarised(Fact):
    """Peak and RMS of a lane's audio over the whole call; the RMS counts speech blocks only."""

    lane: Lane
    peak_dbfs: float | None
    rms_dbfs: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(Fact):
    """`at` is the time of the recording's first sample."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped(Fact):
    """The recording gave up before the call ended."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDeviceChanged(Fact):
    """The operator's microphone or speaker is now another one."""

    kind: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged(Fact):
    """Somebody marked this moment."""

    note: str
