"""Participants as a server tells of them, as they are shown."""

import time

import pytest
from livekit.protocol import models
from livekit.protocol import room as wire

from app.domain.rooms import PersonKind
from app.media.room_views import person_view
from app.media.tokens import ROLE_ATTRIBUTE
from tests.support.hostile import HOSTILE
from tests.support.posted import report

Info = models.ParticipantInfo
Allowed = models.ParticipantPermission


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Info(), PersonKind.PERSON),
        (Info(kind=Info.AGENT), PersonKind.AGENT),
        (Info(permission=Allowed(agent=True)), PersonKind.AGENT),
        (Info(kind=Info.AGENT, permission=Allowed(hidden=True)), PersonKind.EAR),
        (Info(attributes={ROLE_ATTRIBUTE: "ear"}), PersonKind.EAR),
        (Info(kind=Info.SIP), PersonKind.PHONE),
        (Info(kind=Info.CONNECTOR), PersonKind.PHONE),
        (Info(kind=Info.EGRESS), PersonKind.RECORDER),
        (Info(permission=Allowed(recorder=True)), PersonKind.RECORDER),
        (Info(kind=Info.INGRESS), PersonKind.STREAM),
    ],
)
def test_tells_people_from_machines(found: models.ParticipantInfo, kind: PersonKind) -> None:
    assert person_view(found).kind is kind


def test_takes_kinds_and_sources_of_a_newer_server() -> None:
    # Fields 14 and 9 of the protocol, with numbers that it does not have.
    newer = Info.FromString(b"\x70\x63")
    track = models.TrackInfo.FromString(b"\x48\x4d")
    given = Allowed.FromString(b"\x48\x4e")
    newer.tracks.append(track)
    newer.permission.CopyFrom(given)

    person = person_view(newer)

    assert person.kind is PersonKind.PERSON
    assert [track.source for track in person.tracks] == ["unknown"]
    assert person.permissions.can_publish_sources == ("unknown",)


@pytest.mark.parametrize("text", HOSTILE)
def test_leaves_the_text_of_others_as_it_is(text: str) -> None:
    person = person_view(
        Info(identity=text, name=text, metadata=text * 5, attributes={"note": text})
    )

    assert (person.identity, person.name, person.metadata) == (text, text, text * 5)
    assert person.attributes == {"note": text}


def test_a_crowd_is_read_at_once() -> None:
    one = Info(
        identity="guest",
        metadata="m" * 1000,
        attributes={"a": "b"},
        tracks=[models.TrackInfo(sid="TR", source=models.TrackSource.MICROPHONE)] * 2,
    )
    answer = wire.ListParticipantsResponse(participants=[one] * 300).SerializeToString()

    began_at = time.perf_counter()
    read = wire.ListParticipantsResponse.FromString(answer)
    people = [person_view(found) for found in read.participants]

    report(f"300 participants: {(time.perf_counter() - began_at) * 1000:.1f} ms to read")
    assert len(people) == 300
