import numpy as np
import pytest

from app.domain.facts import Lane, LevelMeasured
from app.media.counted_speech import CountedSpeech
from app.media.lane_levels import LaneLevels, SpeechPower
from app.runtime.pcm import Blocks, Level, level
from tests.support.livekit import Pcm, silence, tone
from tests.support.posted import Posted


def measure(pcm: Pcm, posted: Posted) -> LaneLevels:
    """Feed `pcm` as a stream that arrives block by block."""
    levels = LaneLevels(Lane.CALLER, posted)
    speech, power = CountedSpeech(), SpeechPower(levels)
    for number, block in enumerate(Blocks(48_000).split(pcm.tobytes())):
        at, measured = 100.0 + number / 100, level(block)
        levels.add(at + 0.01, measured)
        power.add(at, measured, speech.feed(at, measured.rms_dbfs))
    if (cut := speech.close()) is not None:
        power.turn(cut)
    return levels


def test_reads_a_reference_tone_to_a_tenth_of_a_decibel() -> None:
    posted = Posted()

    measure(tone(1.0, 997, peak_dbfs=-20.0), posted)

    readings = posted.sampled(LevelMeasured)
    assert all(f.peak_dbfs == pytest.approx(-20.0, abs=0.1) for f in readings)
    assert all(f.rms_dbfs == pytest.approx(-23.01, abs=0.1) for f in readings)


def test_reads_thirty_times_a_second() -> None:
    posted = Posted()

    measure(tone(2.0), posted)

    assert len(posted.samples) == pytest.approx(60, abs=2)
    assert {key for key, _ in posted.samples} == {("level", Lane.CALLER)}


def test_a_reading_holds_the_highest_peak_and_the_mean_power() -> None:
    posted = Posted()
    levels = LaneLevels(Lane.AGENT, posted)

    for number, dbfs in enumerate([-20.0, -120.0, -120.0, -120.0]):
        levels.add(100.0 + number / 100, Level(dbfs, dbfs))
    levels.add(100.04, Level(-120.0, -120.0))

    (reading,) = posted.sampled(LevelMeasured)[:1]
    assert reading.peak_dbfs == -20.0
    assert reading.rms_dbfs == pytest.approx(-20.0 - 10 * np.log10(5), abs=0.01)


def test_sums_up_the_speech_without_the_silence_around_it() -> None:
    quiet, loud = silence(3.0), tone(1.0, peak_dbfs=-20.0)

    summary = measure(np.concatenate([quiet, loud, quiet, loud]), Posted()).summary(200.0)

    assert summary.lane is Lane.CALLER
    assert summary.peak_dbfs == pytest.approx(-20.0, abs=0.1)
    assert summary.rms_dbfs == pytest.approx(-23.01, abs=0.05)


def test_a_peak_at_full_scale_stays_the_peak() -> None:
    levels = LaneLevels(Lane.CALLER, Posted())

    levels.add(100.0, Level(0.0, -3.0))
    levels.add(100.01, Level(-20.0, -23.0))

    assert levels.summary(101.0).peak_dbfs == 0.0


def test_a_silent_lane_has_a_peak_and_no_speech() -> None:
    posted = Posted()

    summary = measure(silence(1.0), posted).summary(200.0)

    assert (summary.peak_dbfs, summary.rms_dbfs) == (-120.0, None)
    assert posted.sampled(LevelMeasured)[-1].rms_dbfs == -120.0


def test_a_lane_that_was_never_heard_has_neither() -> None:
    summary = LaneLevels(Lane.AGENT, Posted()).summary(200.0)

    assert (summary.peak_dbfs, summary.rms_dbfs) == (None, None)
