"""What a person does with rooms and the people in them, carried to the desk."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.domain.back_office import RoomsDesk
from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.rooms import PersonView, RoomView
from app.domain.servers import ServerProfile
from app.ui.clipboard import CLEAR_AFTER_S, SecretClipboard
from app.ui.controls import Dialog
from app.ui.pages.invite_dialog import InviteDialog
from app.ui.pages.invite_links import InviteLinks
from app.ui.pages.rooms_dialogs import (
    MessageDialog,
    MetadataDialog,
    MoveDialog,
    NewRoomDialog,
    after_removal,
    ask_to_close,
    ask_to_remove,
)
from app.ui.pages.rooms_words import person_name
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope
from app.ui.toasts import Level, Toast

Act = Callable[[], Awaitable[None]]
PRESET = "local"
"""The preset of the agent that is started in a room."""


class RoomActs(QObject):
    """Acts on one server at a time. What destroys asks first where the server is not this computer. UI loop only."""

    told = Signal(object)
    """Toast: what has been done, where nothing on the page shows it."""
    acted = Signal()
    """Something was changed in a room or asked for and refused: who is in it is worth another look."""
    decided = Signal(str, str, bool)
    """Identity and permission that were asked for, and whether the server took it."""
    created = Signal(str)
    """A room was created; carries its name."""
    on_stage = Signal()
    """A call in a room is on the Stage now."""

    def __init__(
        self, desk: RoomsDesk, server: ServerProfile, tasks: TaskScope, clock: Clock, over: QWidget
    ) -> None:
        """`over`: the page, whose window the dialogs cover."""
        super().__init__(over)
        self._desk = desk
        self._tasks = tasks
        self._clock = clock
        self._over = over
        self._links = InviteLinks(desk, tasks, self)
        self._links.failed.connect(self._say_why)
        self._links.opening.connect(self._browse)
        self._clipboard = SecretClipboard(self)
        self.set_server(server)
        self.dialog: Dialog | None = None
        """The one that is open."""

    def set_server(self, server: ServerProfile) -> None:
        """Act on the rooms of another server from now on."""
        self.server = server
        self._links.server = server.name

    # Rooms

    def create(self, taken: Sequence[str]) -> None:
        """Ask for a new room; `taken` are the names of those that are open."""
        dialog = NewRoomDialog(self._over, taken)
        self._open(dialog, partial(self._create, dialog), first=dialog.name)

    def _create(self, dialog: NewRoomDialog) -> None:
        if (room := dialog.wanted()) is not None:
            act = partial(self._desk.create, room)
            self._through(dialog, "Creating…", act, partial(self.created.emit, room.name))

    def close(self, room: RoomView) -> None:
        """Close a room."""
        asks = self.server.asks_first
        question = ask_to_close(self._over, room, self.server) if asks else None
        done = Toast(Level.INFO, f"{shown(room.name, 80)} is closed", key="closed")
        act = partial(self._desk.close_room, room.name)
        self._destroy(question, "Closing…", act, done)

    def change_metadata(self, room: RoomView) -> None:
        """Ask for other metadata of a room."""
        dialog = MetadataDialog(self._over, room)
        self._open(dialog, partial(self._set_metadata, dialog, room.name), first=dialog.area)

    def _set_metadata(self, dialog: MetadataDialog, room: str) -> None:
        if (text := dialog.wanted()) is not None:
            self._through(dialog, "Saving…", partial(self._desk.set_metadata, room, text))

    def invite(self, room: str) -> None:
        """Make a link into a room and show it."""
        dialog = InviteDialog(self._over, self._links, room, self._clock)
        dialog.copy_wanted.connect(self._copy_secret)
        dialog.finished.connect(self._forget_dialog)
        self.dialog = dialog
        dialog.start()

    @Slot(str, object)
    def _say_why(self, room: str, error: UserError) -> None:
        """Say it here where the dialog of the link is gone."""
        if not isinstance(self.dialog, InviteDialog):
            self.told.emit(Toast(Level.ERROR, error.title, error.hint, f"invite {room}"))

    @Slot(str)
    def _copy_secret(self, link: str) -> None:
        self._clipboard.copy(link)
        words = f"The clipboard is emptied again after {CLEAR_AFTER_S} s."
        self.told.emit(Toast(Level.INFO, "The link is on the clipboard", words, "copied"))

    @Slot(str)
    def _browse(self, address: str) -> None:
        if not QDesktopServices.openUrl(QUrl(address)):
            hint = "Copy the link, and open it in a browser yourself."
            self.told.emit(Toast(Level.ERROR, "No browser opened", hint, "browser"))

    def copy(self, text: str) -> None:
        """Put something that is no secret on the clipboard."""
        QGuiApplication.clipboard().setText(text)
        self.told.emit(Toast(Level.INFO, "Copied", key="copied"))

    def open_on_stage(self, room: str, *, speaking: bool) -> None:
        """Watch a room on the Stage, or speak in it as a caller."""
        act = partial(self._desk.open_on_stage, room, speaking=speaking)
        doing = "join the room as a caller" if speaking else "open the room on the Stage"
        self._start(self._do(act, self.on_stage.emit), doing=doing)

    def start_agent(self, room: str) -> None:
        """Start an agent of ours in a room."""
        act = partial(self._desk.start_agent, room, PRESET)
        self._start(self._do(act, self.on_stage.emit), doing="start an agent in the room")

    # People

    def message(self, room: str, person: PersonView | None) -> None:
        """Ask for a message to somebody; to all of the room without a person."""
        to = person_name(person) if person else f"all in {shown(room, 60)}"
        dialog = MessageDialog(self._over, to)
        identity = person.identity if person else ""
        self._open(dialog, partial(self._send, dialog, room, identity), first=dialog.area)

    def _send(self, dialog: MessageDialog, room: str, identity: str) -> None:
        act = partial(self._desk.send, room, identity, dialog.wanted())
        sent = Toast(Level.INFO, "The message is sent", key="message")
        self._through(dialog, "Sending…", act, partial(self.told.emit, sent))

    def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> None:
        """Mute a track, or ask its owner's client to open it again."""
        act = partial(self._desk.mute, room, identity, track_sid, muted=muted)
        self._start(self._do(act), doing="mute the track" if muted else "unmute the track")

    def permit(self, room: str, identity: str, permission: str, *, allowed: bool) -> None:
        """Change one permission; `decided` follows."""
        act = partial(self._desk.permit, room, identity, permission, allowed=allowed)
        self._start(self._permit(act, identity, permission), doing="change the permission")

    async def _permit(self, act: Act, identity: str, permission: str) -> None:
        taken = False
        try:
            await act()
            taken = True
        finally:
            self.decided.emit(identity, permission, taken)
            self.acted.emit()

    def remove(self, room: str, person: PersonView) -> None:
        """Put somebody out of a room, and say what they can still do."""
        asks = self.server.asks_first
        question = ask_to_remove(self._over, person, room, self.server) if asks else None
        name = shown(person_name(person), 60)
        done = Toast(Level.INFO, f"{name} is removed", after_removal(name, room), "removed")
        act = partial(self._desk.remove, room, person.identity)
        self._destroy(question, "Removing…", act, done)

    def move(self, room: str, person: PersonView, others: Sequence[str]) -> None:
        """Move somebody to another room, or say why that is not possible."""
        dialog = MoveDialog(self._over, person, self.server, others)
        self._open(dialog, partial(self._move, dialog, room, person.identity))

    def _move(self, dialog: MoveDialog, room: str, identity: str) -> None:
        act = partial(self._desk.move, room, identity, dialog.choice.value)
        self._through(dialog, "Moving…", act)

    # How an act is done

    def _open(
        self, dialog: Dialog, accept: Callable[[], None] | None, first: QWidget | None = None
    ) -> None:
        """Open a dialog, and do `accept` when its act is pressed."""
        if accept is not None:
            dialog.accepted.connect(accept)
        dialog.finished.connect(self._forget_dialog)
        self.dialog = dialog
        dialog.open(first)

    @Slot()
    def _forget_dialog(self) -> None:
        self.dialog = None

    def _destroy(self, question: Dialog | None, busy: str, act: Act, done: Toast) -> None:
        """Do what cannot be undone: at once, or when the question is answered."""
        say = partial(self.told.emit, done)
        if question is None:
            doing = "close the room" if done.key == "closed" else "remove them from the room"
            self._start(self._do(act, say), doing=doing)
        else:
            self._open(question, partial(self._through, question, busy, act, say))

    def _through(
        self, dialog: Dialog, busy: str, act: Act, then: Callable[[], object] | None = None
    ) -> None:
        """Do what a dialog asked for; it stays open and says why when that fails."""
        dialog.show_busy(busy)
        self._start(self._do_through(dialog, act, then), doing=f"finish “{dialog.title}”")

    async def _do_through(
        self, dialog: Dialog, act: Act, then: Callable[[], object] | None
    ) -> None:
        try:
            await self._do(act, then)
        except UserError as error:
            if not _is_open(dialog):
                raise
            dialog.show_error(error.title, error.hint)
        else:
            if _is_open(dialog):
                dialog.done()

    async def _do(self, act: Act, then: Callable[[], object] | None = None) -> None:
        try:
            await act()
            if then is not None:
                then()
        finally:
            self.acted.emit()

    def _start(self, work: Coroutine[Any, Any, None], *, doing: str) -> None:
        self._tasks.spawn(work, doing=doing)


def _is_open(dialog: Dialog) -> bool:
    """Whether a dialog still stands there to say what came of it."""
    return isValid(dialog) and dialog.isVisible()
