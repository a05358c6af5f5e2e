"""Lets only one Greenroom at a time use this user's data."""

import os
import sys
from pathlib import Path
from typing import IO

from app.domain.errors import UserError
from app.runtime.paths import private


class InstanceLock:
    """An advisory lock on a file that is held open.

    The operating system lets go of it with the process, however that ends, so a file left behind by a crash is no
    obstacle. Child processes do not inherit it. One thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises UserError when another process holds it or the file cannot be made."""
        try:
            private(self._path.parent)
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        except OSError as error:
            hint = f"Make {self._path.parent} writable."
            raise UserError(f"{self._path} cannot be opened: {error.strerror}.", hint) from error
        try:
            _lock(file)
        except OSError as error:
            file.close()
            raise UserError(
                "Greenroom is already open.", "Use the window that is open, or close it first."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of the lock; without one, nothing happens."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        # A byte far behind the process id, which others shall be able to read.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
