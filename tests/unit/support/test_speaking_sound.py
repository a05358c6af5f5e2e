# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A listener tells by ear which text the provider host's voice says."""

import numpy as np
import pytest
import soundfile
import soxr

from app.runtime.resources import resource
from tests.support.speaking.sound import length_s, said, said_in_turn, voice

ROOM_HZ = 48_000
TEXTS = ("You said: Lisbon.", "You said: Dublin.", "You said: Geneva.", "One moment, please.")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("part", [slice(None), slice(9_000), slice(20_000, None)])
def test_a_text_and_its_parts_are_known_by_their_sound(text: str, part: slice) -> None:
    heard = np.asarray(soxr.resample(voice(text, 24_000), 24_000, ROOM_HZ), np.int16)[part]

    assert said(heard, ROOM_HZ, TEXTS) == text


@pytest.mark.parametrize("second", [TEXTS[0], "Hello, I am your helper. How are you today?"])
def test_two_texts_without_a_pause_are_told_apart(second: str) -> None:
    first = TEXTS[3]
    heard = np.concatenate([voice(first, ROOM_HZ), voice(second, ROOM_HZ)])

    parts = said_in_turn(heard, ROOM_HZ, (*TEXTS, second))

    assert [text for text, _ in parts] == [first, second]
    assert abs(parts[0][1] / ROOM_HZ - length_s(first)) < 0.2
    assert sum(samples for _, samples in parts) == heard.size
    assert said_in_turn(voice(first, ROOM_HZ), ROOM_HZ, TEXTS)[0][0] == first


def test_other_speech_is_none_of_them() -> None:
    samples, rate_hz = soundfile.read(resource("audio/closing_time.wav"), dtype="int16")

    assert said(np.asarray(samples, np.int16), rate_hz, TEXTS) is None


def test_nothing_is_known_of_silence() -> None:
    assert said(np.zeros(4_800, np.int16), ROOM_HZ, TEXTS) is None
