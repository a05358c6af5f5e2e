"""Replaces files so that a crash leaves the old or the new one whole."""

import os
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file. It keeps the file's mode; a new one is for this user's eyes only.

    A link stays a link. Blocks until the content is on the disk; any thread. Raises OSError.
    """
    target = path.resolve()
    with _beside(target) as (descriptor, fresh):
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            fresh.chmod(stat.S_IMODE(target.stat().st_mode))
        fresh.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _beside(path: Path) -> Generator[tuple[int, Path]]:
    """A new file for this user's eyes only, which is gone afterwards unless it has been moved."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        yield descriptor, fresh
    finally:
        fresh.unlink(missing_ok=True)
