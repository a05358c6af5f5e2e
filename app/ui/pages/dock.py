"""The dock at the bottom of the Stage: tabs over views, which can be shut to one line."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QSplitter, QStackedWidget, QTabBar, QWidget

from app.domain.call import Call, Changes
from app.ui.controls import Pane, SquareButton, column, pane, row
from app.ui.tokens import DOCK_OPEN_HEIGHT, DOCK_SHUT_HEIGHT, SPACE_S

HEAD_HEIGHT = 36
SNAP_HEIGHT = 120
"""Dragged below this, the dock shuts."""


class CallView(Protocol):
    """A view of the call in hand."""

    def set_call(self, call: Call) -> None: ...

    def apply(self, changes: Changes) -> None: ...

    def tick(self, now: float) -> None: ...


class Dock(QWidget):
    """Tabs and the views under them."""

    toggle_pressed = Signal()

    def __init__(self, views: Sequence[tuple[str, QWidget]]) -> None:
        super().__init__()
        self.setMinimumHeight(DOCK_SHUT_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Dock")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.stack = QStackedWidget()
        for number, (name, view) in enumerate(views, 1):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(number - 1, f"{name} (Ctrl+{number})")
            self.stack.addWidget(view)
        self.tabs.currentChanged.connect(self.stack.setCurrentIndex)
        self.fold = SquareButton("chevron-down", "Close the dock (Ctrl+J)")
        self.fold.clicked.connect(self.toggle_pressed)
        self._head = pane(Pane.DOCK_HEAD)
        head = row(self._head, (9, 0, 10, 0), SPACE_S)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.fold)
        ground = pane(Pane.DOCK)
        lines = column(ground)
        lines.addWidget(self._head)
        lines.addWidget(self.stack, 1)
        column(self).addWidget(ground)
        self.show_shut(shut=False)

    def show_shut(self, *, shut: bool) -> None:
        """Show the tabs alone, or the view too."""
        self.stack.setVisible(not shut)
        self._head.setFixedHeight(DOCK_SHUT_HEIGHT if shut else HEAD_HEIGHT)
        self.fold.set_face(
            "chevron-up" if shut else "chevron-down",
            "Open the dock (Ctrl+J)" if shut else "Close the dock (Ctrl+J)",
        )

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(800, DOCK_OPEN_HEIGHT)


class DockSplitter(QSplitter):
    """The body above the dock. Dragged low enough the dock snaps shut; it opens to the height it had."""

    changed = Signal()

    def __init__(self, body: QWidget, dock: Dock) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._dock = dock
        self._open_height = DOCK_OPEN_HEIGHT
        self._is_open = True
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(body)
        self.addWidget(dock)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.splitterMoved.connect(self._moved)
        dock.toggle_pressed.connect(self.toggle)

    @property
    def is_open(self) -> bool:
        return self._is_open

    @property
    def open_height(self) -> int:
        return self._open_height

    def open_to(self, height: int) -> None:
        self._open_height = max(SNAP_HEIGHT, height)
        self._set_open(value=True)

    def shut(self) -> None:
        self._set_open(value=False)

    @Slot()
    def toggle(self) -> None:
        self._set_open(value=not self._is_open)

    def _set_open(self, *, value: bool) -> None:
        self._is_open = value
        self._dock.show_shut(shut=not value)
        height = self._open_height if value else DOCK_SHUT_HEIGHT
        self.setSizes([max(1, self.height() - height - self.handleWidth()), height])
        self.changed.emit()

    @Slot()
    def _moved(self) -> None:
        height = self.sizes()[1]
        if height < SNAP_HEIGHT:
            if self._is_open or height != DOCK_SHUT_HEIGHT:
                self.shut()
            return
        self._open_height, self._is_open = height, True
        self._dock.show_shut(shut=False)
        self.changed.emit()
