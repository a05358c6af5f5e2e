"""A call as the fold of its facts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod

from app.domain import facts as f
from app.domain.alerts import Alert, Severity, no_answer, slow_answer
from app.domain.event_text import event_text
from app.domain.facts import WATCHED_KIND, AgentState, Fact, Lane, Role
from app.domain.hearing import Answer, Hearing
from app.domain.levels import Meter
from app.domain.prices import Price
from app.domain.script import NEIGHBOURS, RESUMES_WITHIN_S, Script
from app.domain.turns import LiveStage, Turn, Utterance, tile

OPENED_LATE_S = 2.0
"""A turn may be opened by its transcription, that long after the caller has stopped."""


@dataclass(slots=True)
class Changes:
    """What a batch of facts changed, so that a view repaints only that."""

    state: bool = False
    """The state word, the connection, the agent, opened or closed."""
    steps: bool = False
    participants: bool = False
    turns_added: int = 0
    turns_updated: set[int] = field(default_factory=set[int])
    """Positions in `Call.turns`, those added included."""
    levels: bool = False
    events: int = 0
    """How many events were added at the end of `Call.events`."""
    alerts: bool = False
    flags: bool = False
    usage: bool = False
    """What the services have used, and so the cost."""

    def __bool__(self) -> bool:
        return self != Changes()


@dataclass(slots=True)
class Step:
    """A step of the start: its label, how far it is, and how long it took once done."""

    key: str
    label: str
    detail: str = ""
    fraction: float | None = None
    took_s: float | None = None


@dataclass(slots=True)
class Participant:
    identity: str
    name: str
    role: Role
    joined_at: float
    left_at: float | None = None
    left_reason: str = ""


@dataclass(slots=True)
class Usage:
    """What one service has used in the call so far."""

    kind: str
    processor: str
    model: str | None
    audio_s: float = 0.0
    characters: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    input_audio_tokens: int = 0
    cached_audio_tokens: int = 0
    output_audio_tokens: int = 0

    def add(self, fact: f.ServiceUsed) -> None:
        self.audio_s += fact.audio_s or 0.0
        self.characters += fact.characters or 0
        self.prompt_tokens += fact.prompt_tokens or 0
        self.completion_tokens += fact.completion_tokens or 0
        self.cached_tokens += fact.cached_tokens or 0
        self.cache_write_tokens += fact.cache_write_tokens or 0
        self.input_audio_tokens += fact.input_audio_tokens or 0
        self.cached_audio_tokens += fact.cached_audio_tokens or 0
        self.output_audio_tokens += fact.output_audio_tokens or 0


@dataclass(frozen=True, slots=True)
class LaneSummary:
    peak_dbfs: float | None
    rms_dbfs: float | None


@dataclass(slots=True)
class Call:
    """The state of one call. Pure: it has no clock, and the same facts give the same call. One thread at a time."""

    id: str = ""
    room: str = ""
    server: str = ""
    agent_name: str = ""
    agent_kind: str = ""
    services: tuple[f.Service, ...] = ()
    versions: dict[str, str] = field(default_factory=dict[str, str])
    opened_at: float | None = None
    closed_at: float | None = None
    close_reason: str = ""
    last_at: float | None = None
    """Time of the newest fact."""
    agent_state: AgentState = AgentState.STARTING
    agent_state_since: float | None = None
    agent_state_why: str = ""
    waiting_on: LiveStage | None = None
    """The stage that the turn in hand waits on; None while nobody waits."""
    connections: dict[str, str] = field(default_factory=dict[str, str])
    server_down: bool = False
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    participants: dict[str, Participant] = field(default_factory=dict[str, Participant])
    turns: list[Turn] = field(default_factory=list[Turn])
    """Greeting and exchanges in their order: the rows of the script."""
    meters: dict[Lane, Meter] = field(default_factory=dict[Lane, Meter])
    lane_summaries: dict[Lane, LaneSummary] = field(default_factory=dict[Lane, LaneSummary])
    usage: list[Usage] = field(default_factory=list[Usage])
    """For each service and model."""
    prices: tuple[Price, ...] = ()
    """Those in force when it was opened."""
    prices_trouble: str = ""
    """Why the user's own are not among them."""
    events: list[Fact] = field(default_factory=list[Fact])
    alerts: list[Alert] = field(default_factory=list[Alert])
    flags: list[f.Flagged] = field(default_factory=list[f.Flagged])
    listeners: list[f.ListeningStarted] = field(default_factory=list[f.ListeningStarted])
    recording_path: str = ""
    recording_started_at: float | None = None
    """The time of the recording's first sample."""
    pipeline_lag_ms: float | None = None
    _script: Script = field(init=False, repr=False, compare=False)
    _hearing: Hearing = field(init=False, repr=False, compare=False, default_factory=Hearing)
    _changes: Changes = field(init=False, repr=False, compare=False, default_factory=Changes)

    def __post_init__(self) -> None:
        self._script = Script(self.turns)

    @property
    def watched(self) -> bool:
        """The agent is not ours: it cannot be typed to, and says nothing but what is heard."""
        return self.agent_kind == WATCHED_KIND

    @property
    def exchanges(self) -> list[Turn]:
        """The turns that a caller opened."""
        return [turn for turn in self.turns if turn.caller is not None]

    @property
    def live(self) -> bool:
        return self.opened_at is not None and self.closed_at is None

    def apply(self, facts: Iterable[Fact]) -> Changes:
        """Fold the facts in and say what changed."""
        self._changes = Changes()
        known = len(self.turns)
        for fact in facts:
            self.last_at = fact.at if self.last_at is None else max(self.last_at, fact.at)
            self._fold(fact)
        self._changes.turns_added = len(self.turns) - known
        return self._changes

    @singledispatchmethod
    def _fold(self, fact: Fact) -> None:
        """Facts without a rule of their own are events only."""
        self._log(fact)

    def _log(self, fact: Fact) -> None:
        self.events.append(fact)
        self._changes.events += 1

    # The call and who is in it

    @_fold.register
    def _(self, fact: f.CallOpened) -> None:
        self.id, self.room, self.server = fact.call_id, fact.room, fact.server
        self.agent_name, self.agent_kind, self.services = (
            fact.agent_name,
            fact.agent_kind,
            fact.services,
        )
        self.versions = dict(fact.versions)
        self.opened_at = fact.at
        self._changes.state = True
        self._log(fact)

    @_fold.register
    def _(self, fact: f.CallClosed) -> None:
        self.closed_at, self.close_reason = fact.at, fact.reason
        self.waiting_on = None
        self._judge_silence(self._script.last, fact)
        self._changes.state = True
        self._log(fact)

    @_fold.register
    def _(self, fact: f.StepProgressed) -> None:
        step = self.steps.setdefault(fact.step, Step(fact.step, fact.label))
        step.label, step.detail, step.fraction = fact.label, fact.detail, fact.fraction
        step.took_s = step.took_s if fact.took_s is None else fact.took_s
        self._changes.steps = True

    @_fold.register
    def _(self, fact: f.ListeningStarted) -> None:
        self.listeners.append(fact)
        self._log(fact)

    @_fold.register
    def _(self, fact: f.ParticipantJoined) -> None:
        self.participants[fact.identity] = Participant(fact.identity, fact.name, fact.role, fact.at)
        self._changes.participants = True
        self._log(fact)

    @_fold.register
    def _(self, fact: f.ParticipantLeft) -> None:
        if person := self.participants.get(fact.identity):
            person.left_at, person.left_reason = fact.at, fact.reason
        self._changes.participants = True
        self._log(fact)

    @_fold.register
    def _(self, fact: f.ConnectionChanged) -> None:
        self.connections[fact.identity] = fact.state
        self._changes.state = True
        self._log(fact)

    @_fold.register
    def _(self, fact: f.ServerDied) -> None:
        self.server_down = True
        self._alert(fact, Alert(fact.at, Severity.BAD, f"The server stopped: {fact.reason}"))
        self._changes.state = True

    @_fold.register
    def _(self, fact: f.ServerRestarted) -> None:
        self.server_down = False
        self._changes.state = True
        self._log(fact)

    # The agent

    @_fold.register
    def _(self, fact: f.AgentStateChanged) -> None:
        self.agent_state, self.agent_state_since, self.agent_state_why = (
            fact.state,
            fact.at,
            fact.why,
        )
        if fact.state is not AgentState.THINKING:
            self.waiting_on = None
        self._changes.state = True
        if fact.state is AgentState.FAILED:
            self._alert(fact, Alert(fact.at, Severity.BAD, f"The agent failed: {fact.why}"))

    @_fold.register
    def _(self, fact: f.ErrorRaised) -> None:
        severity = Severity.WATCH if fact.usable else Severity.BAD
        self._alert(fact, Alert(fact.at, severity, f"{fact.processor}: {fact.message}"))

    @_fold.register
    def _(self, fact: f.ServiceSwitched) -> None:
        severity = Severity.WATCH if fact.to_service else Severity.BAD
        self._alert(fact, Alert(fact.at, severity, event_text(fact)))

    @_fold.register
    def _(self, fact: f.PipelineLagged) -> None:
        self.pipeline_lag_ms = fact.lag_ms

    @_fold.register
    def _(self, fact: f.ServiceUsed) -> None:
        self._usage_of(fact).add(fact)
        self._changes.usage = True
        self._log(fact)

    def _usage_of(self, fact: f.ServiceUsed) -> Usage:
        """One that tells no model uses the one that it told last, or will tell first."""
        for used in reversed(self.usage):
            same = (used.kind, used.processor) == (fact.kind, fact.processor)
            if same and (used.model is None or fact.model in (None, used.model)):
                used.model = used.model or fact.model
                return used
        self.usage.append(Usage(fact.kind, fact.processor, fact.model))
        return self.usage[-1]

    @_fold.register
    def _(self, fact: f.PricesNoted) -> None:
        self.prices, self.prices_trouble = fact.prices, fact.trouble
        self._changes.usage = True

    @_fold.register
    def _(self, fact: f.LimitReached) -> None:
        self._alert(fact, Alert(fact.at, Severity.WATCH, fact.why))

    # Turns

    @_fold.register
    def _(self, fact: f.CallerTurnStarted) -> None:
        before = self._script.last
        turn = self._script.caller_begins(fact.at)
        if turn is not before:
            self._judge_silence(before, fact)
        self._stop_waiting()
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.CallerTurnStopped) -> None:
        turn = self._script.waiting()
        if turn is not None and turn.caller is not None:
            turn.caller.stopped_at = fact.at
            self._touched(turn)

    @_fold.register
    def _(self, fact: f.CallerSaid) -> None:
        if not fact.text:
            return
        before = self._script.last
        choose = self._script.caller_types if fact.typed else self._script.caller_says
        turn = choose(fact.at)
        caller = turn.caller = turn.caller or Utterance()
        caller.say(fact.text, final=fact.final)
        if fact.typed:
            caller.typed, caller.started_at, caller.stopped_at = True, fact.at, fact.at
        if turn is not before:
            self._judge_silence(before, fact)
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.StageEntered) -> None:
        turn = self._script.waiting()
        if turn is None:
            return
        self.waiting_on = LiveStage(fact.key, fact.owner, fact.at)
        turn.live_stages.append(self.waiting_on)
        self._touched(turn)
        self._changes.state = True

    @_fold.register
    def _(self, fact: f.AgentSpeechStarted) -> None:
        turn = self._script.agent_begins(fact.at)
        agent = turn.agent = turn.agent or Utterance()
        if agent.started_at is None:
            agent.started_at = fact.at
        agent.stopped_at = None
        self._stop_waiting()
        self._measure(turn, self._hearing.taps)
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.AgentSpeechStopped) -> None:
        turn = self._script.speaking()
        if turn is not None and turn.agent is not None:
            turn.agent.stopped_at = fact.at
            self._touched(turn)

    @_fold.register
    def _(self, fact: f.AgentInterrupted) -> None:
        turn = self._script.speaking()
        if turn is not None and turn.agent is not None and turn.agent.stopped_at is None:
            turn.agent.interrupted = True
            self._touched(turn)
        self._log(fact)

    @_fold.register
    def _(self, fact: f.AgentSaid) -> None:
        if not fact.text:
            return
        turn = self._script.agent_says(fact.at, interrupted=fact.interrupted)
        if turn is None:
            self._log(fact)
            return
        agent = turn.agent = turn.agent or Utterance()
        agent.say(fact.text, final=fact.final)
        agent.interrupted = agent.interrupted or fact.interrupted
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.LatencyReported) -> None:
        turn = self._script.reported(fact.at, fact.caller_stopped_at)
        if turn is None:
            self._log(fact)
            return
        turn.reported_ms = fact.total_ms
        turn.stages = tile(fact.stages, fact.total_ms)
        if turn.caller is not None:
            turn.caller.stopped_at = fact.caller_stopped_at
            if alert := slow_answer(fact.at, turn):
                self._alert(fact, alert)
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.SpeechEdge) -> None:
        self._hearing.add(fact)
        if fact.lane is Lane.AGENT and fact.edge is f.Edge.OFFSET:
            return  # No silence before an answer ends there.
        for turn in self.turns[-2:]:
            if self._measure(turn, (fact.tap,)):
                self._touched(turn)

    # Levels, recording, flags

    @_fold.register
    def _(self, fact: f.LevelMeasured) -> None:
        self.meters.setdefault(fact.lane, Meter()).read(fact.at, fact.peak_dbfs, fact.rms_dbfs)
        self._changes.levels = True

    @_fold.register
    def _(self, fact: f.LaneSummarised) -> None:
        self.lane_summaries[fact.lane] = LaneSummary(fact.peak_dbfs, fact.rms_dbfs)

    @_fold.register
    def _(self, fact: f.RecordingStarted) -> None:
        self.recording_path, self.recording_started_at = fact.path, fact.at
        self._log(fact)

    @_fold.register
    def _(self, fact: f.RecordingStopped) -> None:
        text = f"The recording stopped: {fact.reason}"
        self._alert(fact, Alert(fact.at, Severity.WATCH, text))

    @_fold.register
    def _(self, fact: f.Flagged) -> None:
        self.flags.append(fact)
        self._changes.flags = True
        self._log(fact)

    # Helpers

    def _measure(self, turn: Turn, taps: Iterable[f.Tap]) -> bool:
        """Measure the silence before this turn's answer at these taps; whether anything is new."""
        begun_at = turn.agent.started_at if turn.agent is not None else None
        if turn.caller is None or turn.caller.typed or begun_at is None:
            return False
        earlier, later = self._script.around(turn)
        since = turn.opened_at - OPENED_LATE_S
        answer = Answer(begun_at, since if earlier is None else max(since, earlier), later)
        before = dict(turn.gaps)
        for tap in taps:
            gap = self._hearing.gap(tap, answer)
            if gap is None:
                turn.gaps.pop(tap, None)
            else:
                turn.gaps[tap] = gap
        return turn.gaps != before

    def _judge_silence(self, turn: Turn | None, fact: Fact) -> None:
        """Raise an alert when this turn has waited for an answer in vain."""
        caller = turn.caller if turn is not None else None
        if turn is None or caller is None or not caller.text or turn.agent is not None:
            return
        if caller.stopped_at is not None and fact.at - caller.stopped_at > RESUMES_WITHIN_S:
            self._alert(fact, no_answer(fact.at, turn))

    def _stop_waiting(self) -> None:
        if self.waiting_on is not None:
            self.waiting_on = None
            self._changes.state = True

    def _alert(self, fact: Fact, alert: Alert) -> None:
        self.alerts.append(alert)
        self._changes.alerts = True
        self._log(fact)

    def _touched(self, turn: Turn) -> None:
        newest = range(max(0, len(self.turns) - NEIGHBOURS), len(self.turns))
        self._changes.turns_updated.update(i for i in newest if self.turns[i] is turn)
