"""Keys that work anywhere in a window or on a page."""

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


def on_key(owner: QWidget, key: str) -> SignalInstance:
    """The signal of a key, such as `F` or `Ctrl+J`, while `owner` is visible in the active window.

    Where a person types, a letter is a letter: a text field takes it first.
    """
    shortcut = QShortcut(QKeySequence(key), owner)
    shortcut.setAutoRepeat(False)
    return shortcut.activated
