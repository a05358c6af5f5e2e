import time

from app.runtime.clock import AnchoredClock


def test_it_shows_the_wall_time():
    assert abs(AnchoredClock().now() - time.time()) < 1.0


def test_it_never_runs_backwards():
    clock = AnchoredClock()

    readings = [clock.now() for _ in range(1000)]

    assert readings == sorted(readings)


def test_a_monotonic_reading_has_its_wall_time():
    clock = AnchoredClock()
    before = clock.now()

    at = clock.at(time.monotonic())

    assert before <= at <= clock.now()


def test_clocks_with_one_anchor_agree():
    clock = AnchoredClock(1000.0)

    assert abs(clock.now() - AnchoredClock(1000.0).now()) < 0.1
    assert clock.at(5.0) == 1005.0
