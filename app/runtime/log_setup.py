"""Sends all logging to one file in the state folder, and what matters to stderr, without secrets."""

import logging
import os
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from app.domain.errors import UserError
from app.runtime.paths import private
from app.runtime.redaction import RedactingFormatter, Redactor

FILE_NAME = "greenroom.log"
FILE_FORMAT = "%(asctime)s %(levelname)-8s %(threadName)s %(name)s: %(message)s"
STDERR_FORMAT = "%(levelname)s %(name)s: %(message)s"
BYTES_PER_FILE = 10_000_000
OLD_FILES = 4
_NOWHERE = logging.NullHandler()
"""Without any handler Python writes warnings to stderr itself, where nothing would mask a secret."""


class LoguruMessage(Protocol):
    """What loguru gives a sink."""

    @property
    def record(self) -> Mapping[str, Any]: ...


class LoguruLogger(Protocol):
    """The part of loguru's logger that `forward_loguru` uses."""

    def remove(self, handler_id: int | None = None) -> None: ...

    def add(
        self,
        sink: Callable[[Any], None],
        *,
        level: str,
        format: Callable[[Any], str],  # noqa: A002
        diagnose: bool,
        backtrace: bool,
        catch: bool,
    ) -> int: ...


class LogOutputs:
    """The file and stderr as outputs of the root logger, from construction until `close`. Main thread only."""

    def __init__(
        self,
        folder: Path,
        redactor: Redactor,
        level: int = logging.INFO,
        *,
        stderr_level: int = logging.WARNING,
    ) -> None:
        """Raises UserError when the log file cannot be written in `folder`."""
        self.path = folder / FILE_NAME
        self._handlers = (_file(self.path, redactor), _stderr(redactor, stderr_level))
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(level)
        for handler in self._handlers:
            root.addHandler(handler)
        logging.captureWarnings(True)

    def close(self) -> None:
        """Detach both outputs and close the file; what is logged from now on goes nowhere."""
        logging.captureWarnings(False)
        root = logging.getLogger()
        root.addHandler(_NOWHERE)
        root.setLevel(self._level_before)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()


def forward_loguru(loguru: LoguruLogger, level: str = "INFO") -> None:
    """Replace loguru's outputs by the standard logging of this process, from `level` on.

    Its own would print the values of local variables under a traceback, keys among them.
    """
    loguru.remove()
    loguru.add(
        _to_standard_logging,
        level=level,
        format=_message_only,
        diagnose=False,
        backtrace=False,
        catch=True,
    )


def _to_standard_logging(message: LoguruMessage) -> None:
    record = message.record
    logger = logging.getLogger(record["name"])
    level = record["level"].no
    if not logger.isEnabledFor(level):
        return
    logger.handle(
        logger.makeRecord(
            logger.name,
            level,
            record["file"].path,
            record["line"],
            "%s",
            (record["message"],),
            _exc_info(record["exception"]),
            record["function"],
        )
    )


def _message_only(_: object) -> str:
    """A format of our own, so that loguru does not append the traceback to the message."""
    return "{message}"


def _exc_info(
    exception: "tuple[type[BaseException], BaseException, TracebackType | None] | None",
) -> "tuple[type[BaseException], BaseException, TracebackType | None] | None":
    return None if exception is None else (exception[0], exception[1], exception[2])


class _PrivateRotatingFile(RotatingFileHandler):
    """A rotating file that only this user may read."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding)


def _file(path: Path, redactor: Redactor) -> logging.Handler:
    try:
        private(path.parent)
        handler = _PrivateRotatingFile(
            path, maxBytes=BYTES_PER_FILE, backupCount=OLD_FILES, encoding="utf-8"
        )
    except OSError as error:
        hint = f"Make {path.parent} writable."
        raise UserError(f"The log {path} cannot be written: {error.strerror}.", hint) from error
    handler.setFormatter(RedactingFormatter(redactor, FILE_FORMAT))
    return handler


def _stderr(redactor: Redactor, level: int) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(RedactingFormatter(redactor, STDERR_FORMAT))
    return handler
