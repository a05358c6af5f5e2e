"""What is said of a room."""

import pytest
from livekit.protocol import models

from app.domain.rooms import Trouble
from app.media.room_views import person_view, room_view

NOW = 1_800_000_000.0
AGENT = models.ParticipantInfo.AGENT
PHONE = models.ParticipantInfo.SIP


def room(**changes: object) -> models.Room:
    """Opened a minute ago; closes 300 s after that if nobody comes, or 20 s after the last one left."""
    found = models.Room(
        name="r",
        sid="RM_1",
        creation_time_ms=int((NOW - 60) * 1000),
        empty_timeout=300,
        departure_timeout=20,
    )
    for field, value in changes.items():
        setattr(found, field, value)
    return found


def microphone(*, muted: bool = False) -> models.TrackInfo:
    return models.TrackInfo(
        sid="TR_1", source=models.TrackSource.MICROPHONE, muted=muted, mime_type="audio/opus"
    )


def somebody(
    identity: str = "ann",
    kind: models.ParticipantInfo.Kind = models.ParticipantInfo.STANDARD,
    *,
    since_s: float = 60.0,
    tracks: int = 1,
    muted: bool = False,
    hears: bool = True,
    speaks: bool = True,
    hidden: bool = False,
) -> models.ParticipantInfo:
    return models.ParticipantInfo(
        identity=identity,
        kind=kind,
        joined_at_ms=int((NOW - since_s) * 1000),
        tracks=[microphone(muted=muted)] * tracks,
        permission=models.ParticipantPermission(
            can_subscribe=hears, can_publish=speaks, hidden=hidden
        ),
    )


def bot(**changes: float | bool) -> models.ParticipantInfo:
    return somebody("bot", AGENT, **changes)  # pyright: ignore[reportArgumentType]


def said(found: models.Room, *people: models.ParticipantInfo) -> tuple[str, Trouble]:
    view = room_view(found, [person_view(person) for person in people], NOW)
    return view.now, view.trouble


@pytest.mark.parametrize(
    ("found", "people", "words", "trouble"),
    [
        (room(), [], "Empty, closes within 4 min", Trouble.IDLE),
        (room(empty_timeout=70), [], "Empty, closes within 20 s", Trouble.IDLE),
        (room(empty_timeout=30), [], "Empty, closes within 20 s", Trouble.IDLE),
        (room(empty_timeout=86_400), [], "Empty", Trouble.IDLE),
        (room(), [somebody("ear", hidden=True)], "Empty, closes within 4 min", Trouble.IDLE),
        (room(), [bot()], "Waiting for a caller, closes within 4 min", Trouble.IDLE),
        (room(), [somebody(since_s=3)], "Waiting for an agent", Trouble.IDLE),
        (room(), [somebody(since_s=45)], "Waiting for an agent for 45 s", Trouble.WATCH),
        (room(), [somebody(since_s=600)], "Waiting for an agent for 10 min", Trouble.WATCH),
        (room(), [somebody(), somebody("bob")], "Talking, without an agent", Trouble.NONE),
        (room(), [somebody(), bot()], "Talking", Trouble.NONE),
        (room(), [somebody("sip", PHONE), bot()], "Talking", Trouble.NONE),
        (room(max_participants=1), [somebody(), bot()], "Talking, and full", Trouble.NONE),
        (room(max_participants=2), [somebody(), bot()], "Talking", Trouble.NONE),
        (room(), [somebody(muted=True), bot()], "The caller is muted", Trouble.WATCH),
        (room(), [somebody(), bot(muted=True)], "The agent is muted", Trouble.BAD),
        (room(), [somebody(), bot(tracks=0)], "The agent has no open microphone", Trouble.BAD),
        (
            room(),
            [somebody(), bot(tracks=0, since_s=2)],
            "The agent is getting ready",
            Trouble.NONE,
        ),
        (
            room(),
            [somebody(tracks=0, since_s=2), bot()],
            "The caller is getting ready",
            Trouble.NONE,
        ),
        (
            room(),
            [somebody(tracks=0, speaks=False), bot()],
            "The caller may not speak",
            Trouble.WATCH,
        ),
        (
            room(),
            [somebody(tracks=0), somebody("bob", tracks=0), bot()],
            "Every caller has no open microphone",
            Trouble.WATCH,
        ),
        (room(), [somebody(hears=False), bot()], "A caller may not hear", Trouble.WATCH),
        (
            room(),
            [somebody(muted=True), somebody("bob"), bot()],
            "Talking",
            Trouble.NONE,
        ),
    ],
)
def test_says_what_goes_on(
    found: models.Room, people: list[models.ParticipantInfo], words: str, trouble: Trouble
) -> None:
    assert said(found, *people) == (words, trouble)


def test_says_nothing_of_a_room_that_nobody_has_looked_into() -> None:
    known, unknown = room(), room(num_participants=2, num_publishers=3)

    assert room_view(known, None, NOW).now == "Empty"
    view = room_view(unknown, None, NOW)
    assert (view.now, view.trouble, view.people, view.agent) == ("", Trouble.NONE, 2, "")


def test_counts_by_who_is_there_and_not_by_the_server_that_counts_late() -> None:
    view = room_view(room(num_participants=0), [person_view(somebody()), person_view(bot())], NOW)

    assert (view.people, view.agent, view.who) == (1, "bot", ("ann", "bot"))


def test_older_servers_tell_whole_seconds() -> None:
    found = room(creation_time_ms=0, creation_time=int(NOW - 60))

    assert room_view(found, (), NOW).opened_at == NOW - 60
