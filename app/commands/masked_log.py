"""The log of a command that handles secrets."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from app.runtime.log_setup import LogOutputs
from app.runtime.paths import private, state_folder
from app.runtime.redaction import Redactor
from app.runtime.uncaught import UncaughtErrors, ending_in_the_log


@contextmanager
def masked_log(stderr_level: int = logging.WARNING) -> Generator[Redactor]:
    """Log, what nobody caught included, and mask what the redactor knows.

    Raises UserError when the log cannot be written. Records from `stderr_level` on are shown too.
    """
    redactor = Redactor()
    logs = LogOutputs(private(state_folder()), redactor, stderr_level=stderr_level)
    uncaught = UncaughtErrors()
    try:
        with ending_in_the_log():
            yield redactor
    finally:
        uncaught.close()
        logs.close()
