"""What is known of a turn that a speech-to-speech service is to answer, and when an answer is due."""

import pytest
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext

from app.agent.fallback.realtime_turn import LISTENS_S, UNNOTICED_S, Turn, is_answer

FIRST_SOUND_S = 2.0


def heard(*frames: tuple[float, Frame]) -> tuple[Turn, float | None]:
    """A turn after these frames at these times, and when its answer is due."""
    turn, due_s = Turn(), None
    for at_s, frame in frames:
        due_s = turn.note(frame, at_s, FIRST_SOUND_S)
    return turn, due_s


def test_nothing_is_due_while_the_caller_speaks() -> None:
    turn, due_s = heard((0.0, VADUserStartedSpeakingFrame()), (0.3, UserStartedSpeakingFrame()))

    assert due_s is None
    assert not turn.waits


def test_an_answer_is_due_when_the_caller_is_done() -> None:
    turn, due_s = heard(
        (0.0, VADUserStartedSpeakingFrame()),
        (0.3, UserStartedSpeakingFrame()),
        (1.0, VADUserStoppedSpeakingFrame()),
        (1.5, UserStoppedSpeakingFrame()),
    )

    assert due_s == pytest.approx(1.5 + FIRST_SOUND_S)
    assert turn.waits
    assert turn.spoke_s == pytest.approx(1.0)


def test_a_service_that_still_listens_has_longer() -> None:
    _, due_s = heard(
        (0.0, VADUserStartedSpeakingFrame()),
        (0.3, UserStartedSpeakingFrame()),
        (1.0, VADUserStoppedSpeakingFrame()),
    )

    assert due_s == pytest.approx(1.0 + LISTENS_S)


def test_a_cough_that_nobody_took_notice_of_is_no_speech() -> None:
    cough, _ = heard((0.0, VADUserStartedSpeakingFrame()), (0.4, VADUserStoppedSpeakingFrame()))
    speech, _ = heard(
        (0.0, VADUserStartedSpeakingFrame()), (UNNOTICED_S, VADUserStoppedSpeakingFrame())
    )

    assert not cough.is_speech
    assert speech.is_speech
    assert Turn(asked=LLMContextFrame(LLMContext())).is_speech
    assert Turn(noticed=True).is_speech


def test_words_told_before_are_known_to_whoever_takes_over() -> None:
    turn = Turn(words_came=True, answering=True, answered=True)

    turn.hand_over()

    assert turn.words_known
    assert turn.waits


def test_an_answer_is_sound_or_words() -> None:
    assert is_answer(TTSAudioRawFrame(b"\0\0", 24_000, 1))
    assert is_answer(LLMTextFrame("yes"))
    assert not is_answer(LLMTextFrame(" "))
    assert not is_answer(UserStartedSpeakingFrame())
