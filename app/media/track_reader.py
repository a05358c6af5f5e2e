"""Reads the remote audio tracks of a room, block by block."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from livekit import rtc

from app.domain.ports import Clock
from app.media.connection import RoomConnection

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 48_000
BLOCK_MS = 10
CLOSE_S = 1.0


class BlockTaker(Protocol):
    """Takes the blocks of one track. Called on the room's loop; neither method blocks."""

    def take(self, pcm: bytes, at: float) -> None:
        """Take 10 ms of mono 48 kHz little-endian int16, which arrived at `at`."""
        ...

    def close(self) -> None:
        """The track has ended."""
        ...


OpenTrack = Callable[[rtc.RemoteAudioTrack, rtc.RemoteParticipant], BlockTaker]


class TrackReaders:
    """Owns a reader for each remote audio track of a room, from its subscription to its end.

    Build it before the connection is opened, on its loop. Tracks that come anew after a reconnect get new readers.
    """

    def __init__(self, connection: RoomConnection, clock: Clock, open_track: OpenTrack) -> None:
        self._clock = clock
        self._open_track = open_track
        self._readers: dict[str, _Reader] = {}
        self._closing: set[asyncio.Task[None]] = set()
        connection.on("track_subscribed", self._on_subscribed)
        connection.on("track_unsubscribed", self._on_unsubscribed)
        connection.on("participant_disconnected", self._on_left)

    async def aclose(self) -> None:
        """End all readers. Await it before the connection is closed: an open stream can abort the process."""
        for sid in tuple(self._readers):
            self._end(sid)
        if self._closing:
            await asyncio.wait(self._closing)

    def _on_subscribed(
        self,
        track: rtc.RemoteAudioTrack | rtc.RemoteVideoTrack,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if isinstance(track, rtc.RemoteAudioTrack):
            self._end(publication.sid)
            taker = self._open_track(track, participant)
            reader = _Reader(track, participant.identity, taker, self._clock)
            self._readers[publication.sid] = reader

    def _on_unsubscribed(self, _track: object, publication: rtc.RemoteTrackPublication) -> None:
        self._end(publication.sid)

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        for sid, reader in tuple(self._readers.items()):
            if reader.identity == participant.identity:
                self._end(sid)

    def _end(self, sid: str) -> None:
        if reader := self._readers.pop(sid, None):
            task = asyncio.get_running_loop().create_task(reader.aclose(), name=f"close {sid}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Reader:
    """Reads one track into its taker until it is closed: a stream does not end with its track."""

    def __init__(
        self, track: rtc.RemoteAudioTrack, identity: str, taker: BlockTaker, clock: Clock
    ) -> None:
        self.identity = identity
        self._taker = taker
        self._clock = clock
        self._stream = rtc.AudioStream(
            track, sample_rate=SAMPLE_RATE_HZ, num_channels=1, frame_size_ms=BLOCK_MS
        )
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._read(), name=f"listen to {identity}")

    async def aclose(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._stream.aclose()
                await self._reading
        except TimeoutError:
            log.warning("the audio stream of %s did not close", self.identity)
        self._taker.close()

    async def _read(self) -> None:
        try:
            async for event in self._stream:
                self._taker.take(bytes(event.frame.data), self._clock.now())
        except Exception:
            log.exception("no longer listening to %s", self.identity)
