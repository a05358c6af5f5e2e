"""Fields: what they hide, how they are worked, and what a screen reader says of them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.ui import fields as module
from app.ui.controls import (
    SEPARATOR,
    CheckBox,
    Choice,
    Field,
    MenuButton,
    MenuEntry,
    SearchField,
    SecretField,
    Switch,
    TextArea,
    TextField,
    column,
)
from app.ui.theme import theme
from app.ui.tokens import Token
from tests.support.hostile import HOSTILE
from tests.ui.pictures import picture, shows
from tests.ui.watching import emitted

SECRET = "canary-5f2e91c7"


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    column(widget)
    widget.resize(420, 300)
    widget.show()
    return widget


def put(page: QWidget, *parts: QWidget) -> None:
    layout = page.layout()
    assert layout is not None
    for part in parts:
        layout.addWidget(part)
    QApplication.processEvents()


def read_aloud(widget: QWidget) -> str:
    """All that a screen reader gets of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    kinds = (QAccessible.Text.Name, QAccessible.Text.Value, QAccessible.Text.Description)
    return " ".join(interface.text(kind) for kind in kinds)


def test_a_secret_is_dots_until_its_eye_is_held(page: QWidget) -> None:
    field = SecretField("Key")
    put(page, field)
    field.setText(SECRET)
    assert SECRET not in field.displayText()
    assert SECRET not in read_aloud(field)

    QTest.mousePress(field.eye, Qt.MouseButton.LeftButton)
    assert field.displayText() == SECRET
    QTest.mouseRelease(field.eye, Qt.MouseButton.LeftButton)

    assert not field.revealed
    assert field.text() == SECRET


def test_a_secret_is_shown_by_the_keyboard_too(page: QWidget) -> None:
    field = SecretField("Key")
    put(page, field)
    field.setText(SECRET)
    field.eye.setFocus()

    QTest.keyPress(field.eye, Qt.Key.Key_Space)
    assert field.revealed
    QTest.keyRelease(field.eye, Qt.Key.Key_Space)

    assert not field.revealed
    assert field.eye.accessibleName() == "Key: show while held"


def test_a_secret_hides_itself_though_its_eye_is_still_held(
    page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REVEAL_MS", 30)
    field = SecretField("Key")
    put(page, field)
    field.setText(SECRET)

    QTest.mousePress(field.eye, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: not field.revealed, timeout=5000)
    QTest.mouseRelease(field.eye, Qt.MouseButton.LeftButton)


def test_a_secret_does_not_get_to_the_clipboard(page: QWidget) -> None:
    field = SecretField("Key")
    put(page, field)
    field.setText(SECRET)
    QApplication.clipboard().setText("before")
    field.selectAll()

    field.copy()
    field.cut()

    assert QApplication.clipboard().text() == "before"


def test_a_disabled_secret_is_hidden(page: QWidget) -> None:
    field = SecretField("Key")
    put(page, field)
    QTest.mousePress(field.eye, Qt.MouseButton.LeftButton)
    assert field.revealed

    field.setEnabled(False)

    assert not field.revealed


def test_a_search_is_emptied_by_its_cross_and_by_escape(page: QWidget) -> None:
    search = SearchField("Find a provider")
    put(page, search)
    assert not search.cross.isVisible()

    for empty in (
        lambda: QTest.mouseClick(search.cross, Qt.MouseButton.LeftButton),
        lambda: QTest.keyClick(search, Qt.Key.Key_Escape),
    ):
        search.setText("deep")
        assert search.cross.isVisible()
        empty()
        assert search.text() == ""
    assert read_aloud(search).startswith("Find a provider")


def test_a_field_says_what_is_wrong_with_it(page: QWidget) -> None:
    control = TextField("Name")
    field = Field("Name", control, hint="Shown in the switcher.")
    put(page, field)
    assert control.accessibleDescription() == "Shown in the switcher."

    field.show_error("This name is taken.")
    assert control.accessibleDescription() == "This name is taken."
    assert shows(picture(control), theme.color(Token.BAD), least=100)
    field.show_error("")

    assert control.accessibleDescription() == "Shown in the switcher."
    assert not shows(picture(control), theme.color(Token.BAD))


def test_a_choice_tells_the_value_and_keeps_it_when_the_options_change(qtbot: QtBot) -> None:
    choice = Choice("Provider", [("a", "Anthropic"), ("d", "Deepgram")])
    qtbot.addWidget(choice)
    choice.choose("d")

    choice.set_options([("d", "Deepgram"), ("o", "OpenAI")])
    assert choice.value == "d"
    with qtbot.waitSignal(choice.chosen) as chosen:
        QTest.keyClick(choice, Qt.Key.Key_Down)

    assert emitted(chosen) == ["o"]
    choice.set_options([])
    assert choice.value == ""


def test_a_switch_is_worked_by_space_and_is_a_check_box_to_a_screen_reader(page: QWidget) -> None:
    switch = Switch("May speak")
    put(page, switch)
    off = picture(switch)

    QTest.keyClick(switch, Qt.Key.Key_Space)

    assert switch.isChecked()
    assert shows(picture(switch), theme.color(Token.ACCENT), least=100)
    assert not shows(off, theme.color(Token.ACCENT))
    interface = QAccessible.queryAccessibleInterface(switch)
    assert interface.role() is QAccessible.Role.CheckBox
    assert interface.text(QAccessible.Text.Name) == "May speak"


def test_tab_leaves_a_text_area(page: QWidget) -> None:
    area, after = TextArea("Metadata"), TextField("Next")
    put(page, area, after)
    page.activateWindow()
    area.setFocus()

    QTest.keyClick(area, Qt.Key.Key_Tab)

    assert page.focusWidget() is after
    assert area.toPlainText() == ""


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_shown_literally(page: QWidget, text: str) -> None:
    tick, choice = CheckBox(f"x{text}"), Choice("Foreign", [("v", f"x{text}")])
    field = Field("Caption", TextField("Caption"))
    put(page, tick, choice, field)

    field.show_error(text)

    assert tick.text().replace("&&", "&") == tick.accessibleName()
    assert len(choice.itemText(0)) <= 80
    assert "\u202e" not in choice.itemText(0) + tick.text()


def open_menu(button: MenuButton) -> QMenu:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.opened is not None
    return button.opened


def test_a_menu_does_what_is_chosen_and_nothing_for_a_line_that_only_says_something(
    page: QWidget,
) -> None:
    done: list[str] = []
    entries = (
        MenuEntry("Copy & go", lambda: done.append("copy")),
        SEPARATOR,
        MenuEntry("Read only"),
        MenuEntry("Ticked", lambda: done.append("tick"), checked=True),
    )
    button = MenuButton("Deepgram: more", lambda: entries)
    put(page, button)

    menu = open_menu(button)
    texts = [action.text() for action in menu.actions()]
    enabled = [action.isEnabled() for action in menu.actions()]
    menu.actions()[0].trigger()
    menu.close()

    assert texts == ["Copy && go", "", "Read only", "Ticked"]
    assert enabled[2] is False
    assert done == ["copy"]
    assert button.opened is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Return])
def test_a_menu_opens_by_keyboard(page: QWidget, key: Qt.Key) -> None:
    button = MenuButton("More", lambda: [MenuEntry("Copy", lambda: None)])
    put(page, button)
    button.setFocus()

    QTest.keyClick(button, key)

    assert button.opened is not None
    button.opened.close()
