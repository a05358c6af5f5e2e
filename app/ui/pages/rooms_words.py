"""Rooms, and the people in them, put into words."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.rooms import (
    PersonKind,
    PersonView,
    RoomsSnapshot,
    RoomView,
    TrackView,
    Trouble,
)
from app.ui.labels import Tone
from app.ui.plain_text import shown
from app.ui.tokens import Token
from app.ui.views.figures import clock

DOT_INKS = {
    Trouble.NONE: Token.OK,
    Trouble.IDLE: Token.TEXT3,
    Trouble.WATCH: Token.WARN,
    Trouble.BAD: Token.BAD,
}
TONES = {Trouble.WATCH: Tone.WARN, Trouble.BAD: Tone.BAD}
"""What goes on in a room is said on a chip where it is trouble."""
KIND_ICONS = {
    PersonKind.PERSON: ("mic", Token.CALLER),
    PersonKind.PHONE: ("phone", Token.CALLER),
    PersonKind.AGENT: ("bot", Token.AGENT),
    PersonKind.EAR: ("ear", Token.EAR),
    PersonKind.RECORDER: ("circle-dot", Token.TEXT2),
    PersonKind.STREAM: ("radio", Token.TEXT2),
}
KIND_WORDS = {
    PersonKind.PERSON: "",
    PersonKind.PHONE: "By phone",
    PersonKind.AGENT: "Agent",
    PersonKind.EAR: "Hidden listener",
    PersonKind.RECORDER: "Recorder",
    PersonKind.STREAM: "Stream",
}
BARS = {"excellent": 3, "good": 2, "poor": 1, "lost": 0}
"""How many of three bars a connection's quality is; nothing is drawn where it is not known."""
UNCALLED = 0
"""A timeout or a limit that the server was not told."""


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def duration(seconds: float) -> str:
    """A length of time in its largest unit, such as `20 s`, `5 min` or `2 h`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"


def age(as_of: float | None, now: float) -> str:
    """How old what is shown is."""
    if as_of is None:
        return "no answer yet"
    return "as of now" if now - as_of < 1 else f"as of {duration(now - as_of)} ago"


def summary(snapshot: RoomsSnapshot, now: float) -> str:
    """The line beside the server's name: how many rooms and people, and how old that is."""
    if snapshot.as_of is None:
        return age(None, now) if snapshot.trouble else ""
    people = counted(sum(room.people for room in snapshot.rooms), "person", "people")
    parts = (f"{len(snapshot.rooms)} live", people, age(snapshot.as_of, now), snapshot.unheard)
    return " · ".join(part for part in parts if part)


def kept_fresh(snapshot: RoomsSnapshot) -> str:
    """How the list comes to be up to date, for its tooltip."""
    ways = {
        "polled": "Greenroom asks the server again and again.",
        "webhook": "The server tells Greenroom what happens.",
        "live": "Greenroom is in one of the rooms and sees at once what happens there.",
    }
    return ways.get(snapshot.how, "")


def room_sentence(room: RoomView, now: float) -> str:
    """A room in one line, for the screen reader and the tooltip."""
    parts = [
        shown(room.name),
        f"open for {clock(now, room.opened_at)}",
        counted(room.people, "person", "people"),
        f"agent {shown(room.agent)}" if room.agent else "no agent",
        shown(room.now),
        "a call of this Greenroom" if room.ours else "",
    ]
    return ", ".join(part for part in parts if part)


def opened_words(room: RoomView, now: float) -> str:
    """When a room opened: by the clock of this computer, and how long ago."""
    opened = datetime.fromtimestamp(room.opened_at).astimezone()
    return f"{opened:%H:%M}, {clock(now, room.opened_at)} ago"


def people_words(room: RoomView) -> str:
    limit = f" of {room.people_at_most}" if room.people_at_most else ""
    return f"{room.people}{limit}"


def closes_words(room: RoomView) -> str:
    """When the room closes by itself."""
    if room.people:
        if room.departure_timeout_s == UNCALLED:
            return "When the last one has left"
        return f"{duration(room.departure_timeout_s)} after the last one leaves"
    if room.empty_timeout_s == UNCALLED:
        return "When nobody comes"
    return f"When nobody comes for {duration(room.empty_timeout_s)}"


def person_name(person: PersonView) -> str:
    """What a participant is called; `You` for the ear and the mouth of this Greenroom."""
    if person.ours and person.kind is not PersonKind.AGENT:
        return "You"
    return shown(person.name or person.identity) or "Nameless"


def track_words(track: TrackView) -> str:
    """A track as `microphone on`."""
    return f"{shown(track.source, 40)} {'muted' if track.muted else 'on'}"


def person_line(person: PersonView) -> str:
    """What somebody is and publishes, such as `By phone · microphone on · opus`."""
    if person.kind is PersonKind.EAR:
        since = datetime.fromtimestamp(person.joined_at).astimezone()
        return f"Hidden, listening since {since:%H:%M}"
    codecs = dict.fromkeys(shown(t.codec, 24) for t in person.tracks if t.codec)
    state = shown(person.attributes.get("lk.agent.state", ""), 40)
    parts = [
        KIND_WORDS[person.kind],
        state,
        *[track_words(track) for track in person.tracks],
        *codecs,
    ]
    return " · ".join(part for part in parts if part) or "Publishes nothing"


def person_sentence(person: PersonView) -> str:
    """Somebody in one line, for the screen reader and the tooltip."""
    quality = f"connection {shown(person.quality, 20)}" if person.quality else ""
    identity = f"identity {shown(person.identity)}" if person.identity != person.name else ""
    parts = [person_name(person), person_line(person), quality, identity]
    return ", ".join(part for part in parts if part)


_RANKS = {kind: rank for rank, kind in enumerate(PersonKind)} | {PersonKind.PHONE: 0}


def in_order(people: Sequence[PersonView]) -> list[PersonView]:
    """People first, then the agents, then who only listens; each in the order in which they came."""
    return sorted(people, key=lambda p: (_RANKS[p.kind], p.joined_at, p.identity))
