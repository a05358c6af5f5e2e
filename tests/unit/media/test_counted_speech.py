from collections.abc import Iterable

import pytest

from app.domain.facts import Edge
from app.domain.speech import Found
from app.media.counted_speech import CountedSpeech

LOUD, QUIET = -20.0, -80.0


def feed(speech: CountedSpeech, blocks: Iterable[tuple[float, float]]) -> list[Found]:
    return [found for at, rms in blocks if (found := speech.feed(at, rms)) is not None]


def steady(levels: list[float], start: float = 1000.0) -> list[tuple[float, float]]:
    return [(start + number / 100, rms) for number, rms in enumerate(levels)]


def test_dates_both_edges_to_their_blocks() -> None:
    found = feed(CountedSpeech(), steady([QUIET] * 50 + [LOUD] * 30 + [QUIET] * 40))

    assert [f.edge for f in found] == [Edge.ONSET, Edge.OFFSET]
    assert found[0].at == pytest.approx(1000.5)
    assert found[1].at == pytest.approx(1000.8)


def test_a_burst_after_a_stall_is_as_long_as_it_sounds() -> None:
    speech = CountedSpeech()
    blocks = steady([QUIET] * 50)
    # 300 ms of speech that all arrive within 3 ms, and then the quiet after it.
    blocks += [(1001.0 + number / 10_000, LOUD) for number in range(30)]
    blocks += steady([QUIET] * 40, start=1001.01)

    found = feed(speech, blocks)

    assert [f.edge for f in found] == [Edge.ONSET, Edge.OFFSET]
    assert found[0].at == pytest.approx(1001.0)
    assert found[1].at == pytest.approx(1001.0029 + 0.01)


def test_a_stall_in_speech_does_not_end_it() -> None:
    blocks = steady([QUIET] * 10 + [LOUD] * 20)
    blocks += steady([LOUD] * 20, start=1005.0)

    assert [f.edge for f in feed(CountedSpeech(), blocks)] == [Edge.ONSET]


def test_closing_ends_speech_with_its_last_block() -> None:
    speech = CountedSpeech()
    feed(speech, steady([QUIET] * 10 + [LOUD] * 20))
    assert speech.speaking

    cut = speech.close()

    assert cut is not None
    assert cut.edge is Edge.OFFSET
    assert cut.at == pytest.approx(1000.3)
    assert not speech.speaking
    assert speech.close() is None


def test_dates_an_offset_after_long_speech() -> None:
    found = feed(CountedSpeech(), steady([LOUD] * 1000 + [QUIET] * 30))

    assert found[-1].at == pytest.approx(1010.0)
