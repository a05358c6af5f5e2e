"""Where a bot's program is, and what somebody agrees to when they agree to run it."""

import hashlib
import os
from pathlib import Path

from app.agent.bot.imports import sources_of
from app.domain.errors import UsageError

CANDIDATES = ("bot.py", "server/bot.py")
"""Where `pipecat init` puts the program of a project."""


def find_program(path: Path) -> Path:
    """The file that holds `bot()`: `path` itself, or of a project's folder its `bot.py`. Any thread.

    Raises UsageError when there is none.
    """
    if path.is_dir():
        for name in CANDIDATES:
            if (path / name).is_file():
                return (path / name).resolve()
        raise UsageError(
            f"There is no bot in {path}.",
            "Choose a folder with bot.py or server/bot.py, or the file itself.",
        )
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Choose a bot.py that is there.")
    if path.suffix != ".py":
        raise UsageError(f"{path.name} is no Python program.", "Choose a file like bot.py.")
    return path.resolve()


def content_sha256(program: Path) -> str:
    """What stands for the content of a bot in a consent.

    Of a program alone it is the file's own SHA-256, as `sha256sum` prints it. Of one that imports files beside it,
    it is the SHA-256 over a line for each of them, sorted: its SHA-256, two spaces, its path from the program's
    folder. What is installed, data and `.env` are not covered. Raises UsageError when a file cannot be read.
    """
    try:
        files = [source.path for source in sources_of(program)]
    except SyntaxError:
        # It will not run; a hash of what can be named is enough to tell it from its mended self.
        files = [program]
    hashes = {file: hashlib.sha256(_content(file)).hexdigest() for file in files}
    if len(hashes) == 1:
        return hashes[program]
    lines = sorted(f"{value}  {_name(file, program)}" for file, value in hashes.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _name(file: Path, program: Path) -> str:
    return Path(os.path.relpath(file, program.parent)).as_posix()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}.", "Make it readable."
        ) from error


def python_of(program: Path) -> Path | None:
    """The interpreter of the project's own environment: `.venv` or `venv` beside the program or one folder above."""
    for folder in (program.parent, program.parent.parent):
        for name in (".venv", "venv"):
            for python in ("bin/python", "Scripts/python.exe"):
                if (folder / name / python).exists():
                    return folder / name / python
    return None
