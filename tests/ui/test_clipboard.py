"""A secret on the clipboard: marked, and gone after a while."""

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.ui import clipboard as module
from app.ui.clipboard import SecretClipboard

SECRET = "canary-5f2e91c7"


@pytest.fixture
def owner(qapp: QGuiApplication) -> QObject:
    return QObject()


def text() -> str:
    return QGuiApplication.clipboard().text()


def test_is_kept_for_half_a_minute() -> None:
    assert module.CLEAR_AFTER_S == 30


def test_a_copied_secret_is_gone_after_its_time(
    owner: QObject, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLEAR_AFTER_S", 0.05)
    SecretClipboard(owner).copy(SECRET)
    assert text() == SECRET

    qtbot.waitUntil(lambda: text() == "", timeout=5000)


def test_what_was_copied_meanwhile_stays(owner: QObject) -> None:
    clipboard = SecretClipboard(owner)
    clipboard.copy(SECRET)
    QGuiApplication.clipboard().setText("my own words")

    clipboard.clear()

    assert text() == "my own words"


def test_a_second_copy_starts_the_time_anew(owner: QObject) -> None:
    clipboard = SecretClipboard(owner)
    clipboard.copy(SECRET)
    clipboard.copy("another")

    clipboard.clear()

    assert text() == ""


def test_it_does_not_outlive_the_program(owner: QObject, qapp: QGuiApplication) -> None:
    SecretClipboard(owner).copy(SECRET)

    qapp.aboutToQuit.emit()

    assert text() == ""


def test_clipboard_histories_are_asked_to_leave_it_alone(owner: QObject) -> None:
    SecretClipboard(owner).copy(SECRET)

    data = QGuiApplication.clipboard().mimeData()

    assert bytes(data.data("x-kde-passwordManagerHint").data()) == b"secret"
    assert data.hasFormat("application/x-nspasteboard-concealed-type")
    assert data.hasFormat("ExcludeClipboardContentFromMonitorProcessing")


def test_the_secret_itself_is_not_kept(owner: QObject) -> None:
    clipboard = SecretClipboard(owner)

    clipboard.copy(SECRET)

    assert SECRET not in repr(vars(clipboard))
