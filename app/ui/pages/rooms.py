"""The rooms of one server, live, and the one of them that is chosen."""

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.back_office import RoomsDesk, ServerDesk
from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.rooms import RoomsSnapshot, RoomView
from app.domain.servers import ServerProfile, ServerView
from app.ui.controls import column, menu_of, row
from app.ui.keys import on_key
from app.ui.pages.people_watch import PeopleWatch
from app.ui.pages.room_inspector import NONE_CHOSEN, RoomInspector
from app.ui.pages.room_menu import room_entries
from app.ui.pages.rooms_acts import RoomActs
from app.ui.pages.rooms_bar import RoomsBar, TroubleLine
from app.ui.pages.rooms_blank import Blank
from app.ui.pages.rooms_model import RoomsModel
from app.ui.pages.rooms_table import RoomsTable
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope

TICK_MS = 1000
LOOK_AT_SERVERS = "look at the servers"
REFRESH = "refresh the rooms"


class RoomsPage(QWidget):
    """Shows the rooms of the chosen server while it is seen, and only then has them watched. UI loop only."""

    told = Signal(object)
    """Toast: what has been done, or could not be."""
    server_chosen = Signal(str)
    """Somebody wants to see another server's rooms; carries its name."""
    wanting = Signal(int)
    """How many rooms need somebody now, also while the page is not seen."""
    on_stage = Signal()
    """A room was brought to the Stage: show that."""

    def __init__(self, tasks: TaskScope, time: Clock, first_server: str = "") -> None:
        """It starts without a desk; `give_desk` brings it. `first_server` is shown first, if it is still there."""
        super().__init__()
        self._first_server = first_server
        self._tasks = tasks
        self._time = time
        self._desk: RoomsDesk | None = None
        self._server_desk: ServerDesk | None = None
        self._servers: tuple[ServerView, ...] = ()
        self._server: ServerProfile | None = None
        self._no_servers: UserError | None = None
        self._snapshot: RoomsSnapshot | None = None
        self._wanted = ""
        self.acts: RoomActs | None = None
        """What is done with rooms; there once there is a server."""
        self._people: PeopleWatch | None = None
        self.bar = RoomsBar()
        self.model = RoomsModel(self)
        self.table = RoomsTable(self.model)
        self.trouble = TroubleLine()
        self.inspector = RoomInspector()
        self.blank = Blank()
        self.unfound = Blank()
        self._lists = QStackedWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._show()

    def give_desk(self, rooms: RoomsDesk, servers: ServerDesk) -> None:
        """From now on rooms can be watched."""
        self._desk, self._server_desk = rooms, servers
        self._people = PeopleWatch(rooms, self._tasks, self)
        self._people.seen.connect(self.inspector.show_people)
        self._people.failed.connect(self.inspector.show_people_trouble)
        if self.isVisible():
            self._look_at_servers()

    @property
    def server(self) -> str:
        """The name of the server whose rooms are shown; empty before one is known."""
        return self._server.name if self._server is not None else ""

    # Servers

    def _look_at_servers(self) -> None:
        if self._server_desk is not None and not self._tasks.busy(LOOK_AT_SERVERS):
            work = self._find_servers(self._server_desk)
            self._tasks.spawn(work, doing=LOOK_AT_SERVERS)

    async def _find_servers(self, desk: ServerDesk) -> None:
        try:
            self._servers = await desk.look()
        except UserError as error:
            self._no_servers = error
            self._show()
            return
        self._no_servers = None
        profiles = [view.profile for view in self._servers]
        wanted = self.server or self._first_server
        held = next((profile for profile in profiles if profile.name == wanted), None)
        self._watch(held or profiles[0])

    @Slot(str)
    def choose_server(self, name: str) -> None:
        """Show the rooms of another server."""
        profile = next((v.profile for v in self._servers if v.profile.name == name), None)
        if profile is not None and name != self.server:
            self._watch(profile)
            self.server_chosen.emit(name)

    def _watch(self, profile: ServerProfile) -> None:
        """Have a server watched, as far as the page is seen."""
        desk = self._desk
        assert desk is not None, "a server comes with the desk"
        if profile.name != self.server:
            self._snapshot = None
            self.wanting.emit(0)
            self._server = profile
            self.table.choose("")
            self.inspector.show_none()
            self.table.show_rooms(())
        self._server = profile
        if self.acts is None:
            self.acts = self._new_acts(desk, profile)
        self.acts.set_server(profile)
        self.bar.switch.show_servers(self._servers, profile.name)
        self._show()
        if self.isVisible():
            desk.watch(profile.name, self._take)

    def _new_acts(self, desk: RoomsDesk, profile: ServerProfile) -> RoomActs:
        acts = RoomActs(desk, profile, self._tasks, self._time, self)
        acts.told.connect(self.told)
        acts.on_stage.connect(self.on_stage)
        acts.acted.connect(self.refresh)
        acts.created.connect(self._created)
        self.inspector.give_acts(acts)
        return acts

    # What is known

    def _take(self, snapshot: RoomsSnapshot) -> None:
        """Show what the desk has seen."""
        if snapshot.server != self.server:
            return
        self._snapshot = snapshot
        self.wanting.emit(snapshot.wanting)
        self.table.show_rooms(snapshot.rooms)
        if self._wanted and self.model.row_of(self._wanted) is not None:
            self.table.choose(self._wanted)
            self._wanted = ""
        self._show_chosen()
        if self._people is not None and not snapshot.trouble and self.isVisible():
            self._people.look_if_idle()
        self._show()

    @Slot()
    def refresh(self) -> None:
        """Look at the rooms and at the people of the chosen one again, now."""
        if self._people is not None:
            self._people.look()
        if self._desk is not None and self._server is not None and not self._tasks.busy(REFRESH):
            self._tasks.spawn(self._refresh(self._desk), doing=REFRESH)

    async def _refresh(self, desk: RoomsDesk) -> None:
        await desk.refresh()

    def _show(self) -> None:
        """Show the list, or what there is in its place."""
        snapshot = self._snapshot
        trouble = snapshot.trouble if snapshot is not None else ""
        self.trouble.show_trouble(trouble)
        self.table.set_stale(stale=bool(trouble))
        self.bar.new.setEnabled(self.acts is not None)
        if self._no_servers is not None and snapshot is None:
            self.blank.show_words(self._no_servers.title, self._no_servers.hint, "Try again")
        elif snapshot is None or (snapshot.as_of is None and not trouble):
            who = shown(self.server, 60)
            self.blank.show_running(f"Asking {who} for its rooms…" if who else "Starting…")
        elif trouble and not snapshot.rooms:
            title = f"The rooms of {shown(self.server, 60)} are not known."
            self.blank.show_words(title, trouble, "Try again")
        else:
            opens = (
                "A room opens when somebody joins it, or when you make one. Then it stands here."
            )
            self.blank.show_words("No rooms are open.", opens, "New room")
        self._pages.setCurrentWidget(self._whole if snapshot and snapshot.rooms else self.blank)
        self._show_found()
        self._tick()

    def _show_found(self) -> None:
        found = self.model.rowCount() > 0
        needle = shown(self.bar.search.text(), 60)
        self.unfound.show_words(
            "Nothing found.", f"No room here has to do with “{needle}”.", "Show all"
        )
        self._lists.setCurrentWidget(self.table if found else self.unfound)

    def _show_chosen(self) -> None:
        """Show the chosen room, or that it is gone."""
        room = self._room(self.table.current_room)
        if room is not None:
            others = [r.name for r in self._rooms() if r.name != room.name]
            self.inspector.show_room(room, others)
        elif gone := self.inspector.room:
            closed = self._room(gone) is None
            self.inspector.show_none(f"{shown(gone, 80)} is closed." if closed else NONE_CHOSEN)
        self.inspector.tick(self._time.now())

    def _rooms(self) -> tuple[RoomView, ...]:
        return self._snapshot.rooms if self._snapshot is not None else ()

    def _room(self, name: str) -> RoomView | None:
        return next((room for room in self._rooms() if room.name == name), None)

    @Slot()
    def _tick(self) -> None:
        now = self._time.now()
        self.bar.tick(self._snapshot, now)
        self.table.tick(now)
        self.inspector.tick(now)

    # What is pressed

    @Slot(str)
    def _chosen(self, name: str) -> None:
        self._show_chosen()
        if self._people is not None:
            self._people.choose(name)

    @Slot(str)
    def _opened(self, name: str) -> None:
        if self.acts is not None:
            self.acts.open_on_stage(name, speaking=False)

    @Slot(str, QPoint)
    def _open_menu(self, name: str, at: QPoint) -> None:
        room = self._room(name)
        if self.acts is not None and room is not None:
            menu_of(self, room_entries(self.acts, room)).popup(at)

    @Slot()
    def new_room(self) -> None:
        """Ask for a new room."""
        if self.acts is not None and self.acts.dialog is None:
            self.acts.create([room.name for room in self._rooms()])

    @Slot(str)
    def _created(self, name: str) -> None:
        self._wanted = name
        self.bar.search.clear()

    @Slot()
    def _act_of_blank(self) -> None:
        if self._snapshot is None:
            self._look_at_servers()
        elif self._snapshot.trouble:
            self.refresh()
        else:
            self.new_room()

    @Slot()
    def _search(self) -> None:
        self.table.set_needle(self.bar.search.text())
        self._show_found()

    @Slot()
    def _to_search(self) -> None:
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    @Slot()
    def _to_list(self) -> None:
        if self.model.rowCount():
            self.table.choose(self.table.current_room or self.model.key(0))
            self.table.setFocus(Qt.FocusReason.TabFocusReason)

    # Parts

    def _lay_out(self) -> None:
        self._whole = QWidget()
        across = row(self._whole)
        left = column(None)
        left.addWidget(self.trouble)
        held = column(None, (10, 6, 10, 0))
        held.addWidget(self._lists)
        left.addLayout(held, 1)
        across.addLayout(left, 1)
        across.addWidget(self.inspector)
        self._lists.addWidget(self.table)
        self._lists.addWidget(self.unfound)
        self._pages.addWidget(self._whole)
        self._pages.addWidget(self.blank)
        lines = column(self)
        lines.addWidget(self.bar)
        lines.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.bar.switch.chosen.connect(self.choose_server)
        self.bar.search.textChanged.connect(self._search)
        self.bar.search.returnPressed.connect(self._to_list)
        self.bar.new.clicked.connect(self.new_room)
        self.trouble.again.clicked.connect(self.refresh)
        self.blank.act.clicked.connect(self._act_of_blank)
        self.unfound.act.clicked.connect(self.bar.search.clear)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self._opened)
        self.table.menu_wanted.connect(self._open_menu)
        on_key(self, "F5").connect(self.refresh)
        on_key(self, "Ctrl+N").connect(self.new_room)
        on_key(self, "Ctrl+F").connect(self._to_search)

    def order_tabs(self) -> None:
        """Let Tab go over the page as one reads it."""
        parts = (self.bar.switch, self.bar.search, self.bar.new, self.trouble.again, self.table)
        for earlier, later in pairwise(parts):
            self.setTabOrder(earlier, later)
        self.inspector.order_tabs(self.table)

    # Qt

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        # Only within its window does an order hold.
        self.order_tabs()
        self._timer.start()
        self._look_at_servers()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._timer.stop()
        if self._desk is not None:
            self._desk.rest()
