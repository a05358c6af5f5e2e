"""`greenroom rooms`: the rooms of one server."""

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from app.commands.masked_log import masked_log
from app.domain.errors import UsageError, UserError
from app.domain.rooms import NewRoom, PersonKind, PersonView, RoomView, TrackView
from app.domain.server_rules import same_name
from app.domain.servers import THIS_COMPUTER, ServerProfile
from app.media.room_views import room_view
from app.media.rooms import Rooms
from app.runtime.paths import config_folder
from app.session.server_keys import ServerKeys
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles

# Nothing of Qt: it makes text of others safe to show, on a terminal too.
from app.ui.plain_text import shown

AT_ONCE = 8
"""How many rooms are looked into at the same time."""
IN_THE_PANEL = "The server of this computer runs inside the panel, for as long as it is open: use its page Rooms."
NOT_A_MICROPHONE = "no microphone"
NAME_CAP = 40


def run(arguments: argparse.Namespace) -> int:
    """Do one act on the rooms of a server. Raises UserError."""
    with masked_log() as redactor:
        asyncio.run(act(arguments, redactor.register))
    return 0


async def act(arguments: argparse.Namespace, keep_secret: Callable[[str], None]) -> None:
    """Do it and print what came of it; `keep_secret` is told the server's secret. Raises UserError."""
    profile = await asyncio.to_thread(_profile, arguments.server)
    keys = ServerKeys(SecretStore(keep_secret), keep_secret)
    rooms = Rooms(await keys.access(profile))
    match arguments.act:
        case "list":
            await _list(profile, rooms, as_json=arguments.json)
        case "create":
            await _create(profile, rooms, _new_room(arguments), as_json=arguments.json)
        case "close":
            await _close(profile, rooms, arguments.room, as_json=arguments.json)
        case _:
            await _show(profile, rooms, arguments.room, as_json=arguments.json)


def _profile(name: str | None) -> ServerProfile:
    """The server of that name; without a name the only one there is. Raises UsageError."""
    if name is not None and same_name(name, THIS_COMPUTER):
        raise UsageError(f"{THIS_COMPUTER} has no rooms outside the panel.", IN_THE_PANEL)
    profiles = ServerProfiles(config_folder())
    if name is not None:
        return profiles.find(name)
    known = profiles.all()
    if not known:
        hint = "Add one: greenroom servers add NAME --url URL --key KEY"
        raise UsageError(
            "There is no server whose rooms these could be.", f"{hint}\n{IN_THE_PANEL}"
        )
    if len(known) > 1:
        names = ", ".join(f'"{each.name}"' for each in known)
        raise UsageError("There are several servers.", f"Add --server with one of {names}.")
    return next(iter(known))


def _new_room(arguments: argparse.Namespace) -> NewRoom:
    return NewRoom(
        name=arguments.room,
        people_at_most=arguments.people_at_most,
        empty_timeout_s=arguments.empty_timeout,
        departure_timeout_s=arguments.departure_timeout,
        metadata=arguments.metadata,
    )


async def _list(profile: ServerProfile, rooms: Rooms, *, as_json: bool) -> None:
    found = await _open_rooms(rooms)
    if as_json:
        _print_json({"server": profile.name, "rooms": [_room_document(room) for room in found]})
    elif not found:
        print(f"No rooms are open on {profile.name}.")
    else:
        print("\n".join(_room_line(room) for room in found))


async def _create(profile: ServerProfile, rooms: Rooms, new: NewRoom, *, as_json: bool) -> None:
    before = {found.name for found in await rooms.listed()}
    await rooms.open(new)
    room, _ = await _find(profile, rooms, new.name)
    created = new.name not in before
    if as_json:
        _print_json({"server": profile.name, "created": created, "room": _room_document(room)})
    elif created:
        print(f"{shown(new.name)} is open on {profile.name}.")
    else:
        print(f"{shown(new.name)} was open on {profile.name} already, and stays as it was.")


async def _close(profile: ServerProfile, rooms: Rooms, name: str, *, as_json: bool) -> None:
    _, people = await _find(profile, rooms, name)
    await rooms.delete(name)
    if as_json:
        _print_json({"server": profile.name, "closed": name, "put_out": len(people)})
    else:
        print(f"{shown(name)} is closed; {len(people)} were in it.")


async def _show(profile: ServerProfile, rooms: Rooms, name: str, *, as_json: bool) -> None:
    room, people = await _find(profile, rooms, name)
    if as_json:
        document = _room_document(room) | {"participants": [asdict(person) for person in people]}
        _print_json({"server": profile.name, "room": document})
    else:
        print("\n".join([*_room_lines(room), *(_person_line(person) for person in people)]))


async def _open_rooms(rooms: Rooms) -> list[RoomView]:
    """Every open room with who is in it, the oldest first."""
    listed = await rooms.listed()
    at_once = asyncio.Semaphore(AT_ONCE)

    async def people(name: str) -> tuple[PersonView, ...]:
        async with at_once:
            return await rooms.people(name)

    inside = await asyncio.gather(*(people(found.name) for found in listed))
    now = time.time()
    views = [room_view(found, who, now) for found, who in zip(listed, inside, strict=True)]
    return sorted(views, key=lambda room: (room.opened_at, room.name))


async def _find(
    profile: ServerProfile, rooms: Rooms, name: str
) -> tuple[RoomView, tuple[PersonView, ...]]:
    """Raises UserError where no such room is open."""
    listed = next((found for found in await rooms.listed() if found.name == name), None)
    if listed is None:
        raise UserError(
            f"No room {shown(name)} is open on {profile.name}.", "See: greenroom rooms list"
        )
    people = await rooms.people(name)
    return room_view(listed, people, time.time()), people


def _room_line(room: RoomView) -> str:
    age = _age(time.time() - room.opened_at)
    agent = shown(room.agent, 24) or "–"
    return f"{shown(room.name, NAME_CAP):40} {age:>8} {_people(room):>9}  {agent:24} {room.now}"


def _room_lines(room: RoomView) -> list[str]:
    opened = datetime.fromtimestamp(room.opened_at).astimezone()
    lines = [
        _room_line(room),
        f"  opened {opened:%Y-%m-%d %H:%M:%S}, {room.sid}",
        f"  closes {_duration(room.departure_timeout_s)} after the last one leaves, "
        f"or {_duration(room.empty_timeout_s)} after it opened if nobody comes",
    ]
    if room.metadata:
        lines.append(f"  metadata {shown(room.metadata)}")
    return lines


def _person_line(person: PersonView) -> str:
    kind = "hidden listener" if person.kind is PersonKind.EAR else person.kind.value
    sounds = ", ".join(_track_words(track) for track in person.tracks) or NOT_A_MICROPHONE
    name = shown(person.name or person.identity, NAME_CAP)
    return f"  {name:40} {shown(person.identity, NAME_CAP):24} {kind:16} {sounds}"


def _track_words(track: TrackView) -> str:
    return f"{track.source} {'muted' if track.muted else 'on'}"


def _people(room: RoomView) -> str:
    limit = f" of {room.people_at_most}" if room.people_at_most else ""
    return f"{room.people}{limit}"


def _age(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:g} min"


def _room_document(room: RoomView) -> dict[str, object]:
    """What is known of a room, but not what only a panel knows."""
    document = asdict(room)
    del document["ours"]
    return document


def _print_json(document: dict[str, object]) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=True))
