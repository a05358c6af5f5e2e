"""The hidden listener of a call."""

import logging

from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.facts import Lane, ListeningStarted
from app.domain.ports import AudioRecorder, Clock, FactSink
from app.media.connection import EAR_OPTIONS, RoomConnection, reason_in_words
from app.media.lane_levels import LaneLevels
from app.media.presence import Presence
from app.media.roles import lane_of, role_of
from app.media.track_ear import BlockListener, Outlets, TrackEar
from app.media.track_reader import TrackReaders

log = logging.getLogger(__name__)

HOW = "hidden, for levels, latency and the recording"


class Ear:
    """Hears a room unseen: who comes and goes, each lane's level and speech, audio for the recording.

    It survives a reconnect and a restart of the server: tracks then come anew and are measured on. Media loop only.
    """

    def __init__(
        self,
        sink: FactSink,
        clock: Clock,
        recorder: AudioRecorder | None = None,
        who: str = "Greenroom",
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._recorder = recorder
        self._who = who
        self._listeners: list[BlockListener] = []
        self._levels: dict[Lane, LaneLevels] = {}
        self._connection: RoomConnection | None = None
        self._readers: TrackReaders | None = None
        self._presence: Presence | None = None

    def add_listener(self, listener: BlockListener) -> None:
        """Let `listener` hear every block from now on."""
        self._listeners.append(listener)

    async def join(self, access: RoomAccess) -> None:
        """Enter the room and listen. Raises UserError when that fails."""
        connection = self._connection = RoomConnection(access, self._sink, self._clock, EAR_OPTIONS)
        self._presence = Presence(self._sink, self._clock, lambda: connection.reconnecting)
        self._readers = TrackReaders(connection, self._clock, self._open_track)
        connection.on("participant_connected", self._on_joined)
        connection.on("participant_disconnected", self._on_left)
        connection.on("reconnected", self._presence.reconnected)
        await connection.open()
        self._sink.post(
            ListeningStarted(at=self._clock.now(), identity=access.identity, who=self._who, how=HOW)
        )
        for participant in connection.room.remote_participants.values():
            self._on_joined(participant)

    async def leave(self) -> None:
        """Stop listening, leave, and sum up the lanes. Within 5 s."""
        if self._readers is None or self._connection is None or self._presence is None:
            return
        await self._readers.aclose()
        await self._connection.close()
        self._presence.close()
        for lane_levels in self._levels.values():
            self._sink.post(lane_levels.summary(self._clock.now()))
        self._levels.clear()
        self._readers = self._connection = self._presence = None

    def _on_joined(self, participant: rtc.RemoteParticipant) -> None:
        if self._presence is not None:
            name = participant.name or participant.identity
            self._presence.joined(participant.identity, name, role_of(participant))

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if self._presence is not None:
            reason = reason_in_words(participant.disconnect_reason)
            self._presence.left(participant.identity, reason)

    def _open_track(
        self, track: rtc.RemoteAudioTrack, participant: rtc.RemoteParticipant
    ) -> TrackEar:
        lane = lane_of(participant)
        if lane not in self._levels:
            self._levels[lane] = LaneLevels(lane, self._sink)
        log.info("listening to %s as %s", participant.identity, lane)
        outlets = Outlets(
            self._sink, self._clock, self._recorder, self._levels[lane], self._listeners
        )
        return TrackEar(track, participant.identity, lane, outlets)
