"""What can be seen of one participant, and done with them."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from app.domain.rooms import PERMISSIONS_SHOWN, PersonView, TrackView
from app.ui.controls import (
    Button,
    ElidedLabel,
    Kind,
    MenuButton,
    MenuEntry,
    Role,
    Switch,
    column,
    label,
    menu_of,
    plain_tip,
    row,
)
from app.ui.pages.people_list import HEAD_HEIGHT, TEXT_LEFT
from app.ui.pages.rooms_words import person_name, track_words
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M, Token

SMALL_BUTTON = 26
SAID_OF = {
    "can_publish": "Whether they may send sound",
    "can_subscribe": "Whether they get the sound of the others",
    "can_publish_data": "Whether they may send text and data",
    "can_update_metadata": "Whether they may change their own name, metadata and attributes",
}
OWN = "This is Greenroom itself. It leaves when its call on the Stage ends."
NOTHING_SENT = "They publish nothing that could be muted"


class PermissionGrid(QWidget):
    """The permissions that a person can switch, two in a row."""

    wanted = Signal(str, bool)
    """A permission, named as in `Permissions`, and whether it is to be allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.switches: dict[str, Switch] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        for place, (name, words) in enumerate(PERMISSIONS_SHOWN.items()):
            switch = self.switches[name] = Switch(words)
            switch.setToolTip(plain_tip(SAID_OF[name]))
            switch.clicked.connect(partial(self._ask, name))
            across = row(gap=6)
            caption = ElidedLabel(words, Role.TERTIARY)
            caption.set_ink(Token.TEXT2)
            across.addWidget(caption, 1)
            across.addWidget(switch)
            grid.addLayout(across, place // 2, place % 2)
        self._undecided: frozenset[str] = frozenset()

    def show_permissions(self, person: PersonView, asked: Mapping[str, bool]) -> None:
        """Show what the server says; what was asked for and is not decided shows what was asked."""
        self._undecided = frozenset(asked)
        for name, switch in self.switches.items():
            switch.setChecked(asked.get(name, bool(getattr(person.permissions, name))))

    def _ask(self, name: str) -> None:
        switch = self.switches[name]
        if name in self._undecided:
            switch.setChecked(not switch.isChecked())
        else:
            self.wanted.emit(name, switch.isChecked())


class PersonPanel(QWidget):
    """The open part of a row of people. It stands below the painted head, and lets clicks there through."""

    permission_wanted = Signal(str, bool)
    """A permission, named as in `Permissions`, and whether it is to be allowed."""
    mute_wanted = Signal(str, bool)
    """A track's sid and whether it is to be muted."""
    message_wanted = Signal()
    remove_wanted = Signal()
    move_wanted = Signal()
    copy_wanted = Signal(str)
    """Text for the clipboard."""

    def __init__(self, person: PersonView, *, asks_first: bool) -> None:
        """`asks_first`: removing asks before it acts, which the button's ellipsis announces."""
        super().__init__()
        self.person = person
        self.permissions = PermissionGrid()
        self.permissions.wanted.connect(self.permission_wanted)
        self.mute = Button("Mute")
        self.mute.clicked.connect(self._mute)
        self.message = Button("Message")
        self.message.setToolTip("Send a text message to them alone")
        self.message.clicked.connect(self.message_wanted)
        self.remove = Button("Remove…" if asks_first else "Remove", kind=Kind.DANGER)
        self.remove.setToolTip("Put them out of the room. With a valid token they can come back.")
        self.remove.clicked.connect(self.remove_wanted)
        name = f"More for {person_name(person)}"
        self.more = MenuButton(name, self.entries, side=SMALL_BUTTON)
        self._identity = ElidedLabel("", Role.TERTIARY)
        self._extras = ElidedLabel("", Role.HINT)
        self._lay_out()
        self.show_person(person, {})

    def show_person(self, person: PersonView, asked: Mapping[str, bool]) -> None:
        """Show what is known now; `asked` are the permissions asked for that are not decided yet."""
        self.person = person
        self.permissions.show_permissions(person, asked)
        several = "…" if len(person.tracks) > 1 else ""
        self.mute.set_face(f"{'Unmute' if _all_muted(person.tracks) else 'Mute'}{several}")
        self.mute.setEnabled(bool(person.tracks))
        tracks = ", ".join(track_words(track) for track in person.tracks)
        self.mute.setToolTip(plain_tip(tracks or NOTHING_SENT))
        self._identity.set_text(f"Identity {shown(person.identity)}")
        attributes = [f"{key}={value}" for key, value in sorted(person.attributes.items())]
        self._extras.set_text(" · ".join(filter(None, [person.metadata, *attributes])))
        self._extras.setVisible(bool(self._extras.text()))

    def entries(self) -> Sequence[MenuEntry]:
        """What the three dots offer."""
        person = self.person
        extras = [f"{key}={value}" for key, value in sorted(person.attributes.items())]
        told = [("Copy the identity", person.identity), ("Copy the metadata", person.metadata)]
        told.append(("Copy the attributes", "\n".join(extras)))
        copies = [
            MenuEntry(words, partial(self.copy_wanted.emit, text)) for words, text in told if text
        ]
        move = [] if person.ours else [MenuEntry("Move to another room…", self.move_wanted.emit)]
        return [*move, *copies]

    def _lay_out(self) -> None:
        lines = column(self, (TEXT_LEFT, HEAD_HEIGHT - 3, 0, SPACE_M), 6)
        lines.addWidget(self._identity)
        lines.addWidget(self._extras)
        own = label(OWN, Role.TERTIARY, wrap=True)
        own.setVisible(self.person.ours)
        lines.addWidget(own)
        lines.addWidget(self.permissions)
        acts = row(gap=6)
        for button in (self.mute, self.message, self.remove):
            button.setFixedHeight(SMALL_BUTTON)
            acts.addWidget(button)
        acts.addStretch(1)
        acts.addWidget(self.more)
        lines.addLayout(acts)
        # Only now have they a parent: shown without one, each would be a window.
        for part in (self.permissions, self.mute, self.message, self.remove):
            part.setVisible(not self.person.ours)

    @Slot()
    def _mute(self) -> None:
        tracks = self.person.tracks
        if len(tracks) == 1:
            self.mute_wanted.emit(tracks[0].sid, not tracks[0].muted)
            return
        entries = [
            MenuEntry(
                f"{'Unmute' if track.muted else 'Mute'} {shown(track.source, 40)}",
                partial(self.mute_wanted.emit, track.sid, not track.muted),
            )
            for track in tracks
        ]
        menu_of(self.mute, entries).popup(self.mute.mapToGlobal(self.mute.rect().bottomLeft()))


def _all_muted(tracks: Sequence[TrackView]) -> bool:
    return bool(tracks) and all(track.muted for track in tracks)
