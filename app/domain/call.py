"""A call as the fold of its facts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod

from app.domain import facts as f
from app.domain.alerts import Alert, Severity
from app.domain.facts import AgentState, Fact, Lane, Role
from app.domain.hearing import Hearing
from app.domain.levels import Meter
from app.domain.turns import WATCH_MS, LiveStage, Turn, Utterance, tile


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
    usage: dict[tuple[str, str], Usage] = field(default_factory=dict[tuple[str, str], Usage])
    events: list[Fact] = field(default_factory=list[Fact])
    alerts: list[Alert] = field(default_factory=list[Alert])
    flags: list[f.Flagged] = field(default_factory=list[f.Flagged])
    listeners: list[f.ListeningStarted] = field(default_factory=list[f.ListeningStarted])
    recording_path: str = ""
    pipeline_lag_ms: float | None = None
    _exchange_count: int = 0
    _hearing: Hearing = field(default_factory=Hearing)
    _changes: Changes = field(default_factory=Changes)

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
        for fact in facts:
            self.last_at = fact.at if self.last_at is None else max(self.last_at, fact.at)
            self._fold(fact)
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
        self._alert(fact, Severity.BAD, f"The server stopped: {fact.reason}")
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
            self._alert(fact, Severity.BAD, f"The agent failed: {fact.why}")

    @_fold.register
    def _(self, fact: f.ErrorRaised) -> None:
        severity = Severity.WATCH if fact.usable else Severity.BAD
        self._alert(fact, severity, f"{fact.processor}: {fact.message}")

    @_fold.register
    def _(self, fact: f.PipelineLagged) -> None:
        self.pipeline_lag_ms = fact.lag_ms

    @_fold.register
    def _(self, fact: f.ServiceUsed) -> None:
        used = self.usage.setdefault(
            (fact.kind, fact.processor), Usage(fact.kind, fact.processor, fact.model)
        )
        used.model = fact.model or used.model
        used.audio_s += fact.audio_s or 0.0
        used.characters += fact.characters or 0
        used.prompt_tokens += fact.prompt_tokens or 0
        used.completion_tokens += fact.completion_tokens or 0
        self._log(fact)

    # Turns

    @_fold.register
    def _(self, fact: f.CallerTurnStarted) -> None:
        turn = self._last_turn()
        if turn is None or turn.caller is None or turn.agent is not None:
            turn = self._open_exchange(fact.at)
        elif turn.caller.stopped_at is not None:
            turn.caller.stopped_at = None
            turn.live_stages.clear()
        self.waiting_on = None
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.CallerTurnStopped) -> None:
        turn = self._last_turn()
        if turn is not None and turn.caller is not None and turn.agent is None:
            turn.caller.stopped_at = fact.at
            self._touched(turn)

    @_fold.register
    def _(self, fact: f.CallerSaid) -> None:
        turn = self._last_turn()
        if turn is None or turn.caller is None or (turn.agent is not None and turn.caller.final):
            turn = self._open_exchange(fact.at)
        caller = turn.caller or Utterance()
        caller.text, caller.final, caller.typed = fact.text, fact.final, fact.typed
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.StageEntered) -> None:
        turn = self._last_turn()
        if turn is None or turn.agent is not None:
            return
        self.waiting_on = LiveStage(fact.key, fact.owner, fact.at)
        turn.live_stages.append(self.waiting_on)
        self._touched(turn)
        self._changes.state = True

    @_fold.register
    def _(self, fact: f.AgentSpeechStarted) -> None:
        turn = self._last_turn()
        if turn is None or (turn.agent is not None and turn.agent.final):
            turn = self._open_turn(fact.at)
        agent = turn.agent = turn.agent or Utterance()
        if agent.started_at is None:
            agent.started_at = fact.at
        agent.stopped_at = None
        self._measure(turn)
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.AgentSpeechStopped) -> None:
        turn = self._speaking_turn()
        if turn is not None and turn.agent is not None:
            turn.agent.stopped_at = fact.at
            self._touched(turn)

    @_fold.register
    def _(self, fact: f.AgentInterrupted) -> None:
        turn = self._speaking_turn()
        if turn is not None and turn.agent is not None:
            turn.agent.interrupted = True
            self._touched(turn)
        self._log(fact)

    @_fold.register
    def _(self, fact: f.AgentSaid) -> None:
        if not fact.text:
            return
        turn = self._answering_turn(interrupted=fact.interrupted) or self._open_turn(fact.at)
        agent = turn.agent = turn.agent or Utterance()
        agent.text, agent.final = fact.text, fact.final
        agent.interrupted = agent.interrupted or fact.interrupted
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.LatencyReported) -> None:
        turn = self._last_turn()
        if turn is None or (turn.caller is None) != (fact.caller_stopped_at is None):
            turn = self._open_turn(fact.at)
        turn.reported_ms = fact.total_ms
        turn.stages = tile(fact.stages, fact.total_ms)
        if turn.caller is not None:
            turn.caller.stopped_at = fact.caller_stopped_at
            self._judge_delay(turn, fact)
        self._touched(turn)

    @_fold.register
    def _(self, fact: f.SpeechEdge) -> None:
        self._hearing.add(fact)
        for turn in self.turns[-2:]:
            if self._measure(turn):
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
        self.recording_path = fact.path
        self._log(fact)

    @_fold.register
    def _(self, fact: f.Flagged) -> None:
        self.flags.append(fact)
        self._changes.flags = True
        self._log(fact)

    # Helpers

    def _last_turn(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    def _open_exchange(self, at: float) -> Turn:
        """A turn that the caller opens, numbered after those before it."""
        turn = self._open_turn(at)
        turn.caller = Utterance(started_at=at)
        self._exchange_count += 1
        turn.index = self._exchange_count
        return turn

    def _open_turn(self, at: float) -> Turn:
        turn = Turn(index=0, opened_at=at)
        self.turns.append(turn)
        self._changes.turns_added += 1
        self._touched(turn)
        return turn

    def _speaking_turn(self) -> Turn | None:
        """The newest turn whose agent has begun to speak."""
        for turn in reversed(self.turns[-3:]):
            if turn.agent is not None and turn.agent.started_at is not None:
                return turn
        return None

    def _answering_turn(self, *, interrupted: bool) -> Turn | None:
        """The turn that a text of the agent belongs to.

        The text of an answer that was cut off arrives after the caller's next turn has begun.
        """
        last = self._last_turn()
        spoken = self._speaking_turn()
        if (
            interrupted
            and spoken is not None
            and spoken.agent is not None
            and not spoken.agent.final
        ):
            return spoken
        if last is None or (last.agent is not None and last.agent.final):
            return None
        return last

    def _measure(self, turn: Turn) -> bool:
        """Measure the silence before this turn's answer at each tap; whether anything is new."""
        if turn.caller is None or turn.agent is None or turn.agent.started_at is None:
            return False
        following = [t for t in self.turns[-3:] if t.opened_at > turn.opened_at]
        starts = [
            t.agent.started_at
            for t in following
            if t.agent is not None and t.agent.started_at is not None
        ]
        before = min(starts, default=None)
        gaps = {
            tap: self._hearing.gap(tap, turn.agent.started_at, before)
            for tap in self._hearing.taps()
        }
        found = {tap: gap for tap, gap in gaps.items() if gap is not None}
        fresh = found != turn.gaps
        turn.gaps = found
        return fresh

    def _judge_delay(self, turn: Turn, fact: f.LatencyReported) -> None:
        slowest = turn.slowest
        if fact.total_ms > WATCH_MS and slowest is not None:
            text = f"Turn {turn.index} took {fact.total_ms / 1000:.1f} s, most of it {slowest.label.lower()}"
            self._alert(fact, Severity.WATCH, text, turn.index)

    def _alert(
        self, fact: Fact, severity: Severity, text: str, turn_index: int | None = None
    ) -> None:
        self.alerts.append(Alert(fact.at, severity, text, turn_index))
        self._changes.alerts = True
        self._log(fact)

    def _touched(self, turn: Turn) -> None:
        for position in range(len(self.turns) - 1, max(-1, len(self.turns) - 5), -1):
            if self.turns[position] is turn:
                self._changes.turns_updated.add(position)
                return
