"""Finds a `livekit-server` on this computer that Greenroom can run.

Standard library only: `packaging/run.py` looks with the same eyes before anything is installed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from app.domain.errors import MissingRequirementError

SERVER_VARIABLE = "GREENROOM_LIVEKIT_SERVER"
SERIES = "1.13"
"""The releases of livekit-server that Greenroom is tested against."""
VERSION_TIMEOUT_S = 10.0
HOMEBREW_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")
EXECUTABLE = "livekit-server.exe" if sys.platform == "win32" else "livekit-server"
SET_UP = Path(__file__).resolve().parents[2] / "packaging" / "run.py"


def find_livekit_server() -> Path:
    """The `livekit-server` to run: of `GREENROOM_LIVEKIT_SERVER`, else of PATH, Homebrew or Greenroom's data folder.

    A binary that the variable names is never passed over for another one. Runs each candidate once to ask for its
    version, so it blocks for as long as those take. Any thread. Raises `MissingRequirementError`.
    """
    if chosen := os.environ.get(SERVER_VARIABLE):
        return _chosen(Path(chosen).absolute())
    unfit: list[str] = []
    for candidate in _candidates():
        try:
            _require_series(candidate)
        except MissingRequirementError as error:
            unfit.append(error.title)
        else:
            return candidate
    title = f"There is no livekit-server {SERIES} on this computer."
    raise MissingRequirementError(" ".join([title, *unfit]), _mending_command())


def version_of(path: Path) -> str:
    """What `path --version` says, such as "1.13.5". Raises `MissingRequirementError` when it is no livekit-server."""
    try:
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        ).stdout
    except OSError as error:
        raise MissingRequirementError(f"{path} cannot be run: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise MissingRequirementError(f"{path} does not say its version.") from error
    if not (version := re.search(r"livekit-server version (\d\S*)", said)):
        raise MissingRequirementError(f"{path} is not a livekit-server.")
    return version[1]


def installed_server_path() -> Path:
    """Where the set-up puts the `livekit-server` that it downloads or builds; it need not exist."""
    return _data_folder() / "bin" / EXECUTABLE


def _chosen(path: Path) -> Path:
    try:
        _require_series(path)
    except MissingRequirementError as error:
        raise MissingRequirementError(
            f"{SERVER_VARIABLE} names a file that cannot be used. {error.title}",
            f"Let it name a livekit-server {SERIES}, or unset it: `unset {SERVER_VARIABLE}`",
        ) from error
    return path


def _require_series(path: Path) -> None:
    if not path.is_file():
        raise MissingRequirementError(f"{path} is not a file.")
    version = version_of(path)
    if not version.startswith(f"{SERIES}."):
        raise MissingRequirementError(f"{path} is version {version}, not {SERIES}.")


def _candidates() -> list[Path]:
    """Files that exist, each once, the preferred one first."""
    found = [Path(path).absolute() for path in [shutil.which(EXECUTABLE)] if path]
    found += [Path(folder) / EXECUTABLE for folder in HOMEBREW_FOLDERS]
    found += [installed_server_path()]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def _data_folder() -> Path:
    """What `app.runtime.paths.data_folder` gets from platformdirs, which is not at hand before the set-up."""
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"], "greenroom")
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))
    if shared.is_absolute():
        return shared / "greenroom"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "greenroom"
    return Path.home() / ".local" / "share" / "greenroom"


def _mending_command() -> str:
    if SET_UP.is_file():
        return f"This fetches or builds one: `python3 {shlex.quote(str(SET_UP))} doctor`"
    return (
        f"Install livekit-server {SERIES} (https://github.com/livekit/livekit/releases) so that it is on PATH, "
        f"or name it: `export {SERVER_VARIABLE}=/path/to/livekit-server`"
    )
