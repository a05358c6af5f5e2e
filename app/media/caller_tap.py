"""Measures speech where a caller of ours stands: at its own source and its own sink."""

import numpy as np

from app.domain.facts import Edge, Lane, SpeechEdge, Tap
from app.domain.ports import FactSink
from app.domain.speech import Found
from app.media.counted_speech import CountedSpeech
from app.media.steadied import Steadied
from app.runtime.pcm import level


class SpeechAtCaller:
    """Posts the edges of one stream at the caller's tap, and knows who speaks now. One thread at a time."""

    def __init__(self, lane: Lane, sink: FactSink) -> None:
        self._lane = lane
        self._sink = sink
        self._speech = CountedSpeech()
        self.last_stopped_at: float | None = None
        """When the last speech ended; None before the first."""

    @property
    def speaking(self) -> bool:
        return self._speech.speaking

    def take(self, pcm: bytes, at: float) -> None:
        """Judge a block of 10 ms, int16, whose first sample leaves the source or reaches the sink at `at`."""
        rms_dbfs = level(np.frombuffer(pcm, dtype=np.int16)).rms_dbfs
        self._post(self._speech.feed(at, rms_dbfs))

    def close(self) -> None:
        """End speech that the end of the stream cut short."""
        self._post(self._speech.close())

    def _post(self, found: Found | None) -> None:
        if found is None:
            return
        if found.edge is Edge.OFFSET:
            self.last_stopped_at = found.at
        self._sink.post(SpeechEdge(at=found.at, tap=Tap.CALLER, lane=self._lane, edge=found.edge))


class VoiceAtCaller:
    """Takes a remote track that the caller hears, and measures it at the caller's sink. One loop."""

    def __init__(self, lane: Lane, sink: FactSink) -> None:
        self.speech = SpeechAtCaller(lane, sink)
        self._steadied = Steadied[bytes](self.speech.take)

    def take(self, pcm: bytes, at: float) -> None:
        """Take 10 ms that were fetched at `at`."""
        self._steadied.take(pcm, at)

    def close(self) -> None:
        self._steadied.flush()
        self.speech.close()
