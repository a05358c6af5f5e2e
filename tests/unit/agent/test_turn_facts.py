import time
from collections.abc import Callable

import pytest
from pipecat.frames import frames as p

from app.agent.agent_states import AgentStates
from app.agent.pipecat_time import PipecatTime
from app.agent.turn_facts import TurnFacts
from app.domain import facts as f
from app.domain.call import Call
from app.domain.facts import AgentState
from tests.support.posted import Posted
from tests.unit.agent.pushes import Pushes, Ticking


class Conversation:
    """Plays frames to TurnFacts and keeps what it told."""

    def __init__(self) -> None:
        self.clock = Ticking()
        self.sink = Posted()
        self.states = AgentStates(self.sink, self.clock)
        self.states.become(AgentState.LISTENING)
        self.turns = TurnFacts(self.sink, self.states, PipecatTime(self.clock, self.clock))
        self.pushes = Pushes(self.clock)

    def play(self, *frames: p.Frame) -> None:
        """Push frames 10 ms apart."""
        for frame in frames:
            self.clock.time_s += 0.01
            self.turns.on_push(self.pushes.of(frame))

    def speak_clause(self, text: str) -> None:
        """A clause as the output transport passes it on, right before its audio."""
        frame = p.AggregatedTextFrame(text, "sentence")
        frame.will_be_spoken = True
        self.turns.on_push(self.pushes.of(frame))
        self.turns.on_push(self.pushes.of(frame, self.pushes.output, first=False))

    def caller_says(self, text: str) -> None:
        self.play(
            p.VADUserStartedSpeakingFrame(start_secs=0.2, timestamp=time.time()),
            p.UserStartedSpeakingFrame(),
            p.InterimTranscriptionFrame(text[:4], "", ""),
            p.VADUserStoppedSpeakingFrame(stop_secs=0.2, timestamp=time.time()),
            p.TranscriptionFrame(text, "", ""),
            p.LLMContextUserTurnFrame(text=text, timestamp=""),
            p.UserStoppedSpeakingFrame(),
        )

    def agent_says(self, *clauses: str) -> None:
        self.play(p.LLMFullResponseStartFrame(), p.LLMTextFrame(clauses[0]), p.LLMTextFrame("x"))
        self.play(p.LLMFullResponseEndFrame(), p.TTSStartedFrame())
        self.speak_clause(clauses[0])
        self.play(p.BotStartedSpeakingFrame())
        for clause in clauses[1:]:
            self.speak_clause(clause)

    def agent_stops(self, text: str) -> None:
        self.play(
            p.BotStoppedSpeakingFrame(), p.LLMContextAssistantTurnFrame(text=text, timestamp="")
        )

    def said(self) -> list[tuple[str, bool, bool]]:
        return [(fact.text, fact.final, fact.interrupted) for fact in self.sink.of(f.AgentSaid)]

    def heard(self) -> list[tuple[str, bool]]:
        return [(fact.text, fact.final) for fact in self.sink.of(f.CallerSaid)]

    def course(self) -> list[AgentState]:
        return [fact.state for fact in self.sink.of(f.AgentStateChanged)]


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_an_exchange_is_told_in_its_order(talk: Conversation):
    talk.caller_says("Are you open?")
    talk.agent_says("Yes, we are open", "until seven.")
    talk.agent_stops("Yes, we are open until seven.")

    assert talk.heard() == [
        ("Are", False),
        ("Are you open?", False),
        ("Are you open?", True),
    ]
    assert talk.said() == [
        ("Yes, we are open", False, False),
        ("Yes, we are open until seven.", False, False),
        ("Yes, we are open until seven.", True, False),
    ]
    assert [fact.key for fact in talk.sink.of(f.StageEntered)] == [
        "transcription",
        "turn_detection",
        "llm_inference",
        "sentence_aggregation",
        "speech_synthesis",
    ]
    assert talk.course() == [
        AgentState.LISTENING,
        AgentState.THINKING,
        AgentState.SPEAKING,
        AgentState.LISTENING,
    ]
    assert talk.turns.caller_has_come


def test_speech_is_dated_to_when_it_began_and_ended_not_to_when_the_vad_was_sure(
    talk: Conversation,
):
    talk.caller_says("Hello.")

    (started,) = talk.sink.of(f.CallerTurnStarted)
    (stopped,) = talk.sink.of(f.CallerTurnStopped)
    assert started.at == pytest.approx(1000.01 - 0.2, abs=0.05)
    assert stopped.at == pytest.approx(1000.04 - 0.2, abs=0.05)


def test_frames_that_come_twice_count_once(talk: Conversation):
    twice: list[Callable[[], p.Frame]] = [
        lambda: p.VADUserStartedSpeakingFrame(start_secs=0.2),
        lambda: p.VADUserStoppedSpeakingFrame(stop_secs=0.2),
        p.BotStartedSpeakingFrame,
        p.BotStoppedSpeakingFrame,
    ]
    talk.play(p.UserStartedSpeakingFrame())
    for make in twice:
        talk.play(make(), make())
        talk.turns.on_push(talk.pushes.of(make(), upstream=True))
        talk.turns.on_push(talk.pushes.of(make(), first=False))

    assert len(talk.sink.of(f.CallerTurnStarted)) == 1
    assert len(talk.sink.of(f.AgentSpeechStarted)) == 1
    assert len(talk.sink.of(f.AgentSpeechStopped)) == 1
    assert len(talk.sink.of(f.StageEntered)) == 1


def test_an_interruption_counts_only_while_the_agent_speaks(talk: Conversation):
    talk.play(p.UserStartedSpeakingFrame(), p.InterruptionFrame())
    assert talk.sink.of(f.AgentInterrupted) == []

    talk.agent_says("We close at seven", "in the evening.")
    talk.play(
        p.VADUserStartedSpeakingFrame(),
        p.UserStartedSpeakingFrame(),
        p.InterruptionFrame(),
        p.InterruptionFrame(),
        p.BotStoppedSpeakingFrame(),
        p.LLMContextAssistantTurnFrame(text="We close at seven", timestamp=""),
    )

    assert len(talk.sink.of(f.AgentInterrupted)) == 1
    assert talk.said()[-1] == ("We close at seven in the evening.", True, True)


def test_after_an_interruption_the_next_answer_is_an_answer_of_its_own(talk: Conversation):
    talk.caller_says("When do you close?")
    talk.agent_says("We close at seven")
    talk.play(p.VADUserStartedSpeakingFrame(), p.UserStartedSpeakingFrame(), p.InterruptionFrame())
    talk.play(p.BotStoppedSpeakingFrame(), p.VADUserStoppedSpeakingFrame())
    talk.play(p.TranscriptionFrame("On Friday?", "", ""))
    talk.play(p.LLMContextUserTurnFrame(text="On Friday?", timestamp=""))
    talk.play(p.UserStoppedSpeakingFrame())
    talk.agent_says("At seven too.")
    talk.agent_stops("At seven too.")

    call = Call()
    call.apply(talk.sink.facts)
    first, second = call.exchanges
    assert first.agent is not None
    assert second.agent is not None
    assert (first.agent.text, first.agent.interrupted) == ("We close at seven", True)
    assert (second.agent.text, second.agent.interrupted) == ("At seven too.", False)
    assert second.caller is not None
    assert second.caller.text == "On Friday?"


def test_two_utterances_of_one_turn_are_one_text(talk: Conversation):
    talk.play(p.VADUserStartedSpeakingFrame(), p.UserStartedSpeakingFrame())
    talk.play(p.VADUserStoppedSpeakingFrame(), p.TranscriptionFrame("I would like", "", ""))
    talk.play(p.VADUserStartedSpeakingFrame())
    assert talk.course()[-1] is AgentState.LISTENING
    talk.play(p.InterimTranscriptionFrame("a card", "", ""))
    talk.play(p.VADUserStoppedSpeakingFrame(), p.TranscriptionFrame("a card please.", "", ""))

    assert [text for text, _ in talk.heard()] == [
        "I would like",
        "I would like a card",
        "I would like a card please.",
    ]


def test_a_turn_in_which_nothing_was_understood_goes_back_to_listening(talk: Conversation):
    talk.play(p.VADUserStartedSpeakingFrame(), p.UserStartedSpeakingFrame())
    talk.play(p.VADUserStoppedSpeakingFrame(), p.UserStoppedSpeakingFrame())

    assert talk.course()[-2:] == [AgentState.THINKING, AgentState.LISTENING]


def test_a_model_that_says_nothing_goes_back_to_listening(talk: Conversation):
    talk.caller_says("Hello.")
    talk.play(p.LLMFullResponseStartFrame(), p.LLMFullResponseEndFrame())

    assert talk.course()[-2:] == [AgentState.THINKING, AgentState.LISTENING]


def test_noise_while_the_agent_speaks_changes_nothing(talk: Conversation):
    talk.agent_says("We close at seven")
    before = len(talk.sink.facts)
    talk.play(p.VADUserStartedSpeakingFrame(), p.VADUserStoppedSpeakingFrame())
    talk.play(p.InterimTranscriptionFrame("uh", "", ""), p.TTSStartedFrame())

    assert talk.sink.facts[before:] == []


def test_a_greeting_is_told_without_a_caller(talk: Conversation):
    talk.play(p.TTSStartedFrame())
    talk.speak_clause("Hello.")
    talk.play(p.BotStartedSpeakingFrame())
    talk.agent_stops("Hello.")

    assert talk.said() == [("Hello.", False, False), ("Hello.", True, False)]
    assert not talk.turns.caller_has_come


def test_text_that_is_not_spoken_is_not_told(talk: Conversation):
    unspoken = p.AggregatedTextFrame("Nothing.", "sentence")
    word = p.TTSTextFrame("word", text_type="word")
    for frame in (unspoken, word):
        talk.turns.on_push(talk.pushes.of(frame, talk.pushes.output, first=False))
    talk.play(p.BotStartedSpeakingFrame())

    assert talk.said() == []


def test_what_was_typed_is_a_final_text(talk: Conversation):
    talk.turns.caller_typed("Are you open?")

    (typed,) = talk.sink.of(f.CallerSaid)
    assert (typed.text, typed.final, typed.typed) == ("Are you open?", True, True)
    assert talk.turns.caller_has_come


def test_a_heartbeat_measures_the_pipeline_where_it_ends(talk: Conversation):
    beat = p.HeartbeatFrame(timestamp=talk.clock.get_time())
    talk.clock.time_s += 0.003
    talk.turns.on_push(talk.pushes.of(beat))
    talk.turns.on_push(talk.pushes.of(beat, destination=talk.pushes.sink, first=False))

    (lag,) = talk.sink.sampled(f.PipelineLagged)
    assert lag.lag_ms == pytest.approx(3.0, abs=0.01)


def test_a_heartbeat_that_queued_behind_an_answer_measures_nothing(talk: Conversation):
    before = p.HeartbeatFrame(timestamp=talk.clock.get_time())
    talk.agent_says("We close at seven")
    talk.turns.on_push(talk.pushes.of(before, destination=talk.pushes.sink, first=False))
    talk.agent_stops("We close at seven")
    talk.turns.on_push(talk.pushes.of(before, destination=talk.pushes.sink, first=False))
    after = p.HeartbeatFrame(timestamp=talk.clock.get_time())
    talk.turns.on_push(talk.pushes.of(after, destination=talk.pushes.sink, first=False))

    assert len(talk.sink.sampled(f.PipelineLagged)) == 1


def test_an_answer_whose_words_come_late_is_final_when_the_caller_goes_on(talk: Conversation):
    talk.agent_says("From nine", "to six.")
    talk.play(p.BotStoppedSpeakingFrame())
    talk.play(p.UserStartedSpeakingFrame(), p.InterruptionFrame())
    talk.play(p.LLMContextAssistantTurnFrame(text="From nine", timestamp=""))

    assert talk.said()[-1] == ("From nine to six.", True, False)
    assert [said for said in talk.said() if said[1]] == [("From nine to six.", True, False)]
    (answer,) = _call(talk).turns[:1]
    assert answer.agent is not None
    assert answer.agent.final


def test_an_answer_that_was_replaced_before_it_was_spoken_is_not_told(talk: Conversation):
    talk.play(p.LLMContextAssistantTurnFrame(text="", timestamp=""))
    talk.play(p.LLMFullResponseStartFrame(), p.LLMTextFrame("a"), p.LLMFullResponseEndFrame())
    talk.speak_clause("Never heard.")
    talk.play(p.UserStartedSpeakingFrame(), p.InterruptionFrame())

    assert talk.said() == []


def _call(talk: Conversation) -> Call:
    call = Call()
    call.apply(list(talk.sink.facts))
    return call
