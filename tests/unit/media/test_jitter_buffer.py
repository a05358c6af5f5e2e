from collections.abc import Sequence

import pytest

from app.media.jitter_buffer import Counters, JitterBuffer

RATE = 48_000


def buffer_with(delays_ms: Sequence[float], concealed_in: int | None = None) -> JitterBuffer:
    """Read every 100 ms from 100.0 s on; the n-th interval has the n-th delay."""
    buffer = JitterBuffer()
    total_s, emitted, concealed = 0.0, 0, 0
    buffer.read(Counters(100.0, total_s, emitted, concealed))
    for number, delay_ms in enumerate(delays_ms):
        emitted += RATE // 10
        total_s += delay_ms / 1000 * RATE // 10
        concealed += 480 if number == concealed_in else 0
        buffer.read(Counters(100.1 + number / 10, total_s, emitted, concealed))
    return buffer


def test_corrects_by_the_reading_that_covers_the_arrival() -> None:
    buffer = buffer_with([30, 30, 40, 30])

    correction = buffer.correction(100.25)

    assert correction is not None
    assert correction.delay_s == pytest.approx(0.04, abs=1e-3)
    assert not correction.uncertain


def test_has_no_answer_before_a_reading_covers_the_arrival() -> None:
    assert JitterBuffer().correction(100.0) is None
    assert buffer_with([30, 30]).correction(100.21) is None
    assert buffer_with([]).correction(100.0) is None


def test_a_long_buffer_is_uncertain() -> None:
    correction = buffer_with([160] * 5).correction(100.45)

    assert correction is not None
    assert correction.uncertain


@pytest.mark.parametrize(("seconds_later", "uncertain"), [(0.3, True), (2.5, False)])
def test_a_buffer_that_has_moved_is_uncertain_for_two_seconds(
    seconds_later: float, uncertain: bool
) -> None:
    buffer = buffer_with([60] * 10 + [30] * 30)

    correction = buffer.correction(101.0 + seconds_later)

    assert correction is not None
    assert correction.delay_s == pytest.approx(0.03, abs=1e-3)
    assert correction.uncertain == uncertain


@pytest.mark.parametrize(
    ("arrived_at", "uncertain"), [(100.95, True), (101.15, True), (101.6, False)]
)
def test_made_up_audio_makes_an_edge_near_it_uncertain(arrived_at: float, uncertain: bool) -> None:
    buffer = buffer_with([30] * 20, concealed_in=9)

    correction = buffer.correction(arrived_at)

    assert correction is not None
    assert correction.uncertain == uncertain


def test_keeps_the_last_delay_while_nothing_is_emitted() -> None:
    buffer = buffer_with([35])
    buffer.read(Counters(100.2, 0.035 * RATE // 10, RATE // 10, 0))

    correction = buffer.correction(100.15)

    assert correction is not None
    assert correction.delay_s == pytest.approx(0.035, abs=1e-3)
    assert buffer.latest_delay_s() == pytest.approx(0.035, abs=1e-3)


def test_totals_that_begin_anew_are_no_reading() -> None:
    buffer = buffer_with([30, 30])
    buffer.read(Counters(100.3, 0.0, 0, 0))

    assert buffer.correction(100.25) is None
    assert buffer.latest_delay_s() == pytest.approx(0.03, abs=1e-3)


def test_has_no_delay_before_the_first_reading() -> None:
    assert JitterBuffer().latest_delay_s() == 0.0
