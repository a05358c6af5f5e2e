"""A file that says that something is finished, and for what."""

from contextlib import suppress
from pathlib import Path


class FinishedMark:
    """Is there only while what it stands for is whole: `clear` it before the work, `write` it after."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """What it was finished for; None when it was never begun, or begun and not finished."""
        try:
            return self._path.read_text("utf-8")
        except FileNotFoundError:
            return None

    def clear(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()

    def write(self, finished_for: str) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(finished_for, "utf-8")
        fresh.replace(self._path)
