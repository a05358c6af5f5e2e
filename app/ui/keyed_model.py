"""A table model whose rows are known by a key, so that what changed is changed in place."""

from collections.abc import Iterable
from itertools import groupby
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

Index = QModelIndex | QPersistentModelIndex
Item = TypeVar("Item")
ROOT = QModelIndex()


class KeyedModel(QAbstractTableModel, Generic[Item]):
    """Rows in an order of the caller's. Selection, scroll and editors of a view survive `show_items`.

    Override `data` and `columnCount`; an item that compares equal to the one before is not repainted.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys: list[str] = []
        self._items: dict[str, Item] = {}

    def item(self, row: int) -> Item:
        return self._items[self._keys[row]]

    def key(self, row: int) -> str:
        return self._keys[row]

    def row_of(self, key: str) -> int | None:
        """The row of a key, or None where it is not shown."""
        return self._keys.index(key) if key in self._items else None

    def show_items(self, items: Iterable[tuple[str, Item]]) -> None:
        """Show these rows in this order, each with its key; what is there already is moved and changed in place."""
        new = dict(items)
        if self._items.keys().isdisjoint(new):
            self._replace(new)
            return
        self._remove([key for key in self._keys if key not in new])
        self._reorder([key for key in new if key in self._items])
        self._insert(new)
        self._refresh(new)

    def _replace(self, new: dict[str, Item]) -> None:
        if not new and not self._items:
            return
        self.beginResetModel()
        self._keys, self._items = list(new), new
        self.endResetModel()

    def _remove(self, gone: list[str]) -> None:
        rows = sorted(self._keys.index(key) for key in gone)
        for first, last in reversed(_runs(rows)):
            self.beginRemoveRows(ROOT, first, last)
            for key in self._keys[first : last + 1]:
                del self._items[key]
            del self._keys[first : last + 1]
            self.endRemoveRows()

    def _reorder(self, order: list[str]) -> None:
        if order == self._keys:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        rows = {key: row for row, key in enumerate(order)}
        moved = [self.index(rows[self._keys[index.row()]], index.column()) for index in held]
        self._keys = order
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _insert(self, new: dict[str, Item]) -> None:
        order = list(new)
        rows = [row for row, key in enumerate(order) if key not in self._items]
        for first, last in _runs(rows):
            self.beginInsertRows(ROOT, first, last)
            added = order[first : last + 1]
            self._keys[first:first] = added
            self._items |= {key: new[key] for key in added}
            self.endInsertRows()

    def _refresh(self, new: dict[str, Item]) -> None:
        changed = [row for row, key in enumerate(self._keys) if new[key] != self._items[key]]
        self._items = new
        for first, last in _runs(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

    # Qt

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._keys)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return None


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """The first and last of each unbroken run in ascending rows."""
    runs: list[tuple[int, int]] = []
    for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0]):
        members = [row for _, row in run]
        runs.append((members[0], members[-1]))
    return runs
