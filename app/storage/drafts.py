"""Keeps the texts of presets that were edited and not saved, while Greenroom is away."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from app.domain.agent_desk import KeptDraft
from app.domain.errors import UserError
from app.runtime.paths import private
from app.storage.replacing import replace_file

log = logging.getLogger(__name__)

FOLDER = "drafts"
SUFFIX = ".yaml"
_HEAD = re.compile(r"# Not saved yet\. Begun from ([0-9a-f]{64})(, keys left out)?\.\n")


class Drafts:
    """One file for each preset that is not saved: a line of comment, then the text. Any thread; touches the disk."""

    def __init__(self, folder: Path, redact: Callable[[str], str]) -> None:
        """`folder` is made with the first draft; `redact` masks the secrets in a text."""
        self._folder = folder
        self._redact = redact
        self._lock = Lock()

    def all(self) -> dict[str, KeptDraft]:
        """What was kept, by the ids of the presets. One that cannot be read stays where it is, and is logged.

        Raises UserError when the folder cannot be read.
        """
        with self._lock:
            try:
                paths = sorted(self._folder.iterdir())
            except FileNotFoundError:
                return {}
            except OSError as error:
                title = f"{self._folder} cannot be read: {error.strerror}."
                raise UserError(title, "Make the folder readable.") from error
            paths = [path for path in paths if path.suffix == SUFFIX and path.name[0] != "."]
            kept = {path.stem: _read(path) for path in paths}
        return {preset_id: draft for preset_id, draft in kept.items() if draft is not None}

    def keep(self, preset_id: str, draft: KeptDraft) -> None:
        """Write a text that is not saved, without the secrets in it. Raises UserError."""
        text = self._redact(draft.text)
        left_out = ", keys left out" if draft.masked or text != draft.text else ""
        head = f"# Not saved yet. Begun from {draft.begun_from}{left_out}.\n"
        path = self._path(preset_id)
        with self._lock:
            try:
                private(self._folder)
                replace_file(path, (head + text).encode("utf-8", "surrogatepass"))
            except OSError as error:
                title = f"What is not saved cannot be kept in {path}: {error.strerror}."
                raise UserError(title, "Save it, or make room on the disk.") from error

    def forget(self, preset_id: str) -> None:
        """There is nothing unsaved of a preset any more. Raises UserError."""
        path = self._path(preset_id)
        with self._lock:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                title = f"{path} cannot be removed: {error.strerror}."
                raise UserError(title, "Make the folder writable.") from error

    def _path(self, preset_id: str) -> Path:
        return self._folder / f"{preset_id}{SUFFIX}"


def _read(path: Path) -> KeptDraft | None:
    try:
        content = path.read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the draft %s cannot be read: %s", path, error)
        return None
    head = _HEAD.match(content)
    if head is None:
        log.warning("%s is no draft of Greenroom's", path)
        return None
    return KeptDraft(content[head.end() :], head[1], masked=head[2] is not None)
