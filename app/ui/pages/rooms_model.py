"""The rooms of a server as a table model: those that match the search, what is wrong first."""

from collections.abc import Iterable
from enum import IntEnum

from PySide6.QtCore import QObject, Qt

from app.domain.rooms import RoomView, Trouble
from app.ui.keyed_model import ROOT, Index, KeyedModel
from app.ui.pages.rooms_words import room_sentence
from app.ui.plain_text import plain_tip, shown
from app.ui.views.figures import NONE, clock


class RoomColumn(IntEnum):
    ROOM = 0
    OPEN_FOR = 1
    PEOPLE = 2
    AGENT = 3
    NOW = 4
    MENU = 5


HEADS = ("Room", "Open for", "People", "Agent", "Now", "")
RIGHT = (RoomColumn.OPEN_FOR, RoomColumn.PEOPLE)
_URGENCY = {Trouble.BAD: 0, Trouble.WATCH: 1, Trouble.NONE: 2, Trouble.IDLE: 3}


class RoomsModel(KeyedModel[RoomView]):
    """Rooms by name. `now` is the time that ages are told at; the table repaints what depends on it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = 0.0
        self._all: tuple[RoomView, ...] = ()
        self._needle = ""

    def show_rooms(self, rooms: Iterable[RoomView]) -> None:
        """Show what is known now."""
        self._all = tuple(sorted(rooms, key=lambda r: (_URGENCY[r.trouble], r.name.casefold())))
        self._show()

    def set_needle(self, text: str) -> None:
        """Show only rooms of which anything said holds `text`, whatever its case."""
        self._needle = text.strip().casefold()
        self._show()

    @property
    def total(self) -> int:
        """How many rooms there are, found or not."""
        return len(self._all)

    def _show(self) -> None:
        found = (room for room in self._all if self._needle in _haystack(room))
        self.show_items((room.name, room) for room in found)

    def text(self, room: RoomView, column: int) -> str:
        """What a cell says."""
        match column:
            case RoomColumn.ROOM:
                return shown(room.name)
            case RoomColumn.OPEN_FOR:
                return clock(self.now, room.opened_at)
            case RoomColumn.PEOPLE:
                return str(room.people)
            case RoomColumn.AGENT:
                return shown(room.agent) or NONE
            case RoomColumn.NOW:
                return shown(room.now)
            case _:
                return ""

    # Qt

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(RoomColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        room = self.item(index.row())
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(room, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == RoomColumn.MENU:
                return plain_tip("What can be done with this room (Menu key)")
            return plain_tip(room_sentence(room, self.now))
        if role == Qt.ItemDataRole.AccessibleTextRole and column == RoomColumn.ROOM:
            return room_sentence(room, self.now)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == RoomColumn.MENU:
            return f"Menu of {shown(room.name)}"
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


def _haystack(room: RoomView) -> str:
    """All that a room can be found by."""
    return "\n".join(
        (room.name, room.agent, room.now, room.metadata, room.sid, *room.who)
    ).casefold()
