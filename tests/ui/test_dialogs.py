"""Dialogs: they block nothing, keep the keyboard, and lose nothing that was typed."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.buttons import Button
from app.ui.dialogs import Dialog, confirmation
from app.ui.fields import Field, TextField
from app.ui.keys import on_key
from app.ui.panes import Pane, column, pane
from app.ui.theme import theme
from app.ui.tokens import Token
from tests.support.hostile import HOSTILE
from tests.ui.pictures import picture, shows


class Window(QWidget):
    """A window with one button below the dialog, and keys of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0
        self.escaped = 0
        self.below = Button("Below")
        self.below.clicked.connect(self._press)
        ground = pane(Pane.PAGE)
        column(ground).addWidget(self.below)
        column(self).addWidget(ground)
        on_key(self, "Escape").connect(self._escape)
        on_key(self, "F").connect(self._press)

    def _press(self) -> None:
        self.pressed += 1

    def _escape(self) -> None:
        self.escaped += 1


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.activateWindow()
    made.below.setFocus()
    return made


def press(window: QWidget, key: Qt.Key) -> None:
    """As the keyboard does: what has the focus gets it, after the shortcuts."""
    handle = window.windowHandle()
    assert handle is not None
    QTest.keyClick(handle, key)
    QApplication.processEvents()


def asking(window: Window) -> tuple[Dialog, TextField]:
    dialog = Dialog(window, "Rename", act="Rename it")
    field = TextField("Name")
    dialog.body.addWidget(Field("Name", field))
    dialog.open(field)
    QApplication.processEvents()
    return dialog, field


def test_return_in_a_field_does_the_act_and_the_dialog_stays(window: Window, qtbot: QtBot) -> None:
    dialog, field = asking(window)
    QTest.keyClicks(field, "Ada")

    with qtbot.waitSignal(dialog.accepted):
        press(window, Qt.Key.Key_Return)

    assert dialog.isVisible()
    dialog.show_busy("Renaming…")
    assert dialog.busy
    with qtbot.assertNotEmitted(dialog.accepted):
        press(window, Qt.Key.Key_Return)
    dialog.show_error("The server did not answer.", "Look whether it runs, then try again.")
    assert (field.text(), dialog.act.text(), dialog.act.isEnabled()) == ("Ada", "Rename it", True)
    assert dialog.error_title.isVisible()


def test_escape_cancels_the_dialog_alone_and_the_keyboard_goes_back(
    window: Window, qtbot: QtBot
) -> None:
    dialog, _ = asking(window)

    with qtbot.waitSignals([dialog.finished, dialog.rejected]):
        press(window, Qt.Key.Key_Escape)

    assert window.escaped == 0
    assert window.focusWidget() is window.below
    press(window, Qt.Key.Key_Escape)
    assert window.escaped == 1


def test_the_keys_and_the_buttons_below_rest(window: Window) -> None:
    dialog, _ = asking(window)
    dialog.cancel.setFocus()

    press(window, Qt.Key.Key_F)
    at = window.below.mapTo(window, QPoint(20, 10))
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=at)

    assert window.pressed == 0
    dialog.done()
    press(window, Qt.Key.Key_F)
    assert window.pressed == 1


def test_tab_goes_round_within_the_dialog(window: Window) -> None:
    dialog, field = asking(window)
    visited: list[QWidget | None] = []

    for _ in range(5):
        visited.append(window.focusWidget())
        press(window, Qt.Key.Key_Tab)

    assert visited[0] is visited[4] is field
    assert set(visited) == {field, dialog.cancel, dialog.act, dialog.cross}
    press(window, Qt.Key.Key_Backtab)
    assert window.focusWidget() is not window.below


def test_an_act_that_destroys_is_not_what_return_does(window: Window) -> None:
    question = confirmation(window, "Remove the key?", "It is deleted.", "Remove the key")
    question.open()
    assert window.focusWidget() is question.cancel

    answers: list[str] = []
    question.accepted.connect(lambda: answers.append("accepted"))
    question.rejected.connect(lambda: answers.append("rejected"))
    press(window, Qt.Key.Key_Return)

    assert answers == ["rejected"]


def test_a_button_is_pressed_by_return_where_the_keyboard_is(window: Window, qtbot: QtBot) -> None:
    question = confirmation(window, "Remove the key?", "It is deleted.", "Remove the key")
    question.open()
    question.act.setFocus()

    with qtbot.waitSignal(question.accepted):
        press(window, Qt.Key.Key_Return)


def test_it_covers_the_window_and_follows_its_size(window: Window) -> None:
    dialog, _ = asking(window)
    before = window.grab().toImage().pixelColor(5, 5)

    window.resize(1200, 700)
    QApplication.processEvents()

    assert dialog.size() == window.size()
    middle = dialog.card.geometry().center().x()
    assert abs(middle - 600) <= 1
    assert dialog.rect().contains(dialog.card.geometry())
    assert before == theme.color(Token.BG)
    assert shows(picture(window), theme.color(Token.PANEL), least=10_000)


def test_it_grows_with_what_it_says(window: Window) -> None:
    dialog, _ = asking(window)
    height = dialog.card.height()

    dialog.show_error("It failed.", "A long explanation of what to do now. " * 8)
    QApplication.processEvents()

    hint = dialog.error_hint
    assert dialog.card.height() > height
    assert hint.height() >= hint.heightForWidth(hint.width())


def test_a_screen_reader_finds_its_title(window: Window) -> None:
    dialog, _ = asking(window)

    interface = QAccessible.queryAccessibleInterface(dialog)

    assert interface.text(QAccessible.Text.Name) == "Rename"
    assert interface.role() is QAccessible.Role.Dialog


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_shown_literally(window: Window, text: str) -> None:
    question = confirmation(window, text, text, "Remove")
    question.show_error(text, text)
    question.open()
    QApplication.processEvents()

    labels = question.findChildren(QLabel)

    assert all(each.textFormat() is Qt.TextFormat.PlainText for each in labels)
    assert all("\u202e" not in each.text() for each in labels)
    assert question.card.height() <= window.height()
    question.done()
