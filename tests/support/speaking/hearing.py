"""Utterances in a stream of audio, by its level: enough to know that somebody spoke, and when they were done."""

from dataclasses import dataclass

import numpy as np

LOUD_RMS = 400.0
"""About -38 dBFS."""
SPEECH_S = 0.15
"""Less sound than this is a click."""
JOINED_S = 0.7
"""Speech that goes on so soon after a finalize is the rest of the same utterance, with no new words."""


@dataclass(slots=True)
class Utterances:
    """The ear of one connection. Times are positions in its audio, in seconds; 16 bit mono PCM."""

    rate_hz: int
    position_s: float = 0.0
    loud_s: float = 0.0
    last_loud_s: float = -1e9
    joined: bool = False
    """Whether what is being said belongs to the utterance before."""
    _joins_until_s: float = -1e9

    def hear(self, pcm: bytes) -> bool:
        """Take audio in; say whether it was loud."""
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)
        if not samples.size:
            return False
        self.position_s += samples.size / self.rate_hz
        loud = float(np.sqrt(np.mean(samples**2))) > LOUD_RMS
        if loud:
            if self.loud_s == 0.0:
                self.joined = self.position_s < self._joins_until_s
            self.loud_s += samples.size / self.rate_hz
            self.last_loud_s = self.position_s
        return loud

    @property
    def speaking(self) -> bool:
        return self.loud_s >= SPEECH_S

    @property
    def silent_for_s(self) -> float:
        return self.position_s - self.last_loud_s

    def end(self) -> float:
        """End the utterance; how much of it was loud."""
        ended_s, self.loud_s = self.loud_s, 0.0
        self._joins_until_s = self.last_loud_s + JOINED_S
        return ended_s
