"""Decides, from the audio alone, when speech is worth transcribing before the VAD has called its end."""

from dataclasses import dataclass, field
from enum import Enum

PRE_ROLL_S = 1.0
"""Audio kept from before the VAD noticed that somebody speaks."""
QUIET_DBFS = -45.0
QUIET_UNDER_LOUDEST_DB = 20.0
LOUDEST_FALL_DB_PER_S = 3.0
PAUSE_S = 0.08
"""A silence this long may be the end of what the caller says."""
NEW_PAUSE_AFTER_S = 0.12
"""A second attempt within one utterance waits this long, so that short pauses do not queue up work."""
BYTES_PER_SAMPLE = 2


class Want(Enum):
    """What to do with what was heard so far."""

    PARTIAL = "partial"
    """Transcribe it to show it."""
    GUESS = "guess"
    """Transcribe it as if it were all: the caller seems to have finished."""


@dataclass(slots=True)
class Listening:
    """What was heard of one utterance, and when to transcribe it. One thread at a time.

    `feed` takes every block of audio, speech or not; `start` and `stop` say what the VAD decided.
    """

    sample_rate_hz: int
    partials_every_s: float
    guess: bool
    heard: bytearray = field(default_factory=bytearray)
    """Mono int16 samples: the utterance with a second before it, or the last second."""
    speaking: bool = False
    _loudest_dbfs: float = QUIET_DBFS
    _quiet_s: float = 0.0
    _since_partial_s: float = 0.0
    _pauses: int = 0
    _guessed: bool = False

    @property
    def guess_holds(self) -> bool:
        """Whether nothing was said since the last guess was asked for."""
        return self._guessed

    def start(self) -> None:
        """The VAD says that somebody speaks."""
        self.speaking = True
        self._quiet_s = self._since_partial_s = 0.0
        self._pauses = 0
        self._guessed = False

    def stop(self) -> None:
        """The VAD says that they stopped."""
        self.speaking = False
        self.heard.clear()

    def feed(self, pcm: bytes, rms_dbfs: float) -> Want | None:
        """Take a block of audio and say what to do now."""
        self.heard += pcm
        duration_s = len(pcm) / BYTES_PER_SAMPLE / self.sample_rate_hz
        if not self.speaking:
            self._keep_pre_roll()
            return None
        self._since_partial_s += duration_s
        if self._is_quiet(rms_dbfs, duration_s):
            return self._in_pause(duration_s)
        return self._in_speech()

    def _keep_pre_roll(self) -> None:
        spare = len(self.heard) - int(PRE_ROLL_S * self.sample_rate_hz) * BYTES_PER_SAMPLE
        if spare > 0:
            del self.heard[:spare]

    def _is_quiet(self, rms_dbfs: float, duration_s: float) -> bool:
        fallen = self._loudest_dbfs - LOUDEST_FALL_DB_PER_S * duration_s
        self._loudest_dbfs = max(rms_dbfs, fallen)
        return rms_dbfs < max(QUIET_DBFS, self._loudest_dbfs - QUIET_UNDER_LOUDEST_DB)

    def _in_pause(self, duration_s: float) -> Want | None:
        self._quiet_s += duration_s
        needed = PAUSE_S if self._pauses == 0 else NEW_PAUSE_AFTER_S
        if not self.guess or self._guessed or self._quiet_s < needed - duration_s / 2:
            return None
        self._guessed = True
        self._pauses += 1
        return Want.GUESS

    def _in_speech(self) -> Want | None:
        self._quiet_s = 0.0
        self._guessed = False
        if not self.partials_every_s or self._since_partial_s < self.partials_every_s:
            return None
        self._since_partial_s = 0.0
        return Want.PARTIAL
