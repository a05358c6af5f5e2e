import numpy as np

from app.media.speaker_mix import SpeakerMix

MS = 48


def pcm(value: int, milliseconds: int) -> bytes:
    return np.full(milliseconds * MS, value, np.int16).tobytes()


def pulled(mix: SpeakerMix, milliseconds: int) -> list[int]:
    """The distinct values of one pull, in their order."""
    block = np.frombuffer(mix.pull(milliseconds * MS), np.int16)
    assert block.size == milliseconds * MS
    changes = np.flatnonzero(np.diff(block)) + 1
    return [int(part[0]) for part in np.split(block, changes)]


def test_is_silent_without_voices() -> None:
    assert pulled(SpeakerMix(), 10) == [0]


def test_adds_voices_and_clips() -> None:
    mix = SpeakerMix()
    mix.add().write(pcm(20_000, 50))
    mix.add().write(pcm(10_000, 50))
    assert pulled(mix, 10) == [30_000]

    mix.add().write(pcm(30_000, 50))
    assert pulled(mix, 10) == [32_767]


def test_begins_a_voice_once_there_is_enough_of_it() -> None:
    mix = SpeakerMix()
    voice = mix.add()

    voice.write(pcm(7, 30))
    assert pulled(mix, 20) == [0]
    voice.write(pcm(7, 10))
    assert pulled(mix, 20) == [7]
    assert pulled(mix, 20) == [7]


def test_waits_anew_when_a_voice_has_run_dry() -> None:
    mix = SpeakerMix()
    voice = mix.add()
    voice.write(pcm(7, 50))
    assert pulled(mix, 60) == [0]
    assert pulled(mix, 30) == [7]
    assert pulled(mix, 30) == [7, 0]

    voice.write(pcm(7, 30))

    assert pulled(mix, 20) == [0]


def test_a_pull_longer_than_the_store_does_not_starve() -> None:
    mix = SpeakerMix()
    mix.add().write(pcm(7, 300))

    assert pulled(mix, 250) == [7, 0]


def test_counts_what_the_speaker_did_not_fetch() -> None:
    mix = SpeakerMix()
    voice = mix.add()
    voice.write(pcm(7, 250))
    assert mix.dropped == 50 * MS

    mix.remove(voice)

    assert mix.dropped == 50 * MS
    assert pulled(mix, 10) == [0]


def test_goes_on_with_what_is_said_after_a_skip() -> None:
    mix = SpeakerMix()
    voice = mix.add()
    voice.write(pcm(7, 200))

    mix.skip()
    assert pulled(mix, 10) == [0]
    voice.write(pcm(9, 50))

    assert pulled(mix, 20) == [9]
