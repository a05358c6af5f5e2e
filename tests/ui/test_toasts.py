"""Messages over the page."""

import logging

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QCursor, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.runtime.redaction import MASK, Redactor
from app.ui import toasts as module
from app.ui.buttons import Button, SquareButton
from app.ui.labels import Label
from app.ui.toasts import MOST, Level, Toast, Toasts


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    QCursor.setPos(0, 0)
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    return widget


def titles(toasts: Toasts) -> list[str]:
    return [toast.title for toast in toasts.shown]


def test_information_goes_by_itself_and_errors_stay(
    page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INFO_MS", 50)
    toasts = Toasts(page)
    for level in Level:
        toasts.show_toast(Toast(level, level.value))

    qtbot.waitUntil(lambda: titles(toasts) == ["warning", "error"], timeout=5000)


def test_a_message_says_no_secret(page: QWidget, caplog: pytest.LogCaptureFixture) -> None:
    redactor = Redactor()
    redactor.register("canary-value")
    toasts = Toasts(page, redactor.redact)

    toasts.show_toast(Toast(Level.ERROR, "Refused: canary-value", "token=canary-value"))

    (toast,) = toasts.shown
    assert (toast.title, toast.hint) == (f"Refused: {MASK}", f"token={MASK}")
    said = [each.text() for each in toasts.findChildren(Label)]
    assert said == [toast.title, toast.hint]
    assert "canary" not in caplog.text


def test_information_stays_while_the_pointer_is_on_it(
    page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INFO_MS", 60)
    toasts = Toasts(page)
    toasts.show_toast(Toast(Level.INFO, "read me"))
    toasts.show_toast(Toast(Level.INFO, "and me"))
    card = toasts.findChildren(Label)[0].parentWidget()
    assert card is not None
    at = QPointF(5, 5)
    QApplication.sendEvent(card, QEnterEvent(at, at, at))

    qtbot.waitUntil(lambda: titles(toasts) == ["read me"], timeout=5000)
    QApplication.sendEvent(card, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: titles(toasts) == [], timeout=5000)
    assert not toasts.isVisible()


def test_the_same_matter_is_one_message(page: QWidget) -> None:
    toasts = Toasts(page)
    for attempt in range(3):
        toasts.show_toast(Toast(Level.ERROR, f"attempt {attempt}", key="server"))
    toasts.show_toast(Toast(Level.ERROR, "another", key="microphone"))

    assert titles(toasts) == ["attempt 2", "another"]
    toasts.withdraw("server")
    assert titles(toasts) == ["another"]


def test_a_flood_keeps_the_newest(page: QWidget) -> None:
    toasts = Toasts(page)
    for number in range(MOST + 2):
        toasts.show_toast(Toast(Level.ERROR, str(number)))

    assert titles(toasts) == ["2", "3", "4", "5"]


def test_its_button_dismisses_it(page: QWidget) -> None:
    toasts = Toasts(page)
    toasts.show_toast(Toast(Level.ERROR, "gone in a moment"))
    (close,) = toasts.findChildren(SquareButton)
    assert close.accessibleName() == "Dismiss"

    QTest.mouseClick(close, Qt.MouseButton.LeftButton)

    assert titles(toasts) == []
    assert not toasts.dismiss_newest()


def test_foreign_text_is_shown_literally_and_logged(
    page: QWidget, caplog: pytest.LogCaptureFixture
) -> None:
    toasts = Toasts(page)

    with caplog.at_level(logging.INFO):
        toasts.show_toast(Toast(Level.INFO, "<b>bold\u202e</b>", "<a href='x'>link</a>"))

    texts = [label.text() for label in toasts.findChildren(Label)]
    assert texts == ["<b>bold</b>", "<a href='x'>link</a>"]
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText for label in toasts.findChildren(Label)
    )
    assert "<a href='x'>link</a>" in caplog.text


def test_messages_keep_to_their_corner_when_the_window_grows(page: QWidget) -> None:
    toasts = Toasts(page)
    toasts.set_offset(280, 68)
    long = "A sentence that needs more than one line because it says exactly what failed. " * 2
    toasts.show_toast(Toast(Level.ERROR, "Title", long))

    page.resize(1200, 700)

    assert toasts.geometry().right() == 1200 - 280 - 1
    assert toasts.geometry().top() == 68
    hint = toasts.findChildren(Label)[1]
    assert hint.height() >= hint.heightForWidth(hint.width())


def test_an_act_is_done_once_and_takes_its_message_along(page: QWidget) -> None:
    done: list[str] = []
    toasts = Toasts(page)
    toasts.show_toast(
        Toast(Level.INFO, "The key is removed", act="Undo", on_act=lambda: done.append("undo"))
    )
    (button,) = toasts.findChildren(Button)

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert button.text() == "Undo"
    assert done == ["undo"]
    assert toasts.shown == []


def test_an_act_is_not_offered_for_ever_though_the_pointer_is_on_it(
    page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACT_MS", 50)
    toasts = Toasts(page)
    toasts.show_toast(Toast(Level.INFO, "The key is removed", act="Undo", on_act=lambda: None))
    card = toasts.findChildren(Label)[0].parentWidget()
    assert card is not None
    at = QPointF(5, 5)
    QApplication.sendEvent(card, QEnterEvent(at, at, at))

    qtbot.waitUntil(lambda: toasts.shown == [], timeout=5000)
