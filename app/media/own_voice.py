"""Measures what our own connection sends, which the server does not send back to it."""

import numpy as np

from app.domain.facts import Lane
from app.domain.ports import AudioRecorder
from app.media.counted_speech import CountedSpeech
from app.media.lane_levels import LaneLevels, SpeechPower
from app.media.track_reader import SAMPLE_RATE_HZ
from app.runtime.pcm import level


class OwnVoice:
    """Takes the caller's blocks at their source: the level, and audio for the recording. One loop."""

    def __init__(self, identity: str, levels: LaneLevels, recorder: AudioRecorder | None) -> None:
        self._identity = identity
        self._levels = levels
        self._recorder = recorder
        self._speech = CountedSpeech()
        self._power = SpeechPower(levels)

    def take(self, pcm: bytes, at: float) -> None:
        """Take 10 ms of mono 48 kHz int16, whose first sample leaves at `at`."""
        measured = level(np.frombuffer(pcm, dtype=np.int16))
        self._levels.add(at, measured)
        self._power.add(at, measured, self._speech.feed(at, measured.rms_dbfs))
        if self._recorder is not None:
            self._recorder.write(Lane.CALLER, self._identity, at, pcm, SAMPLE_RATE_HZ)

    def close(self) -> None:
        """Count speech that the end cut short."""
        if (cut := self._speech.close()) is not None:
            self._power.turn(cut)
