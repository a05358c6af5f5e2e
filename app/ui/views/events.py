"""Everything that happened in the call, line by line, with a filter."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QTableView,
    QWidget,
)

from app.domain.call import Call, Changes
from app.ui.controls import Role, column, label, row, themed_menu
from app.ui.tokens import SPACE_M, SPACE_S
from app.ui.views.events_model import EventColumn, EventsModel

ROW_HEIGHT = 28
TIME_WIDTH = 84
FILTER_WIDTH = 260
COUNT_WIDTH = 200
FILTER_DELAY_MS = 120
"""A filter is applied when typing pauses."""
NEAR_END_PX = 4


class Events(QWidget):
    """The events of the call, newest at the bottom; it follows them unless somebody has scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._call = Call()
        self._stale = False
        self.model = EventsModel(self)
        self.table = EventsTable(self.model)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter events")
        self.filter.setAccessibleName("Filter events")
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(FILTER_WIDTH)
        self._count = label("", Role.TERTIARY)
        # Of one width, so that a new number does not lay out the window again.
        self._count.setFixedWidth(COUNT_WIDTH)
        self._pause = QTimer(self, interval=FILTER_DELAY_MS, singleShot=True)
        self._pause.timeout.connect(self._filter)
        self.filter.textChanged.connect(self._pause.start)
        self._lay_out()
        self._tell_count()

    def set_call(self, call: Call) -> None:
        """Show another call."""
        self._call = call
        self._stale = False
        self.model.set_call(call)
        self.table.to_newest()
        self._tell_count()

    def apply(self, changes: Changes) -> None:
        """Add what happened, once the view is seen."""
        if not changes.events:
            return
        if not self.isVisible():
            self._stale = True
            return
        self._take_new()

    def tick(self, now: float) -> None:
        """Nothing here depends on the time."""

    def _take_new(self) -> None:
        self._stale = False
        self.model.take_new()
        self._tell_count()

    def _lay_out(self) -> None:
        head = row(None, (SPACE_M, SPACE_S, SPACE_M, SPACE_S), SPACE_M)
        head.addWidget(self.filter)
        head.addWidget(self._count)
        head.addStretch()
        layout = column(self)
        layout.addLayout(head)
        layout.addWidget(self.table)

    @Slot()
    def _filter(self) -> None:
        self.model.set_filter(self.filter.text())
        self.table.to_newest()
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        if not total:
            self._count.setText("Nothing has happened yet.")
        elif shown == total:
            self._count.setText(f"{total} events")
        else:
            self._count.setText(f"{shown} of {total} events")

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        if self._stale:
            self._take_new()
        super().showEvent(event)


class EventsTable(QTableView):
    """The rows of an `EventsModel`: of one height, so that thousands of them cost nothing."""

    def __init__(self, model: EventsModel) -> None:
        super().__init__()
        self._events = model
        self.setModel(model)
        self.setAccessibleName("Events")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._set_sections()
        self._following = True
        self.verticalScrollBar().rangeChanged.connect(self._grown)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    @property
    def first_seen(self) -> tuple[int, int] | None:
        """The first event in sight and how many pixels of it are not, to come back to; None while it follows."""
        value = self.verticalScrollBar().value()
        row = value // ROW_HEIGHT
        if self._following or row >= self._events.rowCount():
            return None
        return self._events.event_at(row), value - row * ROW_HEIGHT

    def return_to(self, place: tuple[int, int] | None) -> None:
        """Show an event first; None follows the newest."""
        if place is None:
            return
        event, hidden_px = place
        self._following = False
        # After a reset the scroll bar has the range of the call before.
        self.executeDelayedItemsLayout()
        self.updateGeometries()
        self.verticalScrollBar().setValue(self._events.row_of(event) * ROW_HEIGHT + hidden_px)

    def to_newest(self) -> None:
        """Show the newest event, and keep to it."""
        self._following = True
        self.scrollToBottom()

    @Slot(int, int)
    def _grown(self, least: int, most: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(most)

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._following = value >= self.verticalScrollBar().maximum() - NEAR_END_PX

    @Slot()
    def copy(self) -> None:
        """Put the chosen events on the clipboard, a line each."""
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        if not chosen and self.currentIndex().isValid():
            chosen = [self.currentIndex().row()]
        QGuiApplication.clipboard().setText("\n".join(self._events.line(r) for r in chosen))

    def _set_sections(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.hide()
        columns.setStretchLastSection(True)
        columns.resizeSection(EventColumn.TIME, TIME_WIDTH)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:  # noqa: N802
        if self.indexAt(arg__1.pos()).isValid():
            menu = themed_menu(self)
            menu.addAction("Copy").triggered.connect(self.copy)
            menu.popup(arg__1.globalPos())
