"""The links into rooms that were made on the Rooms page, and what is done with them."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.domain.back_office import RoomsDesk
from app.domain.errors import UserError
from app.domain.rooms import InviteView
from app.ui.tasks import TaskScope

MAKE = "make a link into the room"
OPEN = "open the link in the browser"
REVOKE = "revoke the link"


class InviteLinks(QObject):
    """The newest link of each room, kept while Greenroom runs so that it can be revoked. UI loop only."""

    changed = Signal(str)
    """A link into this room was made or revoked."""
    failed = Signal(str, object)
    """Room and UserError: why a link into it was not made, not opened or not surely revoked."""
    opening = Signal(str)
    """An address to open in this computer's browser: leads to a link once, and holds no ticket."""

    def __init__(self, desk: RoomsDesk, tasks: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self._links: dict[tuple[str, str], InviteView] = {}
        self.server = ""
        """The server whose rooms are meant."""

    def of(self, room: str) -> InviteView | None:
        """The newest link into a room of the server, good or not."""
        return self._links.get((self.server, room))

    def make(self, room: str, *, on_network: bool) -> None:
        """Make a link, and revoke the one before it: `changed` or `failed` follows."""
        self._tasks.spawn(self._make(self.server, room, on_network=on_network), doing=MAKE)

    def browse(self, room: str) -> None:
        """Open the newest link in the browser: `opening` or `failed` follows."""
        if (invite := self.of(room)) is not None:
            self._tasks.spawn(self._browse(invite), doing=OPEN)

    def revoke(self, room: str) -> None:
        """Make the newest link useless: `changed` follows, then `failed` where the server does not confirm."""
        if (invite := self.of(room)) is not None:
            self._tasks.spawn(self._revoke(self.server, invite), doing=REVOKE)

    async def _make(self, server: str, room: str, *, on_network: bool) -> None:
        before = self._links.get((server, room))
        try:
            self._links[server, room] = await self._desk.invite(room, on_network=on_network)
            self.changed.emit(room)
            if before is not None and not before.revoked:
                await self._desk.revoke(before)
        except UserError as error:
            self.failed.emit(room, error)

    async def _browse(self, invite: InviteView) -> None:
        try:
            self.opening.emit(await self._desk.open_url(invite))
        except UserError as error:
            self.failed.emit(invite.room, error)

    async def _revoke(self, server: str, invite: InviteView) -> None:
        unsure = None
        try:
            await self._desk.revoke(invite)
        except UserError as error:
            # The link is dead all the same; it is the guest's absence that is not confirmed.
            unsure = error
        if self._links.get((server, invite.room)) is invite:
            self._links[server, invite.room] = replace(invite, revoked=True)
        self.changed.emit(invite.room)
        if unsure is not None:
            self.failed.emit(invite.room, unsure)
