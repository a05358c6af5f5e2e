"""What goes on in a room, as far as its server's API tells."""

from collections.abc import Sequence

from livekit.protocol import models

from app.domain.rooms import PersonKind, PersonView, Trouble

SETTLING_S = 5.0
"""So long after somebody came their track may still be on its way."""
LONG_WAIT_S = 20.0
"""A caller who waits longer than this for an agent is in trouble."""
FAR_OFF_S = 2 * 3600.0
"""A room that closes later than this is kept open on purpose: when it closes is no news."""
MICROPHONE = "microphone"
CALLERS = (PersonKind.PERSON, PersonKind.PHONE)

Words = tuple[str, Trouble]


def what_goes_on(found: models.Room, people: Sequence[PersonView] | None, now: float) -> Words:
    """`people` is None while nobody has looked who is in it, `now` in seconds since the epoch."""
    if people is None:
        empty = found.num_participants == 0 and found.num_publishers == 0
        return ("Empty", Trouble.IDLE) if empty else ("", Trouble.NONE)
    callers = [person for person in people if person.kind in CALLERS]
    agents = [person for person in people if person.kind is PersonKind.AGENT]
    if not callers:
        words = "Waiting for a caller" if agents else "Empty"
        return f"{words}{_closing(found, now)}", Trouble.IDLE
    if not agents:
        return _without_agent(callers, now)
    words, trouble = _with_agent(callers, agents, now)
    full = 0 < found.max_participants <= len(callers)
    return (f"{words}, and full" if full else words), trouble


def opened_at(found: models.Room) -> float:
    """Seconds since the epoch; older servers tell whole seconds only."""
    return found.creation_time_ms / 1000 or float(found.creation_time)


def _closing(found: models.Room, now: float) -> str:
    """When a room without people closes at the latest: agents do not keep it open.

    It does `empty_timeout` after it opened, or `departure_timeout` after the last person left; the API does not tell
    whether and when that was, so the later of the two is the only thing that is certain.
    """
    unvisited_s = opened_at(found) + found.empty_timeout - now
    at_most_s = max(unvisited_s, found.departure_timeout)
    return f", closes within {_length(at_most_s)}" if 0 < at_most_s < FAR_OFF_S else ""


def _without_agent(callers: Sequence[PersonView], now: float) -> Words:
    if sum(map(_is_heard, callers)) > 1:
        return "Talking, without an agent", Trouble.NONE
    waited_s = now - min(caller.joined_at for caller in callers)
    if waited_s < LONG_WAIT_S:
        return "Waiting for an agent", Trouble.IDLE
    return f"Waiting for an agent for {_length(waited_s)}", Trouble.WATCH


def _with_agent(callers: Sequence[PersonView], agents: Sequence[PersonView], now: float) -> Words:
    if not any(map(_is_heard, agents)):
        if _all_settling(agents, now):
            return "The agent is getting ready", Trouble.NONE
        return _silence("The agent", agents), Trouble.BAD
    if not any(map(_is_heard, callers)):
        if _all_settling(callers, now):
            return "The caller is getting ready", Trouble.NONE
        return _silence(
            "The caller" if len(callers) == 1 else "Every caller", callers
        ), Trouble.WATCH
    if not all(caller.permissions.can_subscribe for caller in callers):
        return "A caller may not hear", Trouble.WATCH
    return "Talking", Trouble.NONE


def _silence(who: str, people: Sequence[PersonView]) -> str:
    """Why nothing is heard of people."""
    if any(_microphones(person) for person in people):
        return f"{who} is muted"
    if not any(person.permissions.can_publish for person in people):
        return f"{who} may not speak"
    return f"{who} has no open microphone"


def _all_settling(people: Sequence[PersonView], now: float) -> bool:
    """Whether they have come so lately that their microphones may be on their way."""
    return all(
        now - person.joined_at < SETTLING_S and not _microphones(person) for person in people
    )


def _is_heard(person: PersonView) -> bool:
    return any(not muted for muted in _microphones(person))


def _microphones(person: PersonView) -> list[bool]:
    """Of each microphone whether it is muted."""
    return [track.muted for track in person.tracks if track.source == MICROPHONE]


def _length(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
