"""The list of rooms: painted rows that change in place."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.domain.rooms import RoomView
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.labels import tone_inks
from app.ui.pages.rooms_model import RoomColumn, RoomsModel
from app.ui.pages.rooms_words import DOT_INKS, TONES
from app.ui.paint import (
    Align,
    draw_dot,
    draw_focus_ring,
    draw_hline,
    draw_icon,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
    wants_focus_ring,
)
from app.ui.plain_text import shown
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token
from app.ui.yielding import let_others_run

ROW_HEIGHT = 40
PAD = 10
DOT_SPACE = 17
CHIP_HEIGHT = 22
MENU_SIDE = 26
WIDTHS = {
    RoomColumn.OPEN_FOR: 92,
    RoomColumn.PEOPLE: 78,
    RoomColumn.AGENT: 156,
    RoomColumn.MENU: 48,
}
ROOM_SHARE = 0.42
"""How much of the remaining width the name has; what goes on has the rest."""


class RoomsTable(QTableView):
    """Rooms of a `RoomsModel`. A room that closes leaves nothing chosen: no other takes its place."""

    chosen = Signal(str)
    """The name of the room that is chosen now; empty for none."""
    opened = Signal(str)
    """A room was opened: double click or Return."""
    menu_wanted = Signal(str, QPoint)
    """What can be done with a room is wanted, at a point of the screen."""

    def __init__(self, model: RoomsModel) -> None:
        super().__init__()
        self._rooms = model
        self._told = ""
        self._holding = False
        self._painter_of_cells = _RoomDelegate(model, self)
        self.setModel(model)
        self.setItemDelegate(self._painter_of_cells)
        self._set_manners()
        self._set_sections()
        self.selectionModel().currentRowChanged.connect(self._moved)
        self.doubleClicked.connect(self._open)

    @property
    def current_room(self) -> str:
        """The name of the chosen room, or nothing."""
        index = self.currentIndex()
        return self._rooms.key(index.row()) if index.isValid() else ""

    def show_rooms(self, rooms: Iterable[RoomView]) -> None:
        """Show what is known now; the chosen room stays chosen and the rows in sight stay in sight."""
        with self._held():
            self._rooms.show_rooms(rooms)

    def set_needle(self, text: str) -> None:
        """Show only what holds `text`."""
        with self._held():
            self._rooms.set_needle(text)

    def choose(self, name: str) -> None:
        """Choose a room by name; nothing where it is not shown."""
        row = self._rooms.row_of(name)
        if row is None:
            self.selectionModel().clear()
            self._tell("")
        else:
            self.setCurrentIndex(self._rooms.index(row, RoomColumn.ROOM))

    def set_stale(self, *, stale: bool) -> None:
        """Dim everything: it is what was known before."""
        if stale != self._painter_of_cells.stale:
            self._painter_of_cells.stale = stale
            self.viewport().update()

    def tick(self, now: float) -> None:
        """Tell the ages at the time `now`."""
        self._rooms.now = now
        left = self.columnViewportPosition(RoomColumn.OPEN_FOR)
        width = self.columnWidth(RoomColumn.OPEN_FOR)
        self.viewport().update(left, 0, width, self.viewport().height())

    @contextmanager
    def _held(self) -> Generator[None]:
        """Hold the chosen room, and the rows that are in sight, while rows change."""
        chosen = self.current_room
        top = self.rowAt(0)
        anchor = self._rooms.key(top) if top > 0 else ""
        offset = self.rowViewportPosition(top)
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self.current_room != chosen:
            # Qt chose the neighbour of the row that went.
            self.selectionModel().clear()
        row = self._rooms.row_of(anchor)
        if row is not None:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.rowViewportPosition(row) - offset)
        self._tell(self.current_room)

    def _tell(self, name: str) -> None:
        if name != self._told:
            self._told = name
            self.chosen.emit(name)

    @Slot(QModelIndex, QModelIndex)
    def _moved(self, current: QModelIndex, previous: QModelIndex) -> None:
        if not self._holding:
            self._tell(self._rooms.key(current.row()) if current.isValid() else "")

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        if index.isValid() and index.column() != RoomColumn.MENU:
            self.opened.emit(self._rooms.key(index.row()))

    def _set_manners(self) -> None:
        # Without it every scroll repaints the whole viewport.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMouseTracking(True)
        self.setProperty("table", "rooms")
        self.setAccessibleName("Rooms")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _set_sections(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        for column, width in WIDTHS.items():
            columns.resizeSection(column, width)

    def _row_rect(self, row: int) -> QRectF:
        top = self.rowViewportPosition(row)
        return QRectF(0, top, self.viewport().width(), ROW_HEIGHT)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        rest = self.viewport().width() - sum(WIDTHS.values())
        name = round(rest * ROOM_SHARE)
        self.setColumnWidth(RoomColumn.ROOM, name)
        self.setColumnWidth(RoomColumn.NOW, rest - name)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.fillRect(e.rect(), theme.color(Token.BG))
        painter.end()
        super().paintEvent(e)
        index = self.currentIndex()
        if index.isValid() and wants_focus_ring(self):
            painter = QPainter(self.viewport())
            draw_focus_ring(painter, self._row_rect(index.row()))
            painter.end()
        let_others_run()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        on_menu = index.isValid() and index.column() == RoomColumn.MENU
        if on_menu and event.button() is Qt.MouseButton.LeftButton:
            self._want_menu(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        hand = index.isValid() and index.column() == RoomColumn.MENU
        self.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._rooms.key(index.row()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:  # noqa: N802
        by_key = arg__1.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(arg__1.pos())
        if not index.isValid():
            return
        if by_key:
            self._want_menu(index)
        else:
            self.menu_wanted.emit(self._rooms.key(index.row()), arg__1.globalPos())

    def _want_menu(self, index: QModelIndex) -> None:
        cell = self.visualRect(index.siblingAtColumn(RoomColumn.MENU))
        at = self.viewport().mapToGlobal(cell.bottomLeft())
        self.menu_wanted.emit(self._rooms.key(index.row()), at)


class _RoomDelegate(QStyledItemDelegate):
    """Paints one cell of a room."""

    def __init__(self, model: RoomsModel, table: RoomsTable) -> None:
        super().__init__(table)
        self._rooms = model
        self.stale = False

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        room = self._rooms.item(index.row())
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        cell = QRectF(box)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell, theme.color(Token.RAISE))
        draw_hline(painter, cell.left(), cell.right() + 1, cell.bottom() - 1, Token.LINE)
        match index.column():
            case RoomColumn.ROOM:
                self._paint_name(painter, cell, room)
            case RoomColumn.OPEN_FOR | RoomColumn.PEOPLE:
                self._paint_figure(painter, cell, self._rooms.text(room, index.column()))
            case RoomColumn.NOW:
                self._paint_now(painter, cell, room)
            case RoomColumn.MENU:
                hot = bool(state & QStyle.StateFlag.State_MouseOver)
                self._paint_menu(painter, cell, hot=hot)
            case _:
                text = self._rooms.text(room, index.column())
                self._paint_text(painter, cell, text, Token.TEXT2)

    def _ink(self, ink: Token) -> Token:
        return Token.TEXT3 if self.stale else ink

    def _paint_name(self, painter: QPainter, cell: QRectF, room: RoomView) -> None:
        x = cell.left() + PAD
        draw_dot(
            painter,
            QRectF(x, cell.top(), 8, cell.height()).center(),
            4,
            self._ink(DOT_INKS[room.trouble]),
        )
        box = cell.adjusted(DOT_SPACE, 0, -(ICON_PX + PAD) if room.ours else 0, 0)
        width = self._paint_text(painter, box, shown(room.name), Token.TEXT, Weight.Medium)
        if room.ours:
            y = cell.center().y() - ICON_PX / 2
            draw_icon(painter, "ear", self._ink(Token.EAR), box.left() + PAD + width + 7, y)

    def _paint_text(
        self,
        painter: QPainter,
        cell: QRectF,
        text: str,
        ink: Token,
        weight: Weight = Weight.Normal,
    ) -> float:
        """One line, elided; returns how wide it became."""
        face = metrics(Size.BODY, weight)
        cut = elided(face, text, cell.width() - 2 * PAD)
        base = middle_baseline(face, cell.top(), cell.height())
        draw_text(painter, cell.left() + PAD, base, cut, font(Size.BODY, weight), self._ink(ink))
        return face.horizontalAdvance(cut)

    def _paint_figure(self, painter: QPainter, cell: QRectF, text: str) -> None:
        base = middle_baseline(metrics(Size.SECONDARY, mono=True), cell.top(), cell.height())
        face = font(Size.SECONDARY, mono=True)
        ink = self._ink(Token.TEXT2)
        draw_text(painter, cell.right() - PAD, base, text, face, ink, Align.RIGHT)

    def _paint_now(self, painter: QPainter, cell: QRectF, room: RoomView) -> None:
        tone = TONES.get(room.trouble)
        if tone is None or not room.now:
            self._paint_text(painter, cell, shown(room.now), Token.TEXT3)
            return
        fill, ink = (Token.RAISE, Token.TEXT3) if self.stale else tone_inks(tone)
        face = metrics(Size.SECONDARY)
        cut = elided(face, shown(room.now), cell.width() - 2 * PAD - 16)
        y = cell.center().y() - CHIP_HEIGHT / 2
        chip = QRectF(cell.left() + PAD - 1, y, face.horizontalAdvance(cut) + 16, CHIP_HEIGHT)
        draw_rounded(painter, chip, chip.height() / 2, fill)
        base = middle_baseline(face, chip.top(), chip.height())
        draw_text(painter, chip.left() + 8, base, cut, font(Size.SECONDARY), ink)

    def _paint_menu(self, painter: QPainter, cell: QRectF, *, hot: bool) -> None:
        if hot:
            box = QRectF(0, 0, MENU_SIDE, MENU_SIDE)
            box.moveCenter(cell.center())
            draw_rounded(painter, box, Radius.CONTROL, Token.CARD, Token.LINE2)
        ink = Token.TEXT2 if hot else Token.TEXT3
        half = ICON_PX / 2
        draw_icon(painter, "ellipsis", ink, cell.center().x() - half, cell.center().y() - half)
