"""One of the participants that test a room."""

import asyncio
from collections.abc import Hashable

from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.facts import ConnectionChanged, Fact
from app.domain.ports import Clock
from app.media.connection import RoomConnection
from app.media.connection_test.path import MediaPath, media_path
from app.media.connection_test.tone import ToneMeter
from app.media.microphone_track import MicrophoneTrack
from app.media.track_reader import TrackReaders

QUEUE_MS = 50
STATS_S = 3.0
STATS_PAUSE_S = 0.15
SETTLING_READS = 8
SETTLED_AFTER = 3
"""Round trips; the next ones come every second or two."""


class Party:
    """Owns a connection to the temporary room, and once it speaks a microphone of its own. One loop."""

    def __init__(self, access: RoomAccess, clock: Clock, options: rtc.RoomOptions) -> None:
        self.identity = access.identity
        self.connection = RoomConnection(access, self, clock, options)
        self.meter: ToneMeter | None = None
        """Measures what it hears; None as long as nobody speaks in the room."""
        self.microphone: MicrophoneTrack | None = None
        self._states: asyncio.Queue[ConnectionChanged] = asyncio.Queue()
        self._readers = TrackReaders(self.connection, clock, self._open_track)

    @property
    def room(self) -> rtc.Room:
        return self.connection.room

    async def open(self) -> None:
        """Join. Raises UserError."""
        await self.connection.open()
        self.forget_states()

    async def close(self) -> None:
        """Leave; within the deadlines of its parts."""
        await self._readers.aclose()
        await self.connection.close()
        if self.microphone is not None:
            await self.microphone.aclose()

    async def publish(self) -> MicrophoneTrack:
        """Open a microphone to the room."""
        self.microphone = MicrophoneTrack(QUEUE_MS)
        await self.microphone.publish(self.room)
        return self.microphone

    async def path(self) -> MediaPath | None:
        """The way that its media takes, once its round trip has settled; None when there is none."""
        path: MediaPath | None = None
        async with asyncio.timeout(STATS_S):
            for _ in range(SETTLING_READS):
                path = media_path(await self.room.get_rtc_stats())
                if path is not None and path.round_trips >= SETTLED_AFTER:
                    break
                await asyncio.sleep(STATS_PAUSE_S)
        return path

    async def came_back(self) -> bool:
        """Wait until a lost connection is there again. False when it is given up."""
        while (state := (await self._states.get()).state) == "reconnecting":
            pass
        return state == "connected"

    def forget_states(self) -> None:
        """Wait only for what happens from now on."""
        while not self._states.empty():
            self._states.get_nowait()

    def post(self, fact: Fact) -> None:
        """Take what its connection tells of itself."""
        if isinstance(fact, ConnectionChanged):
            self._states.put_nowait(fact)

    def sample(self, key: Hashable, fact: Fact) -> None:
        """A connection offers no readings."""

    def _open_track(
        self, track: rtc.RemoteAudioTrack, _participant: rtc.RemoteParticipant
    ) -> ToneMeter:
        self.meter = ToneMeter(track)
        return self.meter
