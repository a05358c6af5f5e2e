from collections.abc import Iterable

import pytest

from app.domain.facts import Edge
from app.domain.speech import SpeechDetector

QUIET = -70.0
VOICE = -20.0


def heard(
    detector: SpeechDetector, levels: Iterable[float], at: float = 0.0
) -> list[tuple[Edge, float]]:
    """The edges found in blocks of these levels, the first of them beginning at `at`."""
    found = [detector.feed(at + i * 0.01, level) for i, level in enumerate(levels)]
    return [(each.edge, round(each.at, 3)) for each in found if each is not None]


def test_a_word_has_an_onset_and_an_offset_dated_to_its_first_and_last_block():
    blocks = [QUIET] * 100 + [VOICE] * 50 + [QUIET] * 50

    assert heard(SpeechDetector(), blocks) == [(Edge.ONSET, 1.0), (Edge.OFFSET, 1.5)]


def test_an_onset_is_known_after_30_ms():
    detector = SpeechDetector()
    assert heard(detector, [QUIET] * 10 + [VOICE] * 2) == []

    assert heard(detector, [VOICE], at=0.12) == [(Edge.ONSET, 0.1)]
    assert detector.speaking


def test_an_offset_is_known_after_200_ms():
    detector = SpeechDetector()
    assert heard(detector, [VOICE] * 10 + [QUIET] * 19) == [(Edge.ONSET, 0.0)]

    assert heard(detector, [QUIET], at=0.29) == [(Edge.OFFSET, 0.1)]
    assert not detector.speaking


def test_a_click_is_no_speech():
    assert heard(SpeechDetector(), [QUIET] * 10 + [VOICE] * 2 + [QUIET] * 30) == []
    assert heard(SpeechDetector(), [VOICE, VOICE, QUIET] * 30) == []


def test_a_pause_between_words_is_no_end():
    blocks = [VOICE] * 20 + [QUIET] * 19 + [VOICE] * 20

    assert heard(SpeechDetector(), blocks) == [(Edge.ONSET, 0.0)]


def test_speech_stands_10_db_over_the_noise():
    def over_noise_of(level: float) -> list[tuple[Edge, float]]:
        return heard(SpeechDetector(), [-40.0] * 6000 + [level] * 10)

    assert over_noise_of(-31.0)[2:] == []
    assert over_noise_of(-29.0)[2:] == [(Edge.ONSET, 60.0)]


@pytest.mark.parametrize(("level", "found"), [(-45.0, 1), (-45.1, 0)])
def test_speech_is_at_least_at_45_dbfs(level: float, found: int):
    assert len(heard(SpeechDetector(), [QUIET] * 10 + [level] * 10)) == found


def test_a_hum_that_stays_becomes_floor():
    detector = SpeechDetector()

    edges = heard(detector, [QUIET] * 100 + [-40.0] * 6000)

    assert [edge for edge, _ in edges] == [Edge.ONSET, Edge.OFFSET]
    assert not detector.speaking


def test_a_long_sentence_does_not():
    sentence = ([VOICE] * 30 + [QUIET] * 5) * 100

    assert heard(SpeechDetector(), [QUIET] * 100 + sentence) == [(Edge.ONSET, 1.0)]


def test_the_floor_follows_quiet_at_once():
    detector = SpeechDetector()
    heard(detector, [-45.1] * 2000)

    edges = heard(detector, [-60.0] + [-40.0] * 3, at=20.0)

    assert edges == [(Edge.ONSET, 20.01)]


def test_a_lane_without_blocks_is_quiet():
    detector = SpeechDetector()
    heard(detector, [VOICE] * 20)

    edges = heard(detector, [VOICE] * 20, at=5.0)

    assert edges == [(Edge.OFFSET, 0.2), (Edge.ONSET, 5.0)]


def test_a_click_before_a_lane_went_quiet_does_not_date_what_comes_after():
    detector = SpeechDetector()
    heard(detector, [VOICE])

    assert heard(detector, [VOICE] * 3, at=5.0) == [(Edge.ONSET, 5.0)]


def test_blocks_held_up_for_a_moment_are_no_pause():
    detector = SpeechDetector()
    heard(detector, [VOICE] * 20)

    assert heard(detector, [VOICE] * 20, at=0.6) == []


def test_the_end_of_the_lane_ends_the_speech():
    detector = SpeechDetector()
    assert detector.close() is None
    heard(detector, [VOICE] * 20)

    found = detector.close()

    assert found is not None
    assert (found.edge, round(found.at, 3)) == (Edge.OFFSET, 0.2)
    assert detector.close() is None
