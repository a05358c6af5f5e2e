"""Sound that stands for a voice: voiced, syllables at 4 Hz, with sharp edges that can be measured.

Its pitch belongs to its text, so that a listener can tell by ear which of several texts was said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PEAK = 9_000
_PARTIALS = ((1, 1.0), (2, 0.5), (3, 0.33), (5, 0.25), (8, 0.2))
_SPREAD_HZ = 9.0
"""How far the syllables spread a partial, twice their rate and a little."""
_ONE_ALONE = 0.9
"""With so much of its power in one text, a sound has no other in it."""
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


@dataclass(frozen=True, slots=True)
class _Like:
    """The text that a sound is most like, and the share of its power that lies in the partials of that text."""

    text: str | None
    share: float
    samples: int

    @property
    def is_alike(self) -> bool:
        return self.share >= ALIKE


def said(pcm: NDArray[np.int16], rate_hz: int, texts: Iterable[str]) -> str | None:
    """Which of the texts this sound says, or a part of which; None when it is none of theirs."""
    found = _likeness(pcm, rate_hz, tuple(texts))
    return found.text if found.is_alike else None


def said_in_turn(
    pcm: NDArray[np.int16], rate_hz: int, texts: Iterable[str]
) -> list[tuple[str | None, int]]:
    """One text, or two without a pause between them, each with how many samples it takes."""
    known = tuple(texts)
    whole = _likeness(pcm, rate_hz, known)
    parts = _parted(pcm, rate_hz, known) if whole.share < _ONE_ALONE else []
    if parts and all(part.is_alike for part in parts) and parts[0].text != parts[1].text:
        return [(part.text, part.samples) for part in parts]
    return [(whole.text if whole.is_alike else None, pcm.size)]


def _parted(pcm: NDArray[np.int16], rate_hz: int, texts: Sequence[str]) -> list[_Like]:
    """The sound cut in two where both parts are most like a text."""
    step = int(_LEAST_PART_S * rate_hz)
    cuts = range(step, pcm.size - step, step)
    ways = [[_likeness(part, rate_hz, texts) for part in (pcm[:cut], pcm[cut:])] for cut in cuts]
    return max(
        ways, key=lambda way: sum(each.share * each.samples for each in way), default=list[_Like]()
    )


def _likeness(pcm: NDArray[np.int16], rate_hz: int, texts: Sequence[str]) -> _Like:
    power = np.abs(np.fft.rfft(pcm * np.hanning(pcm.size))) ** 2
    at_hz = np.fft.rfftfreq(pcm.size, 1 / rate_hz)
    spread_hz = max(_SPREAD_HZ, 2.0 * rate_hz / pcm.size)
    total = float(power.sum()) or 1.0
    shares = [(_in_partials(power, at_hz, spread_hz, text) / total, text) for text in texts]
    share, text = max(shares, default=(0.0, None))
    return _Like(text, share, pcm.size)


def _in_partials(
    power: NDArray[np.floating], at_hz: NDArray[np.floating], spread_hz: float, text: str
) -> float:
    within = np.zeros(at_hz.size, bool)
    for partial, _ in _PARTIALS:
        centre_hz = partial * pitch_hz(text)
        first, last = np.searchsorted(at_hz, (centre_hz - spread_hz, centre_hz + spread_hz))
        within[first:last] = True
    return float(power[within].sum())
