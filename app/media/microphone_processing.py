"""Cleans what the operator's microphone hears: echo, noise, rumble, gain."""

from livekit import rtc

from app.media.microphone_track import BLOCK_SAMPLES
from app.media.track_reader import SAMPLE_RATE_HZ

STREAM_DELAY_MS = 80
"""From handing audio to the speaker until its echo is read from the microphone: a first guess, the canceller adapts.

A sink buffer of 40 to 100 ms and 21 ms of the source (PulseAudio) lie between."""


class MicrophoneProcessing:
    """WebRTC's audio processing for one microphone. One thread at a time."""

    def __init__(self) -> None:
        self._apm = rtc.AudioProcessingModule(
            echo_cancellation=True,
            noise_suppression=True,
            high_pass_filter=True,
            auto_gain_control=True,
        )
        self._apm.set_stream_delay_ms(STREAM_DELAY_MS)

    def played(self, pcm: bytes) -> None:
        """Take 10 ms that the speaker plays, so that their echo can be recognised."""
        self._apm.process_reverse_stream(_frame(pcm))

    def clean(self, pcm: bytes) -> bytes:
        """10 ms of the microphone, cleaned. Mono 48 kHz int16 in and out."""
        frame = _frame(pcm)
        self._apm.process_stream(frame)
        return bytes(frame.data)


def _frame(pcm: bytes) -> rtc.AudioFrame:
    return rtc.AudioFrame(bytearray(pcm), SAMPLE_RATE_HZ, 1, BLOCK_SAMPLES)
