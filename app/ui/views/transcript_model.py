"""The script as a table model: a row for each turn, the caller on the left, the agent on the right."""

from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.call import Call, Changes
from app.domain.turns import Turn
from app.ui.plain_text import shown_lines
from app.ui.views.turn_words import (
    CUT_OFF,
    TEXT_CAP,
    agent_clock,
    agent_text,
    caller_clock,
    caller_text,
)

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    CALLER = 0
    AGENT = 1


class TranscriptModel(QAbstractTableModel):
    """Reads the turns of a call. Its own row count says how many of them the view knows of."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.call = Call()
        self._rows = 0

    def set_call(self, call: Call) -> None:
        """Show another call, or the same one anew."""
        self.beginResetModel()
        self.call, self._rows = call, len(call.turns)
        self.endResetModel()

    def apply(self, changes: Changes) -> None:
        """Take up the turns that were added and changed: one signal for each run of rows."""
        known = self._rows
        if len(self.call.turns) > known:
            self.beginInsertRows(_ROOT, known, len(self.call.turns) - 1)
            self._rows = len(self.call.turns)
            self.endInsertRows()
        for row in sorted(self._touched(changes, known)):
            self.dataChanged.emit(self.index(row, 0), self.index(row, 1))

    def _touched(self, changes: Changes, known: int) -> set[int]:
        """The rows known before that look different now.

        A new turn settles the one before it, and the end of the call the last one.
        """
        rows = {row for row in changes.turns_updated if row < known}
        if known and (changes.state or self._rows > known):
            rows.add(known - 1)
        return rows

    def turn(self, row: int) -> Turn:
        return self.call.turns[row]

    def spoken(self, row: int, column: int) -> str:
        """What one side of a turn said, with its line breaks, as far as it is drawn."""
        turn = self.turn(row)
        side = turn.caller if column == Column.CALLER else turn.agent
        return "" if side is None else shown_lines(side.text, TEXT_CAP)

    def copied(self, rows: list[int]) -> str:
        """Lines of time, who and text, apart by tabs."""
        lines: list[str] = []
        for row in rows:
            turn = self.turn(row)
            if turn.caller is not None:
                lines.append(f"{caller_clock(self.call, turn)}\tCaller\t{_whole(turn.caller.text)}")
            if turn.agent is not None:
                cut = f" … {CUT_OFF}" if turn.agent.interrupted else ""
                said = _whole(turn.agent.text) + cut
                lines.append(f"{agent_clock(self.call, turn)}\tAgent\t{said}")
        return "\n".join(lines)

    # Qt

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.spoken(index.row(), index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            in_words = caller_text if index.column() == Column.CALLER else agent_text
            return in_words(self.call, self.turn(index.row()))
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return Column(section).name.capitalize()
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable


def _whole(text: str) -> str:
    """All of a text on one line, so that a line stays a line."""
    return " ".join(shown_lines(text, len(text)).split())
