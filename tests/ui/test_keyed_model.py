"""Rows known by a key are changed in place, whatever happens to them at once."""

import random

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.ui.keyed_model import ROOT, Index, KeyedModel


class Words(KeyedModel[str]):
    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self.item(index.row()) if role == Qt.ItemDataRole.DisplayRole else None


def test_only_what_changed_is_repainted(qtbot: QtBot) -> None:
    model = Words()
    model.show_items([("a", "1"), ("b", "2"), ("c", "3")])
    changed: list[tuple[int, int]] = []

    def note(first: QModelIndex, last: QModelIndex) -> None:
        changed.append((first.row(), last.row()))

    model.dataChanged.connect(note)

    model.show_items([("a", "1"), ("b", "20"), ("c", "30")])
    model.show_items([("a", "1"), ("b", "20"), ("c", "30")])

    assert changed == [(1, 2)]
    assert model.data(model.index(1, 0)) == "20"


def test_nothing_in_common_starts_anew(qtbot: QtBot) -> None:
    model = Words()
    model.show_items([("a", "1")])

    with qtbot.waitSignal(model.modelReset):
        model.show_items([("b", "2")])

    assert model.row_of("a") is None
    assert model.row_of("b") == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_held_row_is_followed_through_everything(qtbot: QtBot, seed: int) -> None:
    chance = random.Random(seed)
    model = Words()
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, model
    )
    keys = [f"k{i}" for i in range(12)]
    model.show_items((key, key) for key in ["held", *keys])
    held = QPersistentModelIndex(model.index(0, 0))

    for round_ in range(20):
        others = chance.sample(keys, chance.randint(1, len(keys)))
        place = chance.randint(0, len(others))
        order = [*others[:place], "held", *others[place:]]
        model.show_items((key, f"{key} {round_}") for key in order)

        assert [model.key(row) for row in range(model.rowCount())] == order
        assert held.row() == place
        assert model.item(place) == f"held {round_}"

    model.show_items([("k0", "last")])
    assert not held.isValid()
    assert tester.model() is model
