"""The events of a call as a table model: when, and what in plain words."""

from bisect import bisect_left
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain import facts as f
from app.domain.call import Call
from app.domain.event_text import event_text
from app.domain.facts import AgentState, Fact
from app.ui.fonts import font
from app.ui.plain_text import plain_tip, shown
from app.ui.theme import theme
from app.ui.tokens import Size, Token
from app.ui.views.figures import fine_clock
from app.ui.views.turn_words import opened_at

EVENT_CAP = 500
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class EventColumn(IntEnum):
    TIME = 0
    EVENT = 1


class EventsModel(QAbstractTableModel):
    """The events that match the filter, oldest first. Each is put into words once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._call = Call()
        self._texts: list[str] = []
        self._shown: list[int] = []
        self._needle = ""

    def set_call(self, call: Call) -> None:
        """Show the events of another call."""
        self.beginResetModel()
        self._call, self._texts = call, []
        self._read_new()
        self._shown = self._matching(0)
        self.endResetModel()

    def take_new(self) -> None:
        """Add the events that came since, in one go."""
        known = len(self._texts)
        self._read_new()
        added = self._matching(known)
        if added:
            first = len(self._shown)
            self.beginInsertRows(_ROOT, first, first + len(added) - 1)
            self._shown += added
            self.endInsertRows()

    def set_filter(self, text: str) -> None:
        """Show only events whose words hold `text`, whatever its case."""
        self.beginResetModel()
        self._needle = text.strip().casefold()
        self._shown = self._matching(0)
        self.endResetModel()

    def event_at(self, row: int) -> int:
        """Which event of the call, counted from 0, stands in a row."""
        return self._shown[row]

    def row_of(self, event: int) -> int:
        """The row of an event; of the next one that is shown where the filter hides it."""
        return bisect_left(self._shown, event)

    @property
    def total(self) -> int:
        """How many events there are, shown or not."""
        return len(self._texts)

    def line(self, row: int) -> str:
        """A row as time and text, apart by a tab."""
        return f"{self._time(self._shown[row])}\t{self._texts[self._shown[row]]}"

    def _read_new(self) -> None:
        new = self._call.events[len(self._texts) :]
        self._texts += [shown(event_text(fact), EVENT_CAP) for fact in new]

    def _matching(self, start: int) -> list[int]:
        if not self._needle:
            return list(range(start, len(self._texts)))
        return [
            index
            for index in range(start, len(self._texts))
            if self._needle in self._texts[index].casefold()
        ]

    def _time(self, index: int) -> str:
        return fine_clock(self._call.events[index].at, opened_at(self._call))

    # Qt

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(EventColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        event = self._shown[index.row()]
        timed = index.column() == EventColumn.TIME
        if role == Qt.ItemDataRole.DisplayRole:
            return self._time(event) if timed else self._texts[event]
        if role == Qt.ItemDataRole.FontRole and timed:
            return font(Size.SECONDARY, mono=True)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._texts[event])
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.color(Token.TEXT3 if timed else event_ink(self._call.events[event]))
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return EventColumn(section).name.capitalize()
        return None


def event_ink(fact: Fact) -> Token:
    """The colour of an event; its words say the same."""
    match fact:
        case f.ServiceSwitched(to_service=""):
            return Token.BAD
        case (
            f.ErrorRaised(usable=True)
            | f.ServiceSwitched()
            | f.LimitReached()
            | f.LoopBlocked(over=False)
        ):
            return Token.WARN
        case f.ErrorRaised() | f.ServerDied() | f.AgentStateChanged(state=AgentState.FAILED):
            return Token.BAD
        case f.AgentInterrupted() | f.ConnectionChanged():
            return Token.TEXT
        case _:
            return Token.TEXT2
