"""Where Greenroom keeps its own files on this computer."""

from pathlib import Path

import platformdirs

NAME = "greenroom"


def data_folder() -> Path:
    """Calls, recordings and what was fetched once. Any thread."""
    return platformdirs.user_data_path(NAME, appauthor=False)


def state_folder() -> Path:
    """Logs and locks. Any thread."""
    return platformdirs.user_state_path(NAME, appauthor=False)


def config_folder() -> Path:
    """Settings, and what else the user has set up. Any thread."""
    return platformdirs.user_config_path(NAME, appauthor=False)


def agents_folder() -> Path:
    """The user's own presets, and the list of bot files. Any thread."""
    return config_folder() / "agents"


def private(folder: Path) -> Path:
    """Make `folder` with all above it, for this user's eyes only, and return it.

    Raises OSError when it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
