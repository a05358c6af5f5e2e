"""Talks to the person at the terminal, on stderr: stdout belongs to Greenroom."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import UserError

FAILED = 1
INTERRUPTED = 130
LINE_EVERY_S = 15.0
"""Where there is no terminal that can rewrite a line."""


def say(sentence: str) -> None:
    print(f"greenroom: {sentence}", file=sys.stderr, flush=True)


@contextmanager
def sentences_for_errors() -> Generator[None]:
    """End the process with a sentence and the error's exit code instead of a traceback."""
    try:
        yield
    except UserError as error:
        say(error.title)
        for line in error.hint.splitlines():
            print(f"  {line}", file=sys.stderr, flush=True)
        raise SystemExit(error.exit_code) from error
    except subprocess.TimeoutExpired as error:
        say(
            f"{Path(error.cmd[0]).name} did not end within {error.timeout / 60:.0f} minutes and was ended."
        )
        raise SystemExit(FAILED) from error
    except KeyboardInterrupt:
        say("Interrupted. Nothing is left half-done; run the same command again.")
        raise SystemExit(INTERRUPTED) from None


class LiveLine:
    """A line that says how long something has been going on. Use it as a context; call `show` again and again."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._started = time.monotonic()
        self._shown: float | None = None
        self._rewrites = sys.stderr.isatty()

    def __enter__(self) -> "LiveLine":
        self.show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._rewrites:
            print(file=sys.stderr, flush=True)

    def show(self, detail: str = "") -> None:
        """Show the time since the start, and `detail`."""
        now = time.monotonic()
        line = f"greenroom: {self._doing}: {now - self._started:.0f} s {detail}".rstrip()
        if self._rewrites:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif self._shown is None or now - self._shown >= LINE_EVERY_S:
            print(line, file=sys.stderr, flush=True)
        else:
            return
        self._shown = now
