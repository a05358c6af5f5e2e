"""What a call is started with."""

from dataclasses import dataclass

from app.domain.access import RoomAccess
from app.domain.servers import THIS_COMPUTER

LOCAL_PRESET = "local"


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Which agent, where, and whether the operator takes part."""

    preset: str = LOCAL_PRESET
    """The name or file of an agent preset; empty brings no agent and watches the one that is there."""
    server: str = THIS_COMPUTER
    """The name of a server profile."""
    room: str = ""
    """A room that is open; empty opens one of the call's own, which closes with it."""
    speaking: bool = True
    """The operator joins as a caller."""
    by_token: RoomAccess | None = None
    """Somebody else's token: its room is joined as its identity, by one connection alone, and no agent is brought."""
