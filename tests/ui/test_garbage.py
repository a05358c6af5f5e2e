"""Garbage dies on the UI thread."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui import garbage
from app.ui.garbage import GarbageCollector


class Tied(QObject):
    """Part of a cycle: only a collection ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def churn() -> None:
    """Allocate as an agent does."""
    kept: list[list[object]] = []
    for _ in range(50_000):
        cycle: list[object] = []
        cycle.append(cycle)
        kept.append(cycle)


@pytest.mark.parametrize("full_every_s", [60.0, 0.0], ids=["young", "full"])
def test_what_other_threads_leave_is_collected_on_this_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, full_every_s: float
) -> None:
    monkeypatch.setattr(garbage, "FULL_EVERY_S", full_every_s)
    collector = GarbageCollector()
    collector.start()
    died_on: list[int] = []
    weakref.finalize(Tied(), lambda: died_on.append(threading.get_ident()))

    other = threading.Thread(target=churn)
    other.start()
    qtbot.waitUntil(lambda: bool(died_on), timeout=10_000)
    other.join()
    collector.stop()

    assert died_on == [threading.get_ident()]
    assert not gc.isenabled()
    gc.unfreeze()


def test_nothing_is_collected_while_things_load() -> None:
    collector = GarbageCollector()
    died: list[bool] = []
    weakref.finalize(Tied(), lambda: died.append(True))

    churn()
    assert died == []

    collector.freeze()
    assert died == [True]
    gc.unfreeze()
