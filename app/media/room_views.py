"""What a server tells of rooms and participants, as the panel shows it."""

from collections.abc import Sequence

from livekit.protocol import models

from app.domain.facts import Role
from app.domain.rooms import (
    Permissions,
    PersonKind,
    PersonView,
    RoomView,
    TrackView,
    Trouble,
)
from app.media.tokens import ROLE_ATTRIBUTE

_KINDS = {
    models.ParticipantInfo.AGENT: PersonKind.AGENT,
    models.ParticipantInfo.SIP: PersonKind.PHONE,
    models.ParticipantInfo.EGRESS: PersonKind.RECORDER,
    models.ParticipantInfo.INGRESS: PersonKind.STREAM,
    models.ParticipantInfo.CONNECTOR: PersonKind.PHONE,
}
_FLAGS = (
    "can_subscribe",
    "can_publish",
    "can_publish_data",
    "can_update_metadata",
    "hidden",
    "recorder",
    "agent",
    "can_subscribe_metrics",
    "can_manage_agent_session",
)
OPUS, REDUNDANT_OPUS = "opus", "red"
PEOPLE = (PersonKind.PERSON, PersonKind.PHONE)


def person_view(found: models.ParticipantInfo) -> PersonView:
    """A participant as it is shown. The server's API does not tell the quality of a connection."""
    return PersonView(
        identity=found.identity,
        name=found.name,
        kind=_kind(found),
        joined_at=found.joined_at_ms / 1000 or float(found.joined_at),
        tracks=tuple(_track(track) for track in found.tracks),
        permissions=_permissions(found.permission),
        metadata=found.metadata,
        attributes=dict(found.attributes),
    )


def room_view(found: models.Room, people: Sequence[PersonView] | None, now: float) -> RoomView:
    """A room as it is shown; `people` is None while nobody has looked who is in it."""
    opened_at = found.creation_time_ms / 1000 or float(found.creation_time)
    seen = [] if people is None else [person for person in people if person.kind in PEOPLE]
    agents = [] if people is None else [p for p in people if p.kind is PersonKind.AGENT]
    words, trouble = _now(found, people, opened_at, now)
    return RoomView(
        name=found.name,
        sid=found.sid,
        opened_at=opened_at,
        people=found.num_participants if people is None else len(seen),
        people_at_most=found.max_participants,
        empty_timeout_s=found.empty_timeout,
        departure_timeout_s=found.departure_timeout,
        metadata=found.metadata,
        agent=agents[0].name or agents[0].identity if agents else "",
        now=words,
        trouble=trouble,
        who=tuple(person.name or person.identity for person in (*seen, *agents)),
    )


def _now(
    found: models.Room, people: Sequence[PersonView] | None, opened_at: float, now: float
) -> tuple[str, Trouble]:
    """What can be known of a room from its server alone."""
    if people is None:
        return ("Empty" if found.num_participants == 0 else ""), Trouble.NONE
    callers = [person for person in people if person.kind in PEOPLE]
    agents = [person for person in people if person.kind is PersonKind.AGENT]
    if not callers and not agents:
        return _empty(found, opened_at, now), Trouble.IDLE
    if not callers:
        return "Waiting for a caller", Trouble.IDLE
    if not agents:
        return "Waiting for an agent", Trouble.WATCH
    if not any(_is_heard(agent) for agent in agents):
        return "The agent has no open microphone", Trouble.BAD
    if not any(_is_heard(caller) for caller in callers):
        return "No caller has an open microphone", Trouble.WATCH
    if 0 < found.max_participants <= len(callers):
        return "Talking, and full", Trouble.NONE
    return "Talking", Trouble.NONE


def _empty(found: models.Room, opened_at: float, now: float) -> str:
    """When an empty room closes is known only where nobody has been in it yet."""
    left_s = opened_at + found.empty_timeout - now
    if found.empty_timeout and left_s > 0:
        minutes = max(1, round(left_s / 60))
        return f"Empty, closes in {minutes} min" if minutes < 120 else "Empty"
    return "Empty"


def _is_heard(person: PersonView) -> bool:
    return any(track.source == "microphone" and not track.muted for track in person.tracks)


def _kind(found: models.ParticipantInfo) -> PersonKind:
    permission = found.permission
    if permission.hidden or found.attributes.get(ROLE_ATTRIBUTE) == Role.EAR:
        return PersonKind.EAR
    if permission.recorder:
        return PersonKind.RECORDER
    if permission.agent:
        return PersonKind.AGENT
    return _KINDS.get(found.kind, PersonKind.PERSON)


def _track(track: models.TrackInfo) -> TrackView:
    source = models.TrackSource.Name(track.source).lower().replace("_", " ")
    codec = track.mime_type.rpartition("/")[2].lower()
    return TrackView(track.sid, source, track.muted, OPUS if codec == REDUNDANT_OPUS else codec)


def _permissions(given: models.ParticipantPermission) -> Permissions:
    sources = (models.TrackSource.Name(source).lower() for source in given.can_publish_sources)
    flags = {flag: bool(getattr(given, flag)) for flag in _FLAGS}
    return Permissions(**flags, can_publish_sources=tuple(sources))
