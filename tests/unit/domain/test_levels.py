import pytest

from app.domain.levels import CLIP_DBFS, FLOOR_DBFS, HOLD_S, Meter


def test_the_attack_is_instant():
    meter = Meter()

    meter.read(10.0, -12.0, -20.0)

    assert (meter.shown_dbfs, meter.rms_dbfs, meter.held_dbfs) == (-12.0, -20.0, -12.0)


def test_the_fall_is_20_db_in_1_7_s():
    meter = Meter()
    meter.read(10.0, 0.0, -6.0)

    meter.fall(10.85)
    assert meter.shown_dbfs == pytest.approx(-10.0)
    meter.fall(11.7)
    assert meter.shown_dbfs == pytest.approx(-20.0)
    assert meter.rms_dbfs == pytest.approx(-26.0)


def test_it_falls_to_the_floor_and_no_further():
    meter = Meter()
    meter.read(10.0, -50.0, -55.0)

    meter.fall(100.0)

    assert meter.shown_dbfs == meter.rms_dbfs == meter.held_dbfs == FLOOR_DBFS


def test_a_lower_reading_does_not_pull_it_down():
    meter = Meter()
    meter.read(10.0, -6.0, -12.0)

    meter.read(10.0, -40.0, -50.0)

    assert (meter.shown_dbfs, meter.rms_dbfs) == (-6.0, -12.0)


def test_the_peak_is_held_and_then_falls_from_the_moment_its_hold_ends():
    meter = Meter()
    meter.read(10.0, -6.0, -12.0)

    meter.fall(10.0 + HOLD_S)
    assert meter.held_dbfs == -6.0

    meter.fall(10.0 + HOLD_S + 0.85)
    assert meter.held_dbfs == pytest.approx(-16.0)


def test_the_held_peak_falls_alike_however_often_it_is_drawn():
    often, rarely = Meter(), Meter()
    for meter in (often, rarely):
        meter.read(10.0, -6.0, -12.0)

    for step in range(1, 301):
        often.fall(10.0 + step / 100)
    rarely.fall(13.0)

    assert often.held_dbfs == pytest.approx(rarely.held_dbfs)
    assert often.shown_dbfs == pytest.approx(rarely.shown_dbfs)


def test_a_new_peak_is_held_anew():
    meter = Meter()
    meter.read(10.0, -6.0, -12.0)
    meter.read(11.0, -6.0, -12.0)

    meter.fall(12.5)

    assert meter.held_dbfs == -6.0


def test_a_reading_older_than_what_is_shown_does_not_make_it_fall_twice():
    meter, drawn_late = Meter(), Meter()
    for each in (meter, drawn_late):
        each.read(10.0, 0.0, 0.0)

    drawn_late.fall(10.5)
    drawn_late.read(10.4, -60.0, -60.0)
    for each in (meter, drawn_late):
        each.fall(11.0)

    assert drawn_late.shown_dbfs == pytest.approx(meter.shown_dbfs)


def test_a_clip_is_latched_until_it_is_cleared():
    meter = Meter()
    meter.read(10.0, CLIP_DBFS - 0.01, -12.0)
    assert not meter.clipped

    meter.read(10.1, CLIP_DBFS, -12.0)
    meter.read(20.0, -40.0, -50.0)
    assert meter.clipped

    meter.clear_clip()
    assert not meter.clipped
