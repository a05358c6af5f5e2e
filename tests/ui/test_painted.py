"""The base of the painted views, and how a screen reader sees one."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QHelpEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from app.ui.painted import NOTHING, Painted
from app.ui.theme import theme
from app.ui.tokens import Token
from tests.ui.pictures import differs, shows
from tests.ui.watching import PaintWatch, emitted


class Ladder(Painted):
    """Ten rungs of 20 px."""

    def __init__(self) -> None:
        super().__init__("Ladder")
        self.statics = 0
        self.rungs = 10

    def paint_static(self, painter: QPainter) -> None:
        self.statics += 1

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index in range(self.rungs):
            token = Token.ACCENT if index == self.hovered else Token.LINE
            painter.fillRect(self.item_rect(index).adjusted(4, 4, -4, -4), theme.color(token))

    def item_count(self) -> int:
        return self.rungs

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, index * 20, self.width(), 20)

    def item_text(self, index: int) -> str:
        return f"Rung {index + 1}"


@pytest.fixture
def ladder(qtbot: QtBot) -> Ladder:
    view = Ladder()
    qtbot.addWidget(view)
    view.resize(200, 240)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        (NOTHING, Qt.Key.Key_Down, 0),
        (NOTHING, Qt.Key.Key_Up, 9),
        (3, Qt.Key.Key_Right, 4),
        (3, Qt.Key.Key_Left, 2),
        (3, Qt.Key.Key_PageDown, 8),
        (3, Qt.Key.Key_PageUp, 0),
        (3, Qt.Key.Key_Home, 0),
        (3, Qt.Key.Key_End, 9),
        (9, Qt.Key.Key_Down, 9),
    ],
)
def test_moves_through_its_items_by_keyboard(
    ladder: Ladder, start: int, key: Qt.Key, end: int
) -> None:
    ladder.set_current(start)

    QTest.keyClick(ladder, key)

    assert ladder.current == end


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_chooses_the_current_item_by_keyboard(ladder: Ladder, qtbot: QtBot, key: Qt.Key) -> None:
    ladder.set_current(4)

    with qtbot.waitSignal(ladder.activated) as chosen:
        QTest.keyClick(ladder, key)

    assert emitted(chosen) == [4]


def test_leaves_other_keys_to_its_parent(ladder: Ladder) -> None:
    ladder.rungs = 0

    QTest.keyClick(ladder, Qt.Key.Key_Down)
    QTest.keyClick(ladder, Qt.Key.Key_Return)
    QTest.keyClick(ladder, Qt.Key.Key_A)

    assert ladder.current == NOTHING


def test_chooses_what_is_clicked(ladder: Ladder, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ladder.activated) as chosen:
        QTest.mouseClick(ladder, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))

    assert emitted(chosen) == [2]
    assert ladder.current == 2


def test_copies_the_words_of_the_current_item(ladder: Ladder) -> None:
    ladder.set_current(6)

    QTest.keyClick(ladder, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == "Rung 7"


def test_repaints_only_the_items_that_the_pointer_leaves_and_enters(ladder: Ladder) -> None:
    QTest.mouseMove(ladder, QPoint(50, 10))
    watch = PaintWatch(ladder)

    QTest.mouseMove(ladder, QPoint(50, 150))

    assert ladder.hovered == 7
    assert watch.area() <= 2 * 200 * 22
    assert ladder.statics == 1


def test_paints_its_still_layer_once_for_a_size_and_a_theme(ladder: Ladder, qtbot: QtBot) -> None:
    ladder.repaint()
    ladder.repaint()
    assert ladder.statics == 1

    ladder.resize(220, 240)
    ladder.repaint()
    assert ladder.statics == 2

    ladder.invalidate()
    ladder.repaint()
    assert ladder.statics == 3


def test_shows_the_focus_ring_only_after_the_keyboard(ladder: Ladder) -> None:
    ladder.set_current(2)
    ladder.setFocus()
    calm = ladder.grab().toImage()

    QTest.keyClick(ladder, Qt.Key.Key_Tab)
    ladder.setFocus(Qt.FocusReason.TabFocusReason)
    ladder.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    ringed = ladder.grab().toImage()

    assert not shows(calm, theme.color(Token.ACCENT))
    assert differs(calm, ringed, ladder.item_rect(2))
    assert not differs(calm, ringed, ladder.item_rect(5))


def test_tells_what_is_under_the_pointer(ladder: Ladder) -> None:
    inside, outside = QPoint(50, 50), QPoint(50, 230)

    told = QHelpEvent(QEvent.Type.ToolTip, inside, ladder.mapToGlobal(inside))
    QCoreApplication.sendEvent(ladder, told)
    tip = QToolTip.text()
    nothing = QHelpEvent(QEvent.Type.ToolTip, outside, ladder.mapToGlobal(outside))
    QCoreApplication.sendEvent(ladder, nothing)

    assert tip == "<qt>Rung 3</qt>"
    assert not nothing.isAccepted()
    QToolTip.hideText()


def test_paints_anew_for_another_pixel_ratio(ladder: Ladder) -> None:
    ladder.repaint()

    QCoreApplication.sendEvent(ladder, QEvent(QEvent.Type.DevicePixelRatioChange))
    ladder.repaint()

    assert ladder.statics == 2


def test_the_keyboard_arrives_at_the_first_item(ladder: Ladder) -> None:
    ladder.clearFocus()

    ladder.setFocus(Qt.FocusReason.TabFocusReason)

    assert ladder.current == 0


def test_the_pointer_leaves_nothing_behind(ladder: Ladder) -> None:
    QTest.mouseMove(ladder, QPoint(50, 10))

    QCoreApplication.sendEvent(ladder, QEvent(QEvent.Type.Leave))

    assert ladder.hovered == NOTHING
    assert not shows(ladder.grab().toImage(), theme.color(Token.ACCENT))


def test_a_press_beside_the_items_chooses_nothing(ladder: Ladder, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(ladder.activated):
        QTest.mouseClick(ladder, Qt.MouseButton.LeftButton, pos=QPoint(50, 230))


def test_a_screen_reader_is_told_of_every_step(ladder: Ladder) -> None:
    QAccessible.setActive(True)
    try:
        ladder.setFocus()
        QTest.keyClick(ladder, Qt.Key.Key_End)
        found = QAccessible.queryAccessibleInterface(ladder).child(9)
        state = found.state()
    finally:
        QAccessible.setActive(False)

    assert state.focused
    assert state.selected
    assert not QAccessible.queryAccessibleInterface(ladder).child(8).state().focused


def test_an_item_stands_alone(ladder: Ladder) -> None:
    view = QAccessible.queryAccessibleInterface(ladder)
    item = view.child(2)

    assert item.childCount() == 0
    assert item.child(0) is None
    assert item.childAt(0, 0) is None
    assert item.indexOfChild(item) == NOTHING
    assert item.object() is None
    assert item.window() is ladder.windowHandle()
    assert item.text(QAccessible.Text.Description) == ""
    assert view.child(10) is None
    assert view.indexOfChild(view) == NOTHING


def test_reads_as_a_list_of_items(ladder: Ladder) -> None:
    view = QAccessible.queryAccessibleInterface(ladder)

    items = [view.child(index) for index in range(view.childCount())]

    assert view.role() is QAccessible.Role.List
    assert view.text(QAccessible.Text.Name) == "Ladder"
    assert {item.role() for item in items} == {QAccessible.Role.ListItem}
    assert [item.text(QAccessible.Text.Name) for item in items] == [
        f"Rung {n}" for n in range(1, 11)
    ]
    assert items[3].rect().topLeft() == ladder.mapToGlobal(QPoint(0, 60))
    assert view.indexOfChild(items[3]) == 3
    assert items[3].parent() is view


def test_a_screen_reader_follows_the_keyboard(ladder: Ladder) -> None:
    ladder.activateWindow()
    ladder.setFocus()
    ladder.set_current(3)
    view = QAccessible.queryAccessibleInterface(ladder)

    focused = view.focusChild()

    assert focused.text(QAccessible.Text.Name) == "Rung 4"
    assert view.childAt(*ladder.mapToGlobal(QPoint(5, 65)).toTuple()) is focused


def test_an_item_that_is_gone_is_no_longer_valid(ladder: Ladder) -> None:
    view = QAccessible.queryAccessibleInterface(ladder)
    last = view.child(9)

    ladder.rungs = 5

    assert not last.isValid()
    assert ladder.item_at(QPointF(5, 190)) == NOTHING
