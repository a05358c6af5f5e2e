"""The listener of a call."""

import logging
from collections.abc import Callable

from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.facts import Lane, ListeningStarted, Role
from app.domain.ports import AudioRecorder, Clock, FactSink
from app.media.connection import EAR_OPTIONS, RoomConnection, reason_in_words
from app.media.lane_levels import LaneLevels
from app.media.own_voice import OwnVoice
from app.media.presence import Presence
from app.media.roles import lane_of, role_of
from app.media.track_ear import BlockListener, Outlets, TrackEar
from app.media.track_reader import TrackReaders

log = logging.getLogger(__name__)

HIDDEN = "hidden, for levels, latency and the recording"
NEWS = (
    "participant_connected",
    "participant_disconnected",
    "participant_name_changed",
    "participant_metadata_changed",
    "participant_attributes_changed",
    "participant_permissions_changed",
    "room_metadata_changed",
    "track_published",
    "track_unpublished",
    "track_muted",
    "track_unmuted",
    "disconnected",
    "reconnected",
)
"""Events of a room after which it looks different to somebody who lists it."""


class Ear:
    """Hears a room: who comes and goes, each lane's level and speech, audio for the recording.

    It survives a reconnect and a restart of the server: tracks then come anew and are measured on. It has a
    connection of its own by `join` and `leave`, or listens by another's: `listen_by` before that is opened, `begin`
    once it is, `end` before it is closed. Media loop only.
    """

    def __init__(
        self,
        sink: FactSink,
        clock: Clock,
        recorder: AudioRecorder | None = None,
        who: str = "Greenroom",
        how: str = HIDDEN,
        on_news: Callable[[], None] | None = None,
    ) -> None:
        """`who` listens and `how`, as the call shows it; `on_news` is called when the room has changed."""
        self._sink = sink
        self._clock = clock
        self._recorder = recorder
        self._who = who
        self._how = how
        self._on_news = on_news
        self._listeners: list[BlockListener] = []
        self._levels: dict[Lane, LaneLevels] = {}
        self._connection: RoomConnection | None = None
        self._readers: TrackReaders | None = None
        self._presence: Presence | None = None
        self._own: OwnVoice | None = None

    def add_listener(self, listener: BlockListener) -> None:
        """Let `listener` hear every block from now on."""
        self._listeners.append(listener)

    async def join(self, access: RoomAccess) -> None:
        """Enter the room and listen. Raises UserError when that fails."""
        connection = RoomConnection(access, self._sink, self._clock, EAR_OPTIONS)
        self.listen_by(connection)
        await connection.open()
        self.begin()

    async def leave(self) -> None:
        """Stop listening, sum up the lanes, and leave. Within 5 s."""
        connection = self._connection
        await self.end()
        if connection is not None:
            await connection.close()

    def listen_by(self, connection: RoomConnection) -> None:
        """Measure what this connection hears once it is open."""
        self._connection = connection
        self._presence = Presence(self._sink, self._clock, lambda: connection.reconnecting)
        self._readers = TrackReaders(connection, self._clock, self._open_track)
        connection.on("participant_connected", self._on_joined)
        connection.on("participant_disconnected", self._on_left)
        connection.on("reconnected", self._presence.reconnected)
        for event in NEWS:
            connection.on(event, self._tell)

    def begin(self) -> None:
        """The connection is open: say so, and who is in the room already."""
        assert self._connection is not None, "listen_by comes first"
        identity = self._connection.identity
        self._sink.post(
            ListeningStarted(at=self._clock.now(), identity=identity, who=self._who, how=self._how)
        )
        for participant in self._connection.room.remote_participants.values():
            self._on_joined(participant)

    def own_voice(self) -> OwnVoice:
        """What is sent by the same connection, as the caller, from now on."""
        assert self._connection is not None, "begin comes first"
        assert self._presence is not None, "begin comes first"
        ours = self._connection.room.local_participant
        self._presence.joined(ours.identity, ours.name or ours.identity, Role.CALLER)
        self._own = OwnVoice(ours.identity, self._levels_of(Lane.CALLER), self._recorder)
        return self._own

    async def end(self) -> None:
        """Stop listening, and sum up the lanes."""
        if self._readers is None or self._connection is None or self._presence is None:
            return
        await self._readers.aclose()
        if self._own is not None:
            self._own.close()
            self._presence.left(self._connection.identity, "it left")
        self._presence.close()
        for lane_levels in self._levels.values():
            self._sink.post(lane_levels.summary(self._clock.now()))
        self._levels.clear()
        self._readers = self._connection = self._presence = self._own = None

    def _on_joined(self, participant: rtc.RemoteParticipant) -> None:
        if self._presence is not None:
            name = participant.name or participant.identity
            self._presence.joined(participant.identity, name, role_of(participant))

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if self._presence is not None:
            reason = reason_in_words(participant.disconnect_reason)
            self._presence.left(participant.identity, reason)

    def _tell(self, *_: object) -> None:
        if self._on_news is not None and self._presence is not None:
            self._on_news()

    def _levels_of(self, lane: Lane) -> LaneLevels:
        if lane not in self._levels:
            self._levels[lane] = LaneLevels(lane, self._sink)
        return self._levels[lane]

    def _open_track(
        self, track: rtc.RemoteAudioTrack, participant: rtc.RemoteParticipant
    ) -> TrackEar:
        lane = lane_of(participant)
        log.info("listening to %s as %s", participant.identity, lane)
        outlets = Outlets(
            self._sink, self._clock, self._recorder, self._levels_of(lane), self._listeners
        )
        return TrackEar(track, participant.identity, lane, outlets)
