"""One room: what is known of it, who is in it, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from app.domain.errors import UserError
from app.domain.rooms import PersonView, RoomView
from app.ui.controls import (
    Button,
    ElidedLabel,
    Kind,
    MenuButton,
    MenuEntry,
    Pane,
    Role,
    SquareButton,
    column,
    label,
    pane,
    row,
)
from app.ui.pages.people_list import PeopleList
from app.ui.pages.person_panel import PersonPanel
from app.ui.pages.room_menu import close_words, room_entries
from app.ui.pages.rooms_acts import RoomActs
from app.ui.pages.rooms_words import closes_words, counted, opened_words, people_words
from app.ui.plain_text import shown_lines
from app.ui.tokens import SPACE_L, SPACE_M, SPACE_S, Token

WIDTH = 360
CAPTION_WIDTH = 78
NONE_CHOSEN = "Choose a room to see who is in it."
LOOKING = "Looking who is in it…"
NOBODY = "Nobody is in it. Invite somebody, or start an agent."


class RoomInspector(QWidget):
    """Shows the chosen room and its people. UI thread only."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._acts: RoomActs | None = None
        self._room: RoomView | None = None
        self._people: tuple[PersonView, ...] | None = None
        self._others: tuple[str, ...] = ()
        self._asked: dict[str, dict[str, bool]] = {}
        self._panel: PersonPanel | None = None
        self.name = ElidedLabel("", Role.TITLE)
        self.sid = ElidedLabel("", Role.CLOCK)
        self.sid.set_ink(Token.TEXT3)
        self.more = MenuButton("What can be done with this room", self._entries)
        self.facts = {what: ElidedLabel("", Role.BODY) for what in ("Opened", "People", "Closes")}
        self.metadata = ElidedLabel("", Role.CLOCK)
        self.metadata.set_ink(Token.TEXT)
        self.edit = SquareButton("pencil", "Change the metadata", side=24)
        self.note = label("", Role.TERTIARY, wrap=True)
        self.people = PeopleList()
        self.stage = Button("Open on the Stage", kind=Kind.PRIMARY)
        self.stage.setToolTip("Listen, hidden, and see the call on the Stage (Return)")
        self.invite = Button("Invite", icon="link")
        self.invite.setToolTip("Make a link for one person")
        self.agent = Button("Start an agent", icon="bot")
        self.agent.setToolTip("Let the local agent join this room")
        self.join = Button("Join as caller", icon="mic")
        self.join.setToolTip("Talk in this room, with the call on the Stage")
        self.close_room = Button("Close room", icon="square", kind=Kind.DANGER)
        self.close_room.setToolTip("Disconnect everybody and end the room")
        self.words = label(NONE_CHOSEN, Role.SECONDARY, wrap=True)
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()

    def give_acts(self, acts: RoomActs) -> None:
        """From now on something can be done."""
        self._acts = acts
        acts.decided.connect(self._decided)

    @property
    def room(self) -> str:
        """The name of the room that is shown; empty for none."""
        return self._room.name if self._room is not None else ""

    def show_room(self, room: RoomView, others: Sequence[str]) -> None:
        """Show a room, or what has changed in it; `others` are the rooms that somebody could be moved to."""
        if room.name != self.room:
            self._people = None
            self._asked.clear()
            self.people.shut()
            self._show_people(LOOKING)
        self._room, self._others = room, tuple(others)
        self.name.set_text(room.name)
        self.sid.set_text(room.sid)
        self.facts["People"].set_text(people_words(room))
        self.facts["Closes"].set_text(closes_words(room))
        self.metadata.set_text(room.metadata or "none")
        self.metadata.set_ink(Token.TEXT if room.metadata else Token.TEXT3)
        words = close_words(self._acts) if self._acts is not None else self.close_room.text()
        if words != self.close_room.text():
            self.close_room.set_face(words, icon="square", kind=Kind.DANGER)
        self._pages.setCurrentIndex(1)

    def show_none(self, words: str = NONE_CHOSEN) -> None:
        """Show that no room is chosen, or why there is none now."""
        self._room = None
        self._people = None
        self.people.shut()
        self.words.setText(shown_lines(words, 300))
        self._pages.setCurrentIndex(0)

    def tick(self, now: float) -> None:
        """Tell the room's age at the time `now`."""
        if self._room is not None:
            self.facts["Opened"].set_text(opened_words(self._room, now))

    @Slot(object)
    def show_people(self, people: tuple[PersonView, ...]) -> None:
        """Show who is in the room now."""
        if self._room is None:
            return
        self._people = people
        self._show_people("" if people else NOBODY)

    @Slot(object)
    def show_people_trouble(self, error: UserError) -> None:
        """Say why it is not known who is in the room now; who was in it before stays."""
        if self._room is not None:
            self._show_people(str(error), Token.WARN)

    def order_tabs(self, before: QWidget) -> None:
        """Let Tab go over this after `before`, from the top to the bottom."""
        parts = (self.more, self.edit, self.people, self.stage, self.invite, self.agent, self.join)
        for part in (*parts, self.close_room):
            self.setTabOrder(before, part)
            before = part

    # People

    def _show_people(self, note: str, ink: Token = Token.TEXT3) -> None:
        people = self._people or ()
        self.note.set_ink(ink)
        self.note.setText(shown_lines(note, 400))
        self.note.setVisible(bool(note))
        self.people.setVisible(bool(people))
        self._spring.setVisible(not people)
        self.people.show_people(people)
        self._count.setText(counted(len(people), "participant", "participants") if people else "")
        self._refresh_panel()

    def _refresh_panel(self) -> None:
        person = self.people.open_person
        if self._panel is not None and person is not None:
            self._panel.show_person(person, self._asked.get(person.identity, {}))
            self.people.fit()

    @Slot(str)
    def _opened(self, identity: str) -> None:
        """Put what can be done with somebody into their row."""
        self._panel = None
        person = self.people.open_person
        if not identity or person is None or self._acts is None:
            return
        panel = self._panel = PersonPanel(person, asks_first=self._acts.server.asks_first)
        panel.permission_wanted.connect(self._permit)
        panel.mute_wanted.connect(self._mute)
        panel.message_wanted.connect(self._message)
        panel.remove_wanted.connect(self._remove)
        panel.move_wanted.connect(self._move)
        panel.copy_wanted.connect(self._acts.copy)
        self.people.put_panel(panel)
        self._refresh_panel()

    @Slot(str, bool)
    def _permit(self, permission: str, allowed: bool) -> None:
        if self._panel is None or self._acts is None:
            return
        identity = self._panel.person.identity
        self._asked.setdefault(identity, {})[permission] = allowed
        self._refresh_panel()
        self._acts.permit(self.room, identity, permission, allowed=allowed)

    @Slot(str, str, bool)
    def _decided(self, identity: str, permission: str, taken: bool) -> None:
        """Show what the server took at once; what it refused goes back to what it was."""
        allowed = self._asked.get(identity, {}).pop(permission, None)
        if taken and allowed is not None:
            people = self._people or ()
            self._people = tuple(
                _permitted(who, permission, allowed=allowed) if who.identity == identity else who
                for who in people
            )
            self.people.show_people(self._people)
        self._refresh_panel()

    @Slot(str, bool)
    def _mute(self, track_sid: str, muted: bool) -> None:
        if self._panel is not None and self._acts is not None:
            identity = self._panel.person.identity
            self._acts.mute(self.room, identity, track_sid, muted=muted)

    @Slot()
    def _message(self) -> None:
        if self._panel is not None and self._acts is not None:
            self._acts.message(self.room, self._panel.person)

    @Slot()
    def _remove(self) -> None:
        if self._panel is not None and self._acts is not None:
            self._acts.remove(self.room, self._panel.person)

    @Slot()
    def _move(self) -> None:
        if self._panel is not None and self._acts is not None:
            self._acts.move(self.room, self._panel.person, self._others)

    # The room

    def _entries(self) -> list[MenuEntry]:
        if self._acts is None or self._room is None:
            return []
        return room_entries(self._acts, self._room)

    @Slot()
    def _open_stage(self) -> None:
        if self._acts is not None:
            self._acts.open_on_stage(self.room, speaking=False)

    @Slot()
    def _join(self) -> None:
        if self._acts is not None:
            self._acts.open_on_stage(self.room, speaking=True)

    @Slot()
    def _invite(self) -> None:
        if self._acts is not None:
            self._acts.invite(self.room)

    @Slot()
    def _start_agent(self) -> None:
        if self._acts is not None:
            self._acts.start_agent(self.room)

    @Slot()
    def _close(self) -> None:
        if self._acts is not None and self._room is not None:
            self._acts.close(self._room)

    @Slot()
    def _edit(self) -> None:
        if self._acts is not None and self._room is not None:
            self._acts.change_metadata(self._room)

    # Parts

    def _lay_out(self) -> None:
        ground = pane(Pane.MIX)
        column(self).addWidget(ground)
        column(ground, (1, 0, 0, 0)).addWidget(self._pages)
        self._pages.addWidget(self._blank())
        self._pages.addWidget(self._whole())

    def _blank(self) -> QWidget:
        page = QWidget()
        lines = column(page, (SPACE_L, SPACE_L, SPACE_L, SPACE_L))
        lines.addStretch(2)
        self.words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        lines.addWidget(self.words)
        lines.addStretch(3)
        return page

    def _whole(self) -> QWidget:
        page = QWidget()
        lines = column(page, (SPACE_L, 14, SPACE_L, 14), SPACE_M)
        head = row(gap=SPACE_S)
        names = column(gap=1)
        names.addWidget(self.name)
        names.addWidget(self.sid)
        head.addLayout(names, 1)
        head.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(head)
        lines.addLayout(self._facts())
        caption = row()
        caption.addWidget(label("People", Role.CAPTION), 1)
        self._count = label("", Role.HINT)
        caption.addWidget(self._count)
        lines.addLayout(caption)
        lines.addWidget(self.note)
        lines.addWidget(self.people, 1)
        self._spring = QWidget()
        lines.addWidget(self._spring, 1)
        lines.addLayout(self._buttons())
        return page

    def _facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, CAPTION_WIDTH)
        grid.setColumnStretch(1, 1)
        for place, (what, text) in enumerate(self.facts.items()):
            grid.addWidget(label(what, Role.TERTIARY), place, 0)
            grid.addWidget(text, place, 1)
        grid.addWidget(label("Metadata", Role.TERTIARY), len(self.facts), 0)
        across = row(gap=SPACE_S)
        across.addWidget(self.metadata, 1)
        across.addWidget(self.edit)
        grid.addLayout(across, len(self.facts), 1)
        return grid

    def _buttons(self) -> QGridLayout:
        lines = QGridLayout()
        lines.setHorizontalSpacing(SPACE_S)
        lines.setVerticalSpacing(SPACE_S)
        for place, button in enumerate((self.stage, self.invite, self.agent, self.join)):
            lines.addWidget(button, place // 2, place % 2, Qt.AlignmentFlag.AlignLeft)
        lines.addWidget(self.close_room, 2, 0, Qt.AlignmentFlag.AlignLeft)
        lines.setColumnStretch(1, 1)
        return lines

    def _connect(self) -> None:
        self.people.opened.connect(self._opened)
        self.stage.clicked.connect(self._open_stage)
        self.join.clicked.connect(self._join)
        self.invite.clicked.connect(self._invite)
        self.agent.clicked.connect(self._start_agent)
        self.close_room.clicked.connect(self._close)
        self.edit.clicked.connect(self._edit)


def _permitted(person: PersonView, permission: str, *, allowed: bool) -> PersonView:
    changed = replace(person.permissions, **{permission: allowed})  # pyright: ignore[reportArgumentType]
    return replace(person, permissions=changed)
