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


@dataclass(slots=True)
class Pauses:
    """Finds silences in speech that may be its end. One thread at a time."""

    pending: bool = False
    """Whether a silence was found and nothing has been said since."""
    _loudest_dbfs: float = QUIET_DBFS
    _quiet_s: float = 0.0
    _found: int = 0

    def start(self) -> None:
        """Somebody begins to speak."""
        self.pending = False
        self._quiet_s = 0.0
        self._found = 0

    def feed(self, rms_dbfs: float, duration_s: float) -> bool:
        """Take a block of sound and say whether a pause has been found now."""
        if not self._is_quiet(rms_dbfs, duration_s):
            self._quiet_s = 0.0
            self.pending = False
            return False
        self._quiet_s += duration_s
        needed_s = PAUSE_S if self._found == 0 else NEW_PAUSE_AFTER_S
        if self.pending or self._quiet_s < needed_s - duration_s / 2:
            return False
        self.pending = True
        self._found += 1
        return True

    @property
    def in_speech(self) -> bool:
        """Whether the last block was loud."""
        return self._quiet_s == 0.0

    def _is_quiet(self, rms_dbfs: float, duration_s: float) -> bool:
        fallen = self._loudest_dbfs - LOUDEST_FALL_DB_PER_S * duration_s
        self._loudest_dbfs = max(rms_dbfs, fallen)
        return rms_dbfs < max(QUIET_DBFS, self._loudest_dbfs - QUIET_UNDER_LOUDEST_DB)


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
    _pauses: Pauses = field(default_factory=Pauses)
    _since_partial_s: float = 0.0

    @property
    def guess_holds(self) -> bool:
        """Whether nothing was said since the last guess was asked for."""
        return self.guess and self._pauses.pending

    def start(self) -> None:
        """The VAD says that somebody speaks."""
        self.speaking = True
        self._since_partial_s = 0.0
        self._pauses.start()

    def stop(self) -> None:
        """The VAD says that they stopped."""
        self.speaking = False
        self.heard.clear()

    def feed(self, pcm: bytes, rms_dbfs: float) -> Want | None:
        """Take a block of audio and say what to do now."""
        self.heard += pcm
        if not self.speaking:
            self._keep_pre_roll()
            return None
        duration_s = len(pcm) / BYTES_PER_SAMPLE / self.sample_rate_hz
        self._since_partial_s += duration_s
        if self._pauses.feed(rms_dbfs, duration_s) and self.guess:
            return Want.GUESS
        if self._pauses.in_speech and self._partial_is_due():
            self._since_partial_s = 0.0
            return Want.PARTIAL
        return None

    def _partial_is_due(self) -> bool:
        return 0.0 < self.partials_every_s <= self._since_partial_s

    def _keep_pre_roll(self) -> None:
        spare = len(self.heard) - int(PRE_ROLL_S * self.sample_rate_hz) * BYTES_PER_SAMPLE
        if spare > 0:
            del self.heard[:spare]
