"""Puts a livekit-server into Greenroom's data folder, whole or not at all."""

import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import MissingRequirementError
from app.media.server_binary import version_of

RELEASE = "1.13.5"
PARTIAL = ".partial-"
ABANDONED_S = 3600.0
"""A partial folder of that age belongs to a set-up that was killed."""


class WayClosedError(Exception):
    """This way to a livekit-server does not work here; the message is a sentence that says why."""


@contextmanager
def partial_folder(target: Path) -> Generator[Path]:
    """A folder beside `target` for what is not finished; gone afterwards, and so are those of killed set-ups."""
    # Greenroom keeps calls in the folder above: nobody else may look into it.
    for folder in (target.parent.parent, target.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=target.parent) as partial:
        yield Path(partial)


def put_in_place(binary: Path, target: Path) -> None:
    """Move `binary`, which must be on the same disk, to `target` once it says that it is `RELEASE`."""
    binary.chmod(0o755)
    try:
        version = version_of(binary)
    except MissingRequirementError as error:
        raise WayClosedError(error.title) from error
    if version != RELEASE:
        raise WayClosedError(f"It is version {version} and not {RELEASE}.")
    binary.replace(target)


def _remove_abandoned(folder: Path) -> None:
    for partial in folder.glob(f"{PARTIAL}*"):
        if time.time() - partial.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(partial, ignore_errors=True)
