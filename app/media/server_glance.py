"""Looks at a server for a moment: does it answer, and does it take our key."""

from dataclasses import dataclass

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.media.rooms import Rooms

GLANCE_S = 1.8
"""A page that looks every three seconds says within five what is true, of a server that is frozen too."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen, as a sentence or a few words."""

    state: str
    works: bool


async def glance(access: ServerAccess, deadline_s: float = GLANCE_S) -> Glance:
    """Count the open rooms of a server. Never raises for what is wrong with it. Any loop."""
    try:
        rooms = await Rooms(access, deadline_s).listed()
    except UserError as error:
        return Glance(error.hint or error.title, works=False)
    return Glance("1 room" if len(rooms) == 1 else f"{len(rooms)} rooms", works=True)
