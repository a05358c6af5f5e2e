"""The nets under everything: what nobody caught ends in the log and before the person's eyes."""

import asyncio
import faulthandler
import logging
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.runtime.uncaught import UncaughtErrors

log = logging.getLogger(__name__)

QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
HARMLESS_QT = (
    "This plugin does not support propagateSizeHints",
    "Couldn't load pipewire",
    "Couldn't resolve pipewire",
    "PulseAudioService: pa_context_connect() failed",
    "No audio device detected",
)
"""Said by the offscreen platform for every window, and by QtMultimedia where it finds no sound server.

The panel says itself that there is no microphone.
"""


class Nets:
    """Catches uncaught exceptions of slots, threads, finalisers and tasks, and Qt's own messages.

    All are logged; `on_fault` is told the error's one line, on whichever thread it happened, and must not raise.
    `close` puts back what was there before.
    """

    def __init__(self, on_fault: Callable[[str], None]) -> None:
        self._on_fault = on_fault
        self._uncaught = UncaughtErrors(self._tell)
        self._last_from_qt = ""
        self._qt_handler = qInstallMessageHandler(self._from_qt)
        if sys.stderr is not None and not faulthandler.is_enabled():  # pyright: ignore[reportUnnecessaryComparison]
            faulthandler.enable()

    def close(self) -> None:
        self._uncaught.close()
        qInstallMessageHandler(self._qt_handler)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the exceptions of tasks that nobody awaited."""
        loop.set_exception_handler(self._unawaited)

    def _unawaited(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error: BaseException | None = context.get("exception")
        log.error("%s", context.get("message", "unhandled error on the loop"), exc_info=error)
        if error is not None:
            self._tell(error)

    def _from_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        # A display that is gone is said a hundred times a second.
        if message != self._last_from_qt:
            self._last_from_qt = message
            log_qt_message(kind, context, message)

    def _tell(self, error: BaseException) -> None:
        self._on_fault(f"{type(error).__name__}: {error}")


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Send what Qt says to the log, under the name of its category."""
    level = logging.DEBUG if message.startswith(HARMLESS_QT) else QT_LEVELS[kind]
    category = context.category or "default"
    name = category if category.startswith("qt.") else f"qt.{category}"
    logging.getLogger(name).log(level, "%s", message)
