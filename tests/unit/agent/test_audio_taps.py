import numpy as np
import pytest

from app.agent.audio_taps import EarMeter, GivenAudio, WrittenAudio
from app.domain.facts import Edge, Lane, LevelMeasured, SpeechEdge, Tap
from tests.support.posted import Posted

RATE_HZ = 16_000
OUT_HZ = 24_000


def pcm(seconds: float, rate_hz: int, peak: float = 0.25) -> bytes:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (peak * 32767 * np.sin(2 * np.pi * 400 * times)).astype(np.int16).tobytes()


def edges(sink: Posted) -> list[tuple[Lane, Edge, float]]:
    return [(edge.lane, edge.edge, round(edge.at, 2)) for edge in sink.of(SpeechEdge)]


def give(given: GivenAudio, at: float, seconds: float, peak: float) -> float:
    """Deliver blocks of 10 ms, the first beginning at `at`; when the last one ends."""
    for _ in range(round(seconds * 100)):
        at += 0.01
        given.take(at, pcm(0.01, RATE_HZ, peak), RATE_HZ)
    return at


def test_the_callers_speech_is_dated_to_the_blocks_as_they_were_delivered():
    sink = Posted()
    given = GivenAudio(sink, "caller", EarMeter(sink))

    at = give(given, 10.0, 0.5, 0.0)
    at = give(given, at, 0.6, 0.25)
    give(given, at, 0.3, 0.0)

    assert edges(sink) == [
        (Lane.CALLER, Edge.ONSET, 10.5),
        (Lane.CALLER, Edge.OFFSET, 11.1),
    ]
    assert {edge.tap for edge in sink.of(SpeechEdge)} == {Tap.AGENT}


def test_a_track_that_ends_in_speech_ends_it():
    sink = Posted()
    given = GivenAudio(sink, "caller", EarMeter(sink))
    give(given, 10.0, 0.5, 0.25)

    given.close()

    assert edges(sink)[-1] == (Lane.CALLER, Edge.OFFSET, 10.5)


def test_the_ear_is_measured_at_most_30_times_a_second():
    sink = Posted()
    given = GivenAudio(sink, "caller", EarMeter(sink))
    give(given, 10.0, 2.0, 0.25)

    levels = sink.sampled(LevelMeasured)
    assert 40 <= len(levels) <= 61
    assert {level.lane for level in levels} == {Lane.EAR}
    assert levels[-1].peak_dbfs == pytest.approx(-12.0, abs=0.1)
    assert levels[-1].rms_dbfs == pytest.approx(-15.05, abs=0.1)


def test_two_participants_add_up_in_the_ear():
    sink = Posted()
    meter = EarMeter(sink)
    for index in range(10):
        meter.take("one", index * 0.01, -12.0, -15.0)
        meter.take("two", index * 0.01, -12.0, -15.0)

    assert sink.sampled(LevelMeasured)[-1].rms_dbfs == pytest.approx(-12.0, abs=0.1)


def test_writes_that_run_ahead_are_dated_to_when_they_are_played():
    sink = Posted()
    written = WrittenAudio(sink)
    for _ in range(5):  # 0.2 s at once, as the output queue takes them
        written.write(20.0, pcm(0.04, OUT_HZ), OUT_HZ)
    assert written.played_until == pytest.approx(20.2, abs=0.001)

    written.settle(20.15)
    assert edges(sink) == [(Lane.AGENT, Edge.ONSET, 20.0)]
    written.settle(20.6)

    assert edges(sink)[-1] == (Lane.AGENT, Edge.OFFSET, 20.2)


def test_what_is_dropped_was_not_said():
    sink = Posted()
    written = WrittenAudio(sink)
    for _ in range(5):
        written.write(20.0, pcm(0.04, OUT_HZ), OUT_HZ)

    written.cut(20.1)
    written.settle(20.5)

    assert edges(sink) == [
        (Lane.AGENT, Edge.ONSET, 20.0),
        (Lane.AGENT, Edge.OFFSET, 20.1),
    ]


def test_two_answers_are_apart_even_if_nobody_settled_between_them():
    sink = Posted()
    written = WrittenAudio(sink)
    written.cut(19.0)
    written.write(20.0, pcm(0.1, OUT_HZ), OUT_HZ)
    written.write(30.0, pcm(0.1, OUT_HZ), OUT_HZ)
    written.settle(30.05)

    assert edges(sink) == [
        (Lane.AGENT, Edge.ONSET, 20.0),
        (Lane.AGENT, Edge.OFFSET, 20.1),
        (Lane.AGENT, Edge.ONSET, 30.0),
    ]
    written.close()
    assert edges(sink)[-1][1] is Edge.OFFSET


def test_what_was_never_written_is_never_played():
    sink = Posted()
    written = WrittenAudio(sink)

    written.settle(5.0)
    written.close()

    assert written.played_until is None
    assert sink.facts == []
