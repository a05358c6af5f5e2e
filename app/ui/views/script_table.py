"""The table under the script: row heights, following the newest turn, copying."""

import time

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from app.domain.call import Call, Changes
from app.ui.controls import themed_menu
from app.ui.theme import theme
from app.ui.tokens import Token
from app.ui.views.transcript_delegate import TranscriptDelegate
from app.ui.views.transcript_model import Column, TranscriptModel
from app.ui.views.turn_words import Phase, phase_of

SLICE_S = 0.004
"""How long rows out of sight are wrapped at a time: 2,000 at once would hold the panel for half a second."""
AT_ONCE = 30
"""Rows wrapped at once: a screenful."""
UNMEASURED_HEIGHT = 64
FULL_HEIGHT = 4000
"""Higher than any screen: from here on the view's height no longer follows the number of turns."""
LEAST_HEIGHT = 60
NEAR_END_PX = 4


class ScriptTable(QTableView):
    """The rows of a `TranscriptModel`. Their heights are wrapped for what is in sight, then for the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.script = TranscriptModel(self)
        self.painter_of_cells = TranscriptDelegate(self.script, self)
        self.setModel(self.script)
        self.setItemDelegate(self.painter_of_cells)
        self._following = True
        self._unwrapped: list[int] = []
        self._wrapper = QTimer(self)
        self._wrapper.timeout.connect(self._wrap_some)
        self._set_manners()
        self._set_sections()
        self.script.rowsInserted.connect(self._inserted)
        self.script.dataChanged.connect(self._changed)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().rangeChanged.connect(self._grown)

    def show_call(self, call: Call) -> None:
        """Show another call from its newest turn on."""
        self.painter_of_cells.forget()
        self._following = True
        self.script.set_call(call)
        self._wrap_anew()

    @property
    def first_seen(self) -> int | None:
        """The first row in sight, to come back to; None while the newest turn is followed."""
        return None if self._following else max(0, self.rowAt(0))

    def return_to(self, row: int | None) -> None:
        """Show a row first; None follows the newest turn."""
        if row is None or row >= self.script.rowCount():
            return
        self._following = False
        self._wrap_anew()
        self.scrollTo(self.script.index(row, Column.CALLER), self.ScrollHint.PositionAtTop)

    def take(self, changes: Changes) -> None:
        """Show what changed in the call."""
        self.script.apply(changes)

    def tick(self, now: float) -> None:
        """Repaint the live part of the turn in hand at the time `now`, if there is one."""
        self.painter_of_cells.now = now
        last = self.script.rowCount() - 1
        if last < 0:
            return
        call = self.script.call
        if phase_of(call, self.script.turn(last)) is Phase.WAITING:
            cell = self.visualRect(self.script.index(last, Column.AGENT))
            self.viewport().update(self.painter_of_cells.live_rect(cell))

    @property
    def following(self) -> bool:
        """Whether the view keeps to the newest turn."""
        return self._following

    def copy(self) -> None:
        """Put the chosen turns on the clipboard."""
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        if not chosen and self.currentIndex().isValid():
            chosen = [self.currentIndex().row()]
        QGuiApplication.clipboard().setText(self.script.copied(chosen))

    def _set_manners(self) -> None:
        # Without it every scroll repaints the whole viewport.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setProperty("table", "script")
        self.setAccessibleName("Transcript")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )

    def _set_sections(self) -> None:
        for header in (self.verticalHeader(), self.horizontalHeader()):
            header.hide()
            header.setMinimumSectionSize(10)
        self.verticalHeader().setDefaultSectionSize(UNMEASURED_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    # Row heights

    def _wrap(self, first: int, last: int) -> None:
        """Wrap rows: the last of them now, the rest in slices."""
        if last - first > 2 * AT_ONCE:
            self._unwrapped += range(first, last - AT_ONCE + 1)
            self._wrapper.start()
            first = last - AT_ONCE + 1
        resized = [self._fit(row) for row in range(first, last + 1)]
        if any(resized):
            self._settle()

    def _wrap_anew(self) -> None:
        """Wrap everything again: what is in sight now, the rest in slices."""
        rows = self.script.rowCount()
        top = max(0, rows - AT_ONCE if self._following else self.rowAt(0))
        seen = range(top, min(rows, top + AT_ONCE))
        for row in seen:
            self._fit(row)
        self._unwrapped = [row for row in range(rows) if row not in seen]
        if self._unwrapped:
            self._wrapper.start()
        self._settle()

    def _fit(self, row: int) -> bool:
        """Give a row the height that it needs; whether that is another one."""
        height = self.painter_of_cells.row_height(row, self.columnWidth(Column.CALLER))
        header = self.verticalHeader()
        if height == header.sectionSize(row):
            return False
        header.resizeSection(row, height)
        return True

    def _settle(self) -> None:
        """Take as much room as the rows need, and stay at the newest."""
        needed = self.verticalHeader().length()
        self.setMaximumHeight(max(LEAST_HEIGHT, min(FULL_HEIGHT, needed)))
        if self._following:
            self.scrollToBottom()

    @Slot()
    def _wrap_some(self) -> None:
        """Wrap rows out of sight for a moment, with the top row of the view held where it is."""
        until = time.perf_counter() + SLICE_S
        top = self.rowAt(0)
        before = self.rowViewportPosition(top) if top >= 0 else 0
        while self._unwrapped and time.perf_counter() < until:
            self._fit(self._unwrapped.pop())
        # Qt would take in the new heights later, and until then cut off where the bar may go.
        self.updateGeometries()
        if not self._following and top >= 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.rowViewportPosition(top) - before)
        if not self._unwrapped:
            self._wrapper.stop()
        self._settle()

    @Slot(QModelIndex, int, int)
    def _inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        self._wrap(first, last)

    @Slot(QModelIndex, QModelIndex)
    def _changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self._wrap(first.row(), last.row())

    @Slot(int, int)
    def _grown(self, least: int, most: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(most)

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._following = value >= self.verticalScrollBar().maximum() - NEAR_END_PX

    # Qt

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.fillRect(e.rect(), theme.color(Token.BG))
        painter.end()
        super().paintEvent(e)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        following = self._following
        super().resizeEvent(event)
        self._following = following
        width = self.viewport().width() // 2
        if width != self.columnWidth(Column.CALLER):
            self.setColumnWidth(Column.CALLER, width)
            self.setColumnWidth(Column.AGENT, self.viewport().width() - width)
            self._wrap_anew()
        elif following:
            self.scrollToBottom()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:  # noqa: N802
        index = self.indexAt(arg__1.pos())
        if not index.isValid():
            return
        menu = themed_menu(self)
        menu.addAction("Copy").triggered.connect(self.copy)
        self.setCurrentIndex(index)
        menu.addAction("Select characters").triggered.connect(self._edit_current)
        menu.popup(arg__1.globalPos())

    @Slot()
    def _edit_current(self) -> None:
        self.edit(self.currentIndex())
