"""The people of a room: painted rows, of which one is open and holds what can be done with that person."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.domain.rooms import PersonView
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.keyed_model import ROOT, Index, KeyedModel
from app.ui.pages.rooms_words import (
    BARS,
    KIND_ICONS,
    in_order,
    person_line,
    person_name,
    person_sentence,
)
from app.ui.paint import (
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
from app.ui.plain_text import plain_tip
from app.ui.theme import theme
from app.ui.tokens import Radius, Size, Token
from app.ui.yielding import let_others_run

HEAD_HEIGHT = 54
PORTRAIT = 30
TEXT_LEFT = 39
BARS_WIDTH = 13


class PeopleModel(KeyedModel[PersonView]):
    """People by identity, in one column."""

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return person_sentence(self.item(index.row()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(person_sentence(self.item(index.row())))
        return None


class PeopleList(QTableView):
    """Who is in a room. Hundreds of people cost no more than those in sight.

    A click or Return opens a person; `opened` is answered with `put_panel`.
    """

    opened = Signal(str)
    """The identity of the person whose row is open now; empty for none."""

    def __init__(self) -> None:
        super().__init__()
        self.people = PeopleModel(self)
        self._open = ""
        self._panel: QWidget | None = None
        self.setModel(self.people)
        self.setItemDelegate(_PersonDelegate(self.people, self))
        self._set_manners()
        self.clicked.connect(self._toggle)

    @property
    def open_person(self) -> PersonView | None:
        row = self.people.row_of(self._open)
        return None if row is None else self.people.item(row)

    def show_people(self, people: Sequence[PersonView]) -> None:
        """Show who is in the room now; an open row stays open while its person is there."""
        self.people.show_items((person.identity, person) for person in in_order(people))
        if self._open and self.people.row_of(self._open) is None:
            self.shut()
        self._fit_rows()

    def open(self, identity: str) -> None:
        """Open one person's row, and shut the one that was open."""
        row = self.people.row_of(identity)
        if row is None or identity == self._open:
            return
        self._drop_panel()
        self._open = identity
        self.opened.emit(identity)
        self.scrollTo(self.people.index(row, 0))

    def shut(self) -> None:
        """Shut the open row."""
        if self._open:
            self._drop_panel()
            self._open = ""
            self.opened.emit("")

    def put_panel(self, panel: QWidget) -> None:
        """Put what can be done with the open person into the row; the list owns it from now on."""
        row = self.people.row_of(self._open)
        assert row is not None, "a panel belongs to an open row"
        self._panel = panel
        self.setIndexWidget(self.people.index(row, 0), panel)
        self._fit_rows()

    def fit(self) -> None:
        """Give the open row the height that its panel needs now."""
        self._fit_rows()

    def _drop_panel(self) -> None:
        row = self.people.row_of(self._open)
        if self._panel is not None:
            if row is not None:
                index = self.people.index(row, 0)
                self.setIndexWidget(index, None)  # pyright: ignore[reportArgumentType]
                self.verticalHeader().resizeSection(row, HEAD_HEIGHT)
            self._panel = None

    def _fit_rows(self) -> None:
        """The open row is as high as its panel, all others as their heads."""
        header = self.verticalHeader()
        row = self.people.row_of(self._open)
        for other in range(self.people.rowCount()):
            height = HEAD_HEIGHT
            if other == row and self._panel is not None:
                height = max(height, self._panel.sizeHint().height())
            if header.sectionSize(other) != height:
                header.resizeSection(other, height)

    @Slot(QModelIndex)
    def _toggle(self, index: QModelIndex) -> None:
        identity = self.people.key(index.row())
        if identity == self._open:
            self.shut()
        else:
            self.open(identity)

    def _set_manners(self) -> None:
        # Without it every scroll repaints the whole viewport.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setProperty("table", "people")
        self.setAccessibleName("People in the room")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for header in (self.verticalHeader(), self.horizontalHeader()):
            header.hide()
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(HEAD_HEIGHT)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.setColumnWidth(0, self.viewport().width())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        index = self.currentIndex()
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if index.isValid() and event.key() in keys:
            self._toggle(index)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.fillRect(e.rect(), theme.color(Token.PANEL))
        painter.end()
        super().paintEvent(e)
        index = self.currentIndex()
        if index.isValid() and wants_focus_ring(self):
            box = QRectF(self.visualRect(index))
            painter = QPainter(self.viewport())
            draw_focus_ring(painter, box.adjusted(0, 0, 0, HEAD_HEIGHT - box.height()))
            painter.end()
        let_others_run()


class _PersonDelegate(QStyledItemDelegate):
    """Paints the head of one row: what kind of participant, its name, what it publishes, its connection."""

    def __init__(self, people: PeopleModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._people = people

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        person = self._people.item(index.row())
        rect: QRect = option.rect
        row = QRectF(rect)
        head = QRectF(row.left(), row.top(), row.width(), HEAD_HEIGHT)
        draw_hline(painter, row.left(), row.right() + 1, row.bottom() - 1, Token.LINE)
        self._paint_portrait(painter, head, person)
        room = head.width() - TEXT_LEFT
        if person.quality in BARS:
            room -= BARS_WIDTH + 8
            self._paint_bars(painter, head, BARS[person.quality])
        self._paint_words(painter, head, person, room)

    def _paint_portrait(self, painter: QPainter, head: QRectF, person: PersonView) -> None:
        icon, ink = KIND_ICONS[person.kind]
        centre = QRectF(head.left(), head.top(), PORTRAIT, head.height()).center()
        draw_dot(painter, centre, PORTRAIT / 2, Token.RAISE)
        draw_icon(painter, icon, ink, centre.x() - ICON_PX / 2, centre.y() - ICON_PX / 2)

    def _paint_words(
        self, painter: QPainter, head: QRectF, person: PersonView, room: float
    ) -> None:
        x = head.left() + TEXT_LEFT
        strong, quiet = metrics(Size.BODY, Weight.Medium), metrics(Size.SECONDARY)
        name = elided(strong, person_name(person), room)
        base = middle_baseline(strong, head.top() + 9, 18)
        draw_text(painter, x, base, name, font(Size.BODY, Weight.Medium), Token.TEXT)
        line = elided(quiet, person_line(person), room)
        base = middle_baseline(quiet, head.top() + 27, 18)
        draw_text(painter, x, base, line, font(Size.SECONDARY), Token.TEXT3)

    def _paint_bars(self, painter: QPainter, head: QRectF, number: int) -> None:
        """The connection: three bars for the best, none lit for one that is lost."""
        ink = (Token.BAD, Token.BAD, Token.WARN, Token.OK)[number]
        foot = head.center().y() + 6
        for place, height in enumerate((4, 8, 12)):
            bar = QRectF(head.right() - BARS_WIDTH + 5 * place, foot - height, 3, height)
            lit = ink if place < number else theme.wash(ink, 0.25)
            draw_rounded(painter, bar, Radius.BAR / 2, lit)
