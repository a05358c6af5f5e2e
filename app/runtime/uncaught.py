"""Sends what nobody caught to the log, where secrets are masked, instead of to stderr as it is.

faulthandler's reports are left alone: they name files and lines, and hold no values.
"""

import logging
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType

from app.domain.errors import UserError

log = logging.getLogger(__name__)


def _to_the_log_only(_error: BaseException) -> None:
    pass


class UncaughtErrors:
    """The process's hooks for exceptions that end the program, a thread or a finaliser, until `close`.

    `on_fault` is told each, on the thread where it happened, and must not raise.
    """

    def __init__(self, on_fault: Callable[[BaseException], None] = _to_the_log_only) -> None:
        self._on_fault = on_fault
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable

    def close(self) -> None:
        """Put back what was there before."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        self._on_fault(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        error = args.exc_value or args.exc_type()
        name = args.thread.name if args.thread else "unknown"
        log.critical(
            "uncaught exception in thread %s",
            name,
            exc_info=(args.exc_type, error, args.exc_traceback),
        )
        self._on_fault(error)

    def _unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        error = args.exc_value or args.exc_type()
        log.error("%s: %r", args.err_msg or "exception ignored in", args.object, exc_info=error)


@contextmanager
def ending_in_the_log() -> Generator[None]:
    """Ends the program with exit code 1 and a traceback in the log for an error that nobody caught.

    It belongs around what runs while the log is open: the interpreter's own report would come after, unmasked.
    A UserError goes on its way.
    """
    try:
        yield
    except UserError:
        raise
    except Exception:
        log.critical("uncaught exception", exc_info=True)
        raise SystemExit(1) from None
