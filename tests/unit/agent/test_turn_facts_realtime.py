"""Turns of a model that hears and speaks by itself: no clauses are announced, and what was heard comes upstream."""

from pipecat.frames import frames as p

from tests.unit.agent.test_turn_facts import Conversation


def answers(talk: Conversation, text: str) -> None:
    talk.play(p.LLMFullResponseStartFrame(), p.TTSStartedFrame(), p.BotStartedSpeakingFrame())
    talk.agent_stops(text)


def test_every_answer_is_told_not_only_the_first():
    talk = Conversation()

    answers(talk, "Hello.")
    talk.play(p.UserStartedSpeakingFrame(), p.InterruptionFrame(), p.UserStoppedSpeakingFrame())
    answers(talk, "From nine to six.")

    assert talk.said() == [("Hello.", True, False), ("From nine to six.", True, False)]


def test_what_the_model_heard_is_told_before_it_stands_in_the_context():
    talk = Conversation()
    talk.play(p.UserStartedSpeakingFrame(), p.UserStoppedSpeakingFrame())

    heard = p.TranscriptionFrame("When are you open?", "", "")
    talk.turns.on_push(talk.pushes.of(heard, upstream=True))

    assert talk.heard() == [("When are you open?", False)]
