# pyright: reportUnknownMemberType=false
"""Tells the course of a conversation from the frames of its pipeline."""

from collections.abc import Callable
from functools import singledispatchmethod

from pipecat.frames import frames as p
from pipecat.observers.base_observer import FramePushed
from pipecat.pipeline.pipeline import PipelineSink
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BaseOutputTransport

from app.agent.agent_states import AgentStates
from app.agent.pipecat_time import PipecatTime
from app.domain import facts as f
from app.domain.facts import AgentState
from app.domain.ports import FactSink

TRANSCRIPTION = "transcription"
TURN_DETECTION = "turn_detection"
LLM_INFERENCE = "llm_inference"
SENTENCE_AGGREGATION = "sentence_aggregation"
SPEECH_SYNTHESIS = "speech_synthesis"
"""Stages as Pipecat's latency breakdown calls them."""
TURN_STRATEGIES = "config: user turn strategies"
TEXT_AGGREGATION = "config: text_aggregation_mode"
"""Owners as Pipecat's latency breakdown calls them."""


class TurnFacts:
    """Owns what is known of the turn in hand. Agent loop only.

    Broadcast frames come in both directions and some of them twice; only first pushes downstream count, and speech
    that has begun does not begin again.
    """

    def __init__(self, sink: FactSink, states: AgentStates, time: PipecatTime) -> None:
        self._sink = sink
        self._states = states
        self._time = time
        self._source = ""
        self._at = 0.0
        self._pushed_ns = 0
        self._idle_since_ns: int | None = 0
        """Since when no answer is being made or spoken, on the pipeline's clock."""
        self.caller_has_come = False
        """Whether a caller has said or typed anything at all."""
        self._caller_speaks = False
        self._caller_began_at: float | None = None
        self._caller_ended_at: float | None = None
        self._turn_open = False
        self._recogniser = "speech recognition"
        self._heard: list[str] = []
        """What the recogniser made of the turn in hand, utterance by utterance."""
        self._taken: list[str] = []
        """What went into the context of it."""
        self._agent_speaks = False
        self._spoken: list[str] = []
        """The clauses of the answer in hand whose audio has begun."""
        self._answer_heard = False
        """Whether the agent has begun to speak the answer in hand."""
        self._answer_closed = False
        self._writing = False

    def caller_typed(self, text: str) -> None:
        """The caller typed, in place of speaking."""
        self.caller_has_come = True
        self._sink.post(f.CallerSaid(at=self._time.now(), text=text, final=True, typed=True))

    def on_push(self, data: FramePushed) -> None:
        """Take a push of a frame from one processor to the next."""
        if isinstance(data.frame, p.HeartbeatFrame):
            self._measure_lag(data, data.frame)
        elif data.direction is FrameDirection.DOWNSTREAM:
            self._take(data)
        elif isinstance(data.frame, p.TranscriptionFrame) and data.first_push:
            self._on_heard_by_model(data.frame, data.timestamp)

    def _take(self, data: FramePushed) -> None:
        self._source = data.source.name
        if isinstance(data.frame, p.AggregatedTextFrame):
            if isinstance(data.source, BaseOutputTransport):
                self._at = self._time.of_push(data.timestamp)
                self._on_clause_played(data.frame)
        elif data.first_push:
            handler: Callable[[p.Frame], None] = self._on
            self._at, self._pushed_ns = self._time.of_push(data.timestamp), data.timestamp
            handler(data.frame)

    def _measure_lag(self, data: FramePushed, frame: p.HeartbeatFrame) -> None:
        """Count a heartbeat that ran through an idle pipeline; during an answer it queues behind the speech."""
        idle = self._idle_since_ns is not None and frame.timestamp >= self._idle_since_ns
        if idle and isinstance(data.destination, PipelineSink):
            lag_ms = (data.timestamp - frame.timestamp) / 1e6
            fact = f.PipelineLagged(at=self._time.of_push(data.timestamp), lag_ms=lag_ms)
            self._sink.sample("pipeline_lag", fact)

    @singledispatchmethod
    def _on(self, frame: p.Frame) -> None:
        """Frames without a rule tell nothing."""

    # The caller

    @_on.register
    def _(self, frame: p.VADUserStartedSpeakingFrame) -> None:
        if self._caller_speaks:
            return
        self._caller_speaks = True
        self._caller_began_at = self._time.of_record(frame.timestamp - frame.start_secs)
        if not self._agent_speaks:
            self._states.seem(AgentState.LISTENING, self._at)

    @_on.register
    def _(self, frame: p.VADUserStoppedSpeakingFrame) -> None:
        if not self._caller_speaks:
            return
        self._caller_speaks = False
        self._caller_ended_at = self._time.of_record(frame.timestamp - frame.stop_secs)
        if self._turn_open:
            self._wait_on(TRANSCRIPTION, self._recogniser)
            self._think()

    @_on.register
    def _(self, frame: p.UserStartedSpeakingFrame) -> None:
        self.caller_has_come = self._turn_open = True
        self._heard.clear()
        self._taken.clear()
        at = self._at if self._caller_began_at is None else self._caller_began_at
        self._caller_began_at = at
        self._settle_answer()
        self._sink.post(f.CallerTurnStarted(at=at))
        self._states.seem(AgentState.LISTENING, self._at)

    @_on.register
    def _(self, frame: p.UserStoppedSpeakingFrame) -> None:
        self._turn_open = False
        at = self._at if self._caller_ended_at is None else self._caller_ended_at
        self._sink.post(f.CallerTurnStopped(at=at))
        if not self._heard and not self._agent_speaks:
            self._states.seem(AgentState.LISTENING, self._at)

    @_on.register
    def _(self, frame: p.InterimTranscriptionFrame) -> None:
        if self._turn_open:
            self._caller_said([*self._heard, frame.text], final=False)

    @_on.register
    def _(self, frame: p.TranscriptionFrame) -> None:
        self._recogniser = self._source
        self._heard.append(frame.text)
        self._caller_said(self._heard, final=False)
        self._wait_on(TURN_DETECTION, TURN_STRATEGIES)

    def _on_heard_by_model(self, frame: p.TranscriptionFrame, pushed_ns: int) -> None:
        """A model that hears by itself says upstream what it heard, as often as not when it answers already."""
        self._at = self._time.of_push(pushed_ns)
        self._heard.append(frame.text)
        self._caller_said(self._heard, final=False)

    @_on.register
    def _(self, frame: p.LLMContextUserTurnFrame) -> None:
        self._taken.append(frame.text)
        self._caller_said(self._taken, final=True)

    # The answer

    @_on.register
    def _(self, frame: p.LLMFullResponseStartFrame) -> None:
        self._writing = False
        self._idle_since_ns = None
        if not self._agent_speaks:
            # A model that speaks by itself announces no clauses, which else begin an answer.
            self._answer_closed = False
        self._wait_on(LLM_INFERENCE, self._source)
        self._think()

    @_on.register
    def _(self, frame: p.LLMTextFrame) -> None:
        if not self._writing:
            self._writing = True
            self._wait_on(SENTENCE_AGGREGATION, TEXT_AGGREGATION)

    @_on.register
    def _(self, frame: p.LLMFullResponseEndFrame) -> None:
        if not self._writing and not self._agent_speaks:
            self._idle_since_ns = self._pushed_ns
            self._states.seem(AgentState.LISTENING, self._at)

    @_on.register
    def _(self, frame: p.TTSStartedFrame) -> None:
        self._idle_since_ns = None
        self._wait_on(SPEECH_SYNTHESIS, self._source)

    def _on_clause_played(self, frame: p.AggregatedTextFrame) -> None:
        """The voice announces each clause, and the transport passes that on right before its audio."""
        if not frame.will_be_spoken or isinstance(frame, p.TTSTextFrame):
            return
        if self._answer_closed:
            self._answer_closed = False
            self._spoken.clear()
        self._spoken.append(frame.text.strip())
        if self._agent_speaks:
            self._agent_said(" ".join(self._spoken), final=False)

    @_on.register
    def _(self, frame: p.BotStartedSpeakingFrame) -> None:
        if self._agent_speaks:
            return
        self._agent_speaks = self._answer_heard = True
        self._sink.post(f.AgentSpeechStarted(at=self._at))
        self._states.seem(AgentState.SPEAKING, self._at)
        if self._spoken:
            self._agent_said(" ".join(self._spoken), final=False)

    @_on.register
    def _(self, frame: p.BotStoppedSpeakingFrame) -> None:
        if not self._agent_speaks:
            return
        self._agent_speaks = False
        self._idle_since_ns = self._pushed_ns
        self._sink.post(f.AgentSpeechStopped(at=self._at))
        self._states.seem(AgentState.LISTENING, self._at)

    @_on.register
    def _(self, frame: p.InterruptionFrame) -> None:
        if self._agent_speaks and not self._answer_closed:
            self._sink.post(f.AgentInterrupted(at=self._at))
            self._agent_said(" ".join(self._spoken), final=True, interrupted=True)
        self._close_answer()

    @_on.register
    def _(self, frame: p.LLMContextAssistantTurnFrame) -> None:
        """The answer as it went into the context; of one that was cut off, what was heard has been told already."""
        if not self._answer_closed and frame.text.strip():
            self._agent_said(frame.text, final=True)
            self._close_answer()

    def _settle_answer(self) -> None:
        """Take what was spoken to its end as it is; the words of some voices come late, and are lost if cut off."""
        heard = self._answer_heard and not self._agent_speaks
        if heard and self._spoken and not self._answer_closed:
            self._agent_said(" ".join(self._spoken), final=True)
            self._close_answer()

    def _close_answer(self) -> None:
        self._answer_closed = True
        self._answer_heard = False
        self._spoken.clear()

    # What is told

    def _caller_said(self, parts: list[str], *, final: bool) -> None:
        text = " ".join(part.strip() for part in parts)
        self._sink.post(f.CallerSaid(at=self._at, text=text, final=final))

    def _agent_said(self, text: str, *, final: bool, interrupted: bool = False) -> None:
        fact = f.AgentSaid(at=self._at, text=text.strip(), final=final, interrupted=interrupted)
        self._sink.post(fact)

    def _wait_on(self, stage: str, owner: str) -> None:
        if not self._agent_speaks:
            self._sink.post(f.StageEntered(at=self._at, key=stage, owner=owner))

    def _think(self) -> None:
        if not self._agent_speaks:
            self._states.seem(AgentState.THINKING, self._at)
