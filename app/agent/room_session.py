"""Which agent the code that runs now belongs to, as far as its room is concerned."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.ports import Clock, FactSink

UNKNOWN_REASON = "UNKNOWN_REASON"
"""LiveKit's name for it."""


class RoomVoice(Protocol):
    """What the host asks of an agent's connection to its room. Agent loop only."""

    def close_mouth(self) -> None:
        """Say nothing more, from this moment on; what is said goes nowhere at its usual pace."""
        ...

    def open_mouth(self) -> None: ...

    def set_deaf(self, *, deaf: bool) -> None:
        """Hear silence in place of everybody."""
        ...

    def caption(self, text: str, *, final: bool) -> None:
        """Show what has been said of an answer so far to who is in the room; does not wait."""
        ...

    async def leave_at_once(self) -> None:
        """Leave the room without asking the pipeline."""
        ...


@dataclass(slots=True)
class RoomSession:
    """One agent in one room: where its facts go, and what its connection reports."""

    identity: str
    sink: FactSink
    clock: Clock
    voice: RoomVoice | None = None
    """Set by the connection when it is made."""
    connect_error: BaseException | None = None
    connect_failed: asyncio.Event = field(default_factory=asyncio.Event)
    lost_because: str = ""
    """Why the room was lost for good; empty while it is not, and when the agent left by itself."""


current_session: ContextVar[RoomSession | None] = ContextVar("current_session", default=None)
"""Set in the context that an agent's bot runs in, so that every task of it inherits it."""
