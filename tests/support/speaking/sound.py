"""Sound that stands for a voice: voiced, syllables at 4 Hz, with sharp edges that can be measured.

Its pitch belongs to its text, so that a listener can tell by ear which of several texts was said.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

PEAK = 9_000
_PARTIALS = ((1, 1.0), (2, 0.5), (3, 0.33), (5, 0.25), (8, 0.2))
_SPREAD_HZ = 9.0
"""How far the syllables spread a partial, twice their rate and a little."""
_LEAST_PART_S = 0.15
ALIKE = 0.7
"""The share of its power that a sound has in the partials of its own text; other speech has less."""


def length_s(text: str) -> float:
    """How long a text takes to say: about 15 characters a second."""
    return 0.25 + 0.065 * len(text.strip())


def pitch_hz(text: str) -> float:
    """110 to 190; texts that are to be told apart should differ by some 5 Hz."""
    return 110.0 + sum(map(ord, text.strip())) % 80


def voice(text: str, rate_hz: int) -> NDArray[np.int16]:
    """Mono samples of `length_s(text)`, as loud in their first 10 ms as anywhere."""
    time_s = np.arange(int(length_s(text) * rate_hz)) / rate_hz
    tone = sum(
        (
            gain * np.sin(2 * np.pi * pitch_hz(text) * partial * time_s)
            for partial, gain in _PARTIALS
        ),
        start=np.zeros_like(time_s),
    )
    syllables = 0.55 + 0.45 * np.cos(2 * np.pi * 4.0 * time_s)
    shaped = tone * syllables
    return (shaped / np.abs(shaped).max() * PEAK).astype(np.int16)


def said(pcm: NDArray[np.int16], rate_hz: int, texts: Iterable[str]) -> str | None:
    """Which of the texts this sound says, or a part of which; None when it is none of theirs."""
    likeness = {text: _likeness(pcm, rate_hz, text) for text in texts}
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= ALIKE else None


def said_in_turn(
    pcm: NDArray[np.int16], rate_hz: int, texts: Iterable[str]
) -> list[tuple[str | None, int]]:
    """One text, or two without a pause between them, each with how many samples it takes."""
    known = tuple(texts)
    whole = said(pcm, rate_hz, known)
    step = int(_LEAST_PART_S * rate_hz)
    for cut in range(step, pcm.size - step, step) if whole is None else ():
        first, second = said(pcm[:cut], rate_hz, known), said(pcm[cut:], rate_hz, known)
        if first and second and first != second:
            return [(first, cut), (second, pcm.size - cut)]
    return [(whole, pcm.size)]


def _likeness(pcm: NDArray[np.int16], rate_hz: int, text: str) -> float:
    """The share of the sound's power that lies in the partials of this text."""
    power = np.abs(np.fft.rfft(pcm * np.hanning(pcm.size))) ** 2
    at_hz = np.fft.rfftfreq(pcm.size, 1 / rate_hz)
    spread_hz = max(_SPREAD_HZ, 2.0 * rate_hz / pcm.size)
    in_partials = np.zeros(at_hz.size, bool)
    for partial, _ in _PARTIALS:
        in_partials |= np.abs(at_hz - partial * pitch_hz(text)) < spread_hz
    total = float(power.sum())
    return float(power[in_partials].sum()) / total if total else 0.0
