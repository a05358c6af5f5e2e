"""Puts a secret on the clipboard for half a minute, marked so that clipboard histories leave it alone."""

import hashlib
import secrets

from PySide6.QtCore import QCoreApplication, QMimeData, QObject, QTimer, Slot
from PySide6.QtGui import QClipboard, QGuiApplication

CLEAR_AFTER_S = 30
HINTS = {
    "x-kde-passwordManagerHint": b"secret",
    "application/x-nspasteboard-concealed-type": b"",
    "ExcludeClipboardContentFromMonitorProcessing": b"1",
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"1",
    'application/x-qt-windows-mime;value="CanIncludeInClipboardHistory"': b"\0\0\0\0",
}
"""What asks a clipboard history not to keep the text: Klipper and most of Linux, macOS, Windows."""


class SecretClipboard(QObject):
    """Takes a copied secret away again after 30 s, and when the program ends. UI thread only.

    What somebody copied meanwhile stays. Only a digest of the secret is kept to tell.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._salt = secrets.token_bytes(16)
        self._copied = b""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        app = QCoreApplication.instance()
        assert app is not None, "the application comes first"
        app.aboutToQuit.connect(self.clear)

    def copy(self, secret: str) -> None:
        """Put a secret on the clipboard, and the time back to its beginning."""
        data = QMimeData()
        data.setText(secret)
        for kind, value in HINTS.items():
            data.setData(kind, value)
        _clipboard().setMimeData(data)
        self._copied = self._digest(secret)
        self._timer.start(CLEAR_AFTER_S * 1000)

    @Slot()
    def clear(self) -> None:
        """Empty the clipboard if the secret is still what it holds."""
        self._timer.stop()
        if self._copied and self._digest(_clipboard().text()) == self._copied:
            _clipboard().clear()
        self._copied = b""

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._salt).digest()


def _clipboard() -> QClipboard:
    return QGuiApplication.clipboard()
