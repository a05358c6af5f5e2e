"""Rooms and the people in them, as a server tells of them."""

from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """How much a room needs somebody."""

    NONE = "none"
    IDLE = "idle"
    """Nobody in it, or nobody to talk to."""
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room that is open. Times are seconds since the epoch."""

    name: str
    sid: str
    opened_at: float
    people: int
    """Participants, agents and hidden listeners not counted."""
    people_at_most: int
    """0: no limit."""
    empty_timeout_s: int
    departure_timeout_s: int
    metadata: str
    agent: str
    """The name of the agent in it; empty when there is none, or who is in it is not known yet."""
    now: str
    """What goes on in it, in words."""
    trouble: Trouble
    ours: bool = False
    """A call of this Greenroom is in it."""
    who: tuple[str, ...] = ()
    """Names of those in it, as far as they are known: a search finds the room by them."""


class PersonKind(StrEnum):
    PERSON = "person"
    PHONE = "phone"
    AGENT = "agent"
    EAR = "ear"
    """A hidden listener."""
    RECORDER = "recorder"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a participant may do: the whole set, since a server replaces the whole set.

    The names are those of LiveKit's `ParticipantPermission`.
    """

    can_subscribe: bool
    can_publish: bool
    can_publish_data: bool
    can_update_metadata: bool
    hidden: bool
    recorder: bool
    agent: bool
    can_subscribe_metrics: bool
    can_manage_agent_session: bool
    can_publish_sources: tuple[str, ...] = ()
    """Empty: every source."""


PERMISSIONS_SHOWN = {
    "can_publish": "Speak",
    "can_subscribe": "Hear",
    "can_publish_data": "Send messages",
    "can_update_metadata": "Change own name",
}
"""The permissions that a person can switch, by the field's name."""


@dataclass(frozen=True, slots=True)
class TrackView:
    sid: str
    source: str
    """`microphone`, `camera`, `screen share` and so on."""
    muted: bool
    codec: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody in a room."""

    identity: str
    name: str
    kind: PersonKind
    joined_at: float
    tracks: tuple[TrackView, ...]
    permissions: Permissions
    quality: str = ""
    """`excellent`, `good`, `poor`, `lost`; empty where the server's API does not say."""
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    ours: bool = False
    """A participant of this Greenroom: its agent, ear or mouth."""


@dataclass(frozen=True, slots=True)
class NewRoom:
    """What a room is created with. 0 leaves a limit or a timeout to the server."""

    name: str
    people_at_most: int = 0
    empty_timeout_s: int = 0
    departure_timeout_s: int = 0
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class RoomsSnapshot:
    """The rooms of one server at one moment."""

    server: str
    rooms: tuple[RoomView, ...]
    as_of: float | None
    """When the server last answered; None before the first answer."""
    trouble: str = ""
    """What is wrong with the server now, as a sentence; `rooms` is then what was known before."""
    how: str = "polled"
    """How it is kept fresh: `polled`, `webhook` or `live`."""
    unheard: str = ""
    """Why the server's webhooks do not arrive, as sentences; empty where they do, or none are meant to."""

    @property
    def wanting(self) -> int:
        """How many rooms need somebody now."""
        return sum(room.trouble is Trouble.BAD for room in self.rooms)


@dataclass(frozen=True, slots=True)
class InviteView:
    """A link into one room."""

    room: str
    url: str = field(repr=False)
    """Holds the ticket in its fragment: show it short, copy it with care."""
    expires_at: float
    reach: str
    """Who can use it: `this computer only`, `this network`."""
    revoked: bool = False
    meet_url: str = field(default="", repr=False)
    """The same person's way in by LiveKit Meet, for a server with a `wss://` address; show `MEET_WARNING` with it."""


MEET_WARNING = (
    "Meet is a site of LiveKit's: the link hands it the token, which opens the room for ten minutes to whoever sees "
    "it. After Revoke, Greenroom removes who comes by it, within seconds."
)
"""What to know before a link to Meet is copied."""
