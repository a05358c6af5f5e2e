"""What our own connection sends, measured and recorded where it leaves."""

import numpy as np

from app.domain.facts import Lane, LevelMeasured, SpeechEdge
from app.media.lane_levels import LaneLevels
from app.media.own_voice import OwnVoice
from tests.support.livekit import BLOCK, Pcm, silence, tone
from tests.support.posted import Posted

T0 = 1000.0


class Kept:
    def __init__(self) -> None:
        self.written: list[tuple[Lane, str, float, bytes, int]] = []

    def write(self, lane: Lane, source: str, at: float, pcm: bytes, sample_rate_hz: int) -> None:
        self.written.append((lane, source, at, pcm, sample_rate_hz))


def feed(voice: OwnVoice, pcm: Pcm) -> None:
    for number, start in enumerate(range(0, pcm.size, BLOCK)):
        voice.take(pcm[start : start + BLOCK].tobytes(), T0 + number / 100)
    voice.close()


def test_is_recorded_as_it_leaves() -> None:
    kept = Kept()
    spoken = tone(0.03)

    feed(OwnVoice("ann", LaneLevels(Lane.CALLER, Posted()), kept), spoken)

    assert [(lane, source, rate) for lane, source, _, _, rate in kept.written] == [
        (Lane.CALLER, "ann", 48_000)
    ] * 3
    assert [at for _, _, at, _, _ in kept.written] == [T0, T0 + 0.01, T0 + 0.02]
    assert b"".join(pcm for *_, pcm, _ in kept.written) == spoken.tobytes()


def test_is_summed_up_by_its_speech_alone_and_posts_no_edges_of_a_tap_that_hears_nothing() -> None:
    posted = Posted()
    levels = LaneLevels(Lane.CALLER, posted)

    feed(OwnVoice("ann", levels, None), np.concatenate([silence(1.0), tone(1.0), silence(1.0)]))

    summary = levels.summary(T0 + 3)
    assert summary.rms_dbfs is not None
    assert abs(summary.rms_dbfs - -15.0) < 0.5
    assert posted.sampled(LevelMeasured)
    assert not posted.of(SpeechEdge)


def test_silence_has_no_level_of_speech() -> None:
    levels = LaneLevels(Lane.CALLER, Posted())

    feed(OwnVoice("ann", levels, None), silence(1.0))

    assert levels.summary(T0 + 1).rms_dbfs is None
