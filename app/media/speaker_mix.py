"""Mixes what the operator's speaker plays from the voices in the room."""

import numpy as np
from numpy.typing import NDArray

from app.media.pcm_ring import PcmRing
from app.media.track_reader import SAMPLE_RATE_HZ

STORED_SAMPLES = SAMPLE_RATE_HZ // 5
"""200 ms."""
PRIMED_SAMPLES = SAMPLE_RATE_HZ // 25
"""A voice is played once 40 ms of it, or one pull, are there, and anew when it has run dry."""


class Voice:
    """One track's way to the speaker. Written on the media loop, read by the device's thread."""

    def __init__(self) -> None:
        self._ring = PcmRing(STORED_SAMPLES)
        self._primed = False

    @property
    def dropped(self) -> int:
        """Samples that the speaker did not fetch in time."""
        return self._ring.dropped

    def write(self, pcm: bytes) -> None:
        self._ring.write(pcm)

    def skip(self) -> None:
        """Let go of what has not been read, and wait for what comes."""
        self._ring.clear()
        self._primed = False

    def read(self, sample_count: int) -> NDArray[np.int16]:
        """At most that many samples, shape (n,), int16."""
        enough = min(max(PRIMED_SAMPLES, sample_count), STORED_SAMPLES)
        if not self._primed and len(self._ring) < enough:
            return np.zeros(0, dtype=np.int16)
        samples = np.frombuffer(self._ring.read_up_to(sample_count), dtype=np.int16)
        self._primed = samples.size == sample_count
        return samples


class SpeakerMix:
    """The sum of all voices. Voices come and go on the media loop; `pull` is for the device's thread."""

    def __init__(self) -> None:
        self._voices: tuple[Voice, ...] = ()
        self._dropped_before = 0

    @property
    def dropped(self) -> int:
        """Samples lost since the start because the speaker did not fetch them."""
        return self._dropped_before + sum(voice.dropped for voice in self._voices)

    def add(self) -> Voice:
        voice = Voice()
        self._voices = (*self._voices, voice)
        return voice

    def remove(self, voice: Voice) -> None:
        self._dropped_before += voice.dropped
        self._voices = tuple(other for other in self._voices if other is not voice)

    def skip(self) -> None:
        """Go on with what is said from now on."""
        for voice in self._voices:
            voice.skip()

    def pull(self, sample_count: int) -> bytes:
        """That many samples, clipped at full scale; silence where nobody speaks."""
        total = np.zeros(sample_count, dtype=np.int32)
        for voice in self._voices:
            samples = voice.read(sample_count)
            total[: samples.size] += samples
        return np.clip(total, -32768, 32767).astype(np.int16).tobytes()
