import numpy as np

from app.agent.voice import SAMPLE_RATE_HZ, without_leading_silence


def test_silence_before_the_first_word_is_cut_to_10_ms():
    word = np.full(2400, 0.2, dtype=np.float32)
    samples = np.concatenate([np.zeros(round(0.07 * SAMPLE_RATE_HZ), np.float32), word])

    assert len(without_leading_silence(samples)) == len(word) + SAMPLE_RATE_HZ // 100


def test_a_word_that_begins_at_once_and_silence_alone_stay_whole():
    word = np.full(2400, 0.2, dtype=np.float32)
    silence = np.zeros(2400, dtype=np.float32)

    assert len(without_leading_silence(word)) == len(word)
    assert len(without_leading_silence(silence)) == len(silence)
