import pytest

from app.agent.transcriber import Decoded, compression_ratio


def decoded(
    text: str = "How long can I keep a book?",
    token_count: int = 9,
    log_probability: float = -0.4,
    no_speech_probability: float = 0.05,
) -> Decoded:
    return Decoded(text, token_count, 30, log_probability, no_speech_probability)


def test_ordinary_speech_is_trusted():
    assert not decoded().odd
    assert not decoded().speechless


@pytest.mark.parametrize(
    "astray",
    [
        decoded(token_count=30),
        decoded(log_probability=-1.1),
        decoded(text="How long can I keep a book? " * 8),
    ],
)
def test_repetition_doubt_and_length_are_odd(astray: Decoded):
    assert astray.odd


@pytest.mark.parametrize(
    "nothing", [decoded(no_speech_probability=0.8), decoded(text="."), decoded(text="")]
)
def test_noise_is_no_speech(nothing: Decoded):
    assert nothing.speechless


def test_repetition_compresses_well():
    assert compression_ratio("") == 0.0
    assert compression_ratio("What time do you open on Monday?") < 1.2
    assert compression_ratio("one more time " * 20) > 2.4
