"""Where a bot's program is, and the modules beside it."""

from pathlib import Path

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
