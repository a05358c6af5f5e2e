"""Watches what a widget repaints and what it emits."""

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.wait_signal import SignalBlocker


def emitted(signal: SignalBlocker) -> list[object]:
    """What the signal that a test waited for carried."""
    return cast("list[object]", signal.args)


class PaintWatch(QObject):
    """Collects the regions that a widget repaints from now on."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        QApplication.processEvents()
        self._region = QRegion()
        widget.installEventFilter(self)

    def area(self) -> int:
        """Pixels repainted since the watch began, after letting what is due happen."""
        QCoreApplication.processEvents()
        rects = cast("Iterable[QRect]", self._region)
        return sum(rect.width() * rect.height() for rect in rects)

    def region(self) -> QRegion:
        QCoreApplication.processEvents()
        return self._region

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QPaintEvent):
            self._region = self._region.united(event.region())
        return False
