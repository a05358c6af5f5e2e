"""What the pages Keys, Settings and Rooms ask of the tiers, as protocols.

UI loop only; every coroutine may raise `UserError` and keeps its own deadlines. None of them holds up the UI.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.domain.agent_desk import AgentDesk
from app.domain.call_plan import CallPlan
from app.domain.keys import FoundKey, KeysView, KeyTest
from app.domain.rooms import InviteView, NewRoom, PersonView, RoomsSnapshot
from app.domain.servers import FoundServer, ServerProfile, ServerView, TestStep, TokenReport
from app.domain.step_outcome import DeviceTest


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The desks of the pages beside the Stage."""

    keys: "KeyDesk"
    servers: "ServerDesk"
    rooms: "RoomsDesk"
    agents: AgentDesk | None = None
    """Without it the page Agents is not offered."""


class KeyDesk(Protocol):
    """The API keys of this account."""

    async def look(self) -> KeysView:
        """The keyring as it is now, and all keys. Never raises for a keyring that is locked, absent or hung."""
        ...

    async def put(self, provider_id: str, value: str) -> None:
        """Store a key, or replace it; for this session only where there is no keyring."""
        ...

    async def test(self, provider_id: str) -> KeyTest:
        """Make the provider's cheapest real call with the key, and remember what came of it."""
        ...

    async def remove(self, provider_id: str) -> None: ...

    async def reveal(self, provider_id: str) -> str:
        """The key itself, for the clipboard alone."""
        ...

    async def unlock(self) -> None:
        """Have the keyring ask for its password, or for a first one, and move into it what only memory holds.

        Takes as long as the person does. Raises UserError when it is no more usable than before.
        """
        ...

    async def found(self, env_file: Path | None) -> tuple[FoundKey, ...]:
        """The keys in a `.env` file, or in the environment; nothing is stored."""
        ...

    async def take(self, env_file: Path | None, variables: Sequence[str]) -> None:
        """Store those of `found` that were ticked."""
        ...


class ServerDesk(Protocol):
    """The server profiles of this account."""

    async def look(self) -> tuple[ServerView, ...]:
        """This computer first, the others by name."""
        ...

    async def put(self, profile: ServerProfile, key: str, secret: str, replacing: str = "") -> None:
        """Add a profile, or change the one named `replacing`; an empty key and secret leave those stored."""
        ...

    async def remove(self, name: str) -> None: ...

    async def test(
        self, name: str, on_step: Callable[[TestStep], None], devices: DeviceTest | None = None
    ) -> tuple[TestStep, ...]:
        """Run the connection test; cancel it between steps by cancelling this.

        `on_step` is called on the UI loop, and `devices` runs there as the last step, which is skipped without it.
        """
        ...

    async def found(self) -> tuple[FoundServer, ...]:
        """Servers in the `lk` configuration and in LIVEKIT_* variables; nothing is stored."""
        ...

    async def take(self, names: Sequence[str]) -> None:
        """Store those of `found` that were ticked."""
        ...

    async def inspect(self, token: str) -> TokenReport:
        """What a pasted token says, and which profile's key signed it."""
        ...

    async def join_plan(
        self, token: str, url: str, *, unencrypted_confirmed: bool = False
    ) -> CallPlan:
        """How to join the room that a pasted token is for.

        `url` is the address of its server; it matters only where no profile's key signed the token.
        """
        ...


class RoomsDesk(Protocol):
    """The rooms of one server at a time."""

    def watch(self, server: str, on_snapshot: Callable[[RoomsSnapshot], None]) -> None:
        """Keep looking at a server until another is watched; `on_snapshot` is called on the UI loop."""
        ...

    def rest(self) -> None:
        """Nobody sees the page: look seldom from now on, for the count of rooms that need somebody."""
        ...

    async def refresh(self) -> None:
        """Look now."""
        ...

    async def people(self, room: str) -> tuple[PersonView, ...]: ...

    async def create(self, room: NewRoom) -> None: ...

    async def close_room(self, room: str) -> None: ...

    async def set_metadata(self, room: str, metadata: str) -> None: ...

    async def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> None: ...

    async def remove(self, room: str, identity: str) -> None: ...

    async def permit(self, room: str, identity: str, permission: str, *, allowed: bool) -> None:
        """Change one permission, named as in `Permissions`; the others stay as they are on the server."""
        ...

    async def send(self, room: str, identity: str, text: str) -> None:
        """Send a text message to one participant; to all with an empty identity."""
        ...

    async def move(self, room: str, identity: str, to_room: str) -> None:
        """Move a participant where the server can; the error says why it cannot."""
        ...

    async def invite(self, room: str, *, on_network: bool) -> InviteView:
        """Make a link for one person: ten minutes, microphone only."""
        ...

    async def open_url(self, invite: InviteView) -> str:
        """A new address that leads a browser of this computer to a link, once, within a minute."""
        ...

    async def revoke(self, invite: InviteView) -> None:
        """Make a link useless, and put out who came by it.

        The link is dead in any case: the error says that the server does not confirm the guest's absence.
        """
        ...

    async def start_agent(self, room: str, preset: str) -> None:
        """Start an agent of ours in a room and bring its call to the Stage."""
        ...

    async def open_on_stage(self, room: str, *, speaking: bool) -> None:
        """Watch a room on the Stage, as a hidden listener or also as a caller."""
        ...
