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
)
from app.media.room_words import CALLERS, opened_at, what_goes_on
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
    callers = [person for person in people or () if person.kind in CALLERS]
    agents = [person for person in people or () if person.kind is PersonKind.AGENT]
    words, trouble = what_goes_on(found, people, now)
    return RoomView(
        name=found.name,
        sid=found.sid,
        opened_at=opened_at(found),
        people=found.num_participants if people is None else len(callers),
        people_at_most=found.max_participants,
        empty_timeout_s=found.empty_timeout,
        departure_timeout_s=found.departure_timeout,
        metadata=found.metadata,
        agent=agents[0].name or agents[0].identity if agents else "",
        now=words,
        trouble=trouble,
        who=tuple(person.name or person.identity for person in (*callers, *agents)),
    )


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
    source = _source(track.source).replace("_", " ")
    codec = track.mime_type.rpartition("/")[2].lower()
    return TrackView(track.sid, source, track.muted, OPUS if codec == REDUNDANT_OPUS else codec)


def _permissions(given: models.ParticipantPermission) -> Permissions:
    sources = (_source(source) for source in given.can_publish_sources)
    flags = {flag: bool(getattr(given, flag)) for flag in _FLAGS}
    return Permissions(**flags, can_publish_sources=tuple(sources))


def _source(source: int) -> str:
    """A newer server may know sources that this protocol does not."""
    known = source in models.TrackSource.values()
    return (
        models.TrackSource.Name(models.TrackSource.ValueType(source)).lower()
        if known
        else "unknown"
    )
