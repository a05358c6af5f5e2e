"""Publishes a microphone track that is written in blocks of 10 ms."""

from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from app.domain.errors import UserError
from app.media.track_reader import BLOCK_MS, SAMPLE_RATE_HZ

BLOCK_SAMPLES = SAMPLE_RATE_HZ * BLOCK_MS // 1000
BLOCK_BYTES = 2 * BLOCK_SAMPLES
SILENT_BLOCK = bytes(BLOCK_BYTES)


class MicrophoneTrack:
    """Owns an audio source with a short queue; a full one makes the writer wait, which paces it. One loop."""

    def __init__(self, queue_ms: int) -> None:
        self._source = rtc.AudioSource(SAMPLE_RATE_HZ, 1, queue_size_ms=queue_ms)

    @property
    def queued_s(self) -> float:
        """How long a sample written now will take to leave."""
        return self._source.queued_duration

    async def publish(self, room: rtc.Room) -> None:
        """Announce it in the room as a microphone. Raises UserError when the server does not let it."""
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        try:
            await room.local_participant.publish_track(track, options)
        except PublishTrackError as error:
            identity = room.local_participant.identity
            raise UserError(f"{identity} may not speak in {room.name}.", error.message) from error

    async def write(self, pcm: bytes) -> None:
        """Queue 10 ms of mono 48 kHz int16, once there is room for them."""
        await self._source.capture_frame(rtc.AudioFrame(pcm, SAMPLE_RATE_HZ, 1, BLOCK_SAMPLES))

    async def aclose(self) -> None:
        await self._source.aclose()
