"""Where a call takes place: a server, and a room on it that is the call's own or somebody else's."""

import secrets
from collections.abc import Callable

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.ports import FactSink
from app.domain.rooms import PersonKind
from app.media.rooms import Rooms
from app.session.studio import Studio


class Venue:
    """Owns the room of one call. Media loop only."""

    def __init__(
        self,
        studio: Studio,
        access: ServerAccess | None,
        *,
        server: str,
        room: str,
        own_room: bool,
    ) -> None:
        """`access` is that of the server of this name; None is the embedded server, which the studio starts."""
        self._studio = studio
        self._access = access
        self.server = server
        self.room = room
        self.own_room = own_room
        self._rooms: Rooms | None = None
        self._stop_listening: Callable[[], None] | None = None

    @property
    def rooms(self) -> Rooms:
        """The rooms of its server; only after `reach` has returned."""
        assert self._rooms is not None
        return self._rooms

    def identity(self, name: str) -> str:
        """An identity that puts nobody out of a room where others are."""
        return name if self.own_room else f"{name}-{secrets.token_hex(2)}"

    async def reach(self, sink: FactSink) -> ServerAccess:
        """The access of its server, started if it is ours; faults of it are posted from now on. Raises UserError."""
        if self._access is not None:
            self._rooms = Rooms(self._access)
            return self._access
        access = await self._studio.server(sink)
        self._rooms = self._studio.embedded.rooms
        self._stop_listening = self._studio.embedded.add_listener(sink.post)
        return access

    async def open(self) -> None:
        """Open the room, or make sure that somebody else's still is. Raises UserError."""
        if self.own_room:
            await self.rooms.create(self.room)
        elif self.room not in {listing.name for listing in await self.rooms.listed()}:
            raise UserError(f"The room {self.room} is closed.", "Look at the list of rooms again.")

    async def agent_name(self) -> str:
        """The name of the agent that is in the room; empty without one."""
        people = await self.rooms.people(self.room)
        agents = [person for person in people if person.kind is PersonKind.AGENT]
        return next((agent.name or agent.identity for agent in agents), "")

    async def close(self) -> None:
        """Close the room if it is the call's own, and leave the server alone from now on."""
        if self._stop_listening is not None:
            self._stop_listening()
        if self.own_room and self._rooms is not None:
            await self._rooms.delete(self.room)
