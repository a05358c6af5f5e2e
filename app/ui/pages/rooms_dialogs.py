"""The dialogs of the Rooms page: a new room, its metadata, a message, a move, and the question before an act."""

from collections.abc import Sequence

from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QGridLayout, QWidget

from app.domain.rooms import NewRoom, PersonView, RoomView
from app.domain.servers import ServerKind, ServerProfile
from app.ui.controls import (
    Choice,
    Dialog,
    Field,
    Kind,
    Role,
    TextArea,
    TextField,
    confirmation,
    label,
)
from app.ui.pages.rooms_words import counted, person_name
from app.ui.pages.server_switch import ServerMark
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M

NAME_CAP = 200
METADATA_CAP = 60_000
"""Characters; livekit-server takes 64,000 bytes unless it is told otherwise."""
MESSAGE_CAP = 2_000
MOST_PEOPLE = 10_000
LONGEST_S = 86_400
CANNOT_MOVE = (
    "livekit-server cannot move a participant from one room to another; only LiveKit Cloud can. "
    "Invite them to the other room, and remove them from this one."
)


class NewRoomDialog(Dialog):
    """Asks what a room is to be created with."""

    def __init__(self, over: QWidget, taken: Sequence[str]) -> None:
        """`taken`: names of the rooms that are open already."""
        super().__init__(over, "New room", act="Create the room")
        self._taken = frozenset(taken)
        self.name = TextField("Name", placeholder="library-demo", longest=NAME_CAP)
        self.people = _number_field("People at most", MOST_PEOPLE, "No limit")
        self.empty = _number_field("Closes when nobody comes, after seconds", LONGEST_S, "300")
        self.departure = _number_field("Closes after the last one leaves, seconds", LONGEST_S, "20")
        self.metadata = TextArea("Metadata", placeholder='{"reference": "A-113"}', lines=3)
        self._name = Field("Name", self.name)
        self.body.addWidget(self._name)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_M)
        fields = (
            Field("People at most", self.people),
            Field("Nobody comes: closes after, s", self.empty),
            Field("Last one leaves: closes after, s", self.departure),
        )
        for place, field in enumerate(fields):
            grid.addWidget(field, 0, place)
        self.body.addLayout(grid)
        hint = "Everybody in the room can read it. Leave it empty unless your agent reads it."
        self._metadata = Field("Metadata", self.metadata, hint=hint)
        self.body.addWidget(self._metadata)
        self.name.textChanged.connect(self._clear_error)
        self.name.returnPressed.connect(self.press_act)

    def wanted(self) -> NewRoom | None:
        """What was typed; None, with the field marked, where it cannot be."""
        name = self.name.text().strip()
        if not name:
            self._name.show_error("A room needs a name.")
        elif name in self._taken:
            self._name.show_error("A room of this name is open already.")
        if self._name.error:
            self.name.setFocus()
            return None
        metadata = self.metadata.toPlainText().strip()
        if len(metadata) > METADATA_CAP:
            self._metadata.show_error(f"At most {METADATA_CAP:,} characters.")
            return None
        limits = [int(f.text() or 0) for f in (self.people, self.empty, self.departure)]
        return NewRoom(name, *limits, metadata=metadata)

    def _clear_error(self) -> None:
        self._name.show_error("")


class MetadataDialog(Dialog):
    """Changes what a room says of itself."""

    def __init__(self, over: QWidget, room: RoomView) -> None:
        super().__init__(over, f"Metadata of {shown(room.name, 60)}", act="Save")
        self.area = TextArea("Metadata", lines=8)
        self.area.setPlainText(room.metadata)
        self._field = Field("Text that everybody in the room can read", self.area)
        self.body.addWidget(self._field)

    def wanted(self) -> str | None:
        """The new text, or None where it is too long."""
        text = self.area.toPlainText()
        too_long = len(text) > METADATA_CAP
        self._field.show_error(f"At most {METADATA_CAP:,} characters." if too_long else "")
        return None if too_long else text


class MessageDialog(Dialog):
    """Asks for a text message to one participant, or to all."""

    def __init__(self, over: QWidget, to: str) -> None:
        super().__init__(over, f"Message to {shown(to, 60)}", act="Send")
        self.area = TextArea("Message", placeholder="What they read in their app", lines=3)
        hint = "An agent answers it as if it had been said; a phone shows no text."
        self.body.addWidget(Field("Message", self.area, hint=hint))
        self.area.textChanged.connect(self._allow)
        self._allow()

    def wanted(self) -> str:
        return self.area.toPlainText().strip()[:MESSAGE_CAP]

    def _allow(self) -> None:
        self.set_act("Send", possible=bool(self.wanted()))


class MoveDialog(Dialog):
    """Asks to which room somebody is to be moved, or says why the server cannot."""

    def __init__(
        self, over: QWidget, person: PersonView, server: ServerProfile, rooms: Sequence[str]
    ) -> None:
        """`rooms`: the other rooms that are open."""
        can = server.kind is ServerKind.CLOUD and bool(rooms)
        title = f"Move {shown(person_name(person), 60)}"
        super().__init__(
            over, title, act="Move" if can else "", cancel="Cancel" if can else "Close"
        )
        self.choice = Choice("Room", [(name, name) for name in rooms])
        if can:
            self.body.addWidget(Field("To the room", self.choice))
            return
        self.choice.setParent(self)
        self.choice.hide()
        why = CANNOT_MOVE if server.kind is not ServerKind.CLOUD else "There is no other room here."
        self.body.addWidget(label(why, Role.SECONDARY, wrap=True))


def ask_to_close(over: QWidget, room: RoomView, server: ServerProfile) -> Dialog:
    """The question before a room of a remote server is closed."""
    words = (
        f"{counted(room.people, 'person', 'people')} and every agent in it are disconnected at once. "
        "With a valid token they can open it again."
    )
    return _asked(over, f"Close {shown(room.name, 60)}?", words, "Close the room", server)


def ask_to_remove(over: QWidget, person: PersonView, room: str, server: ServerProfile) -> Dialog:
    """The question before somebody is put out of a room of a remote server."""
    name = shown(person_name(person), 60)
    return _asked(over, f"Remove {name}?", after_removal(name, room), "Remove", server)


def after_removal(name: str, room: str) -> str:
    """What a removed person can still do."""
    return (
        f"{name} leaves {shown(room, 60)} at once and hears nothing more. "
        "With a token that is still valid, or a new one, they can come back. "
        "Whoever gave them the token decides on that."
    )


def _asked(over: QWidget, title: str, words: str, act: str, server: ServerProfile) -> Dialog:
    dialog = confirmation(over, title, words, act, kind=Kind.DANGER)
    dialog.body.insertWidget(0, ServerMark(server))
    return dialog


def _number_field(name: str, most: int, placeholder: str) -> TextField:
    field = TextField(name, placeholder=placeholder, longest=len(str(most)))
    field.setValidator(QIntValidator(0, most, field))
    return field
