"""Keeps the user's presets: one YAML file each, which other programs may edit too."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock

from app.domain.call_plan import LOCAL_PRESET
from app.domain.errors import UsageError, UserError
from app.runtime.paths import private
from app.storage.replacing import replace_file

SUFFIX = ".yaml"
REMOVED = "removed"
"""The folder beside the presets where those lie that were removed."""
MAX_BYTES = 256 * 1024
_LONGEST_ID = 40
_NAMES_OF_WINDOWS = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)")
_MAKE_ROOM = "Make room on the disk, or make the folder writable."


@dataclass(frozen=True, slots=True)
class PresetFile:
    """A preset as a file. `id` is its name without the suffix."""

    id: str
    path: Path
    shipped: bool
    """It came with Greenroom and is never written."""


class AgentFiles:
    """The presets of this account. Any thread; every method touches the disk.

    Its texts may be anything: what a preset is, others know.
    """

    def __init__(
        self,
        folder: Path,
        shipped: Mapping[str, Path],
        *,
        name_of: Callable[[str], str],
        renamed: Callable[[str, str], str],
        taken: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`folder` is made with the first preset.

        `name_of` reads the agent's name in a text, empty where there is none; `renamed` gives a text another name;
        `taken` tells the ids that no preset may get, because other agents have them.
        """
        self._folder = folder
        self._shipped = dict(shipped)
        self._name_of = name_of
        self._renamed = renamed
        self._taken = taken
        self._lock = Lock()

    def all(self) -> tuple[PresetFile, ...]:
        """Those of the user, then those that came with Greenroom; one of the user hides the shipped one of its id.

        Raises UserError when the folder cannot be read.
        """
        own = {path.stem: PresetFile(path.stem, path, shipped=False) for path in self._own()}
        shipped = [
            PresetFile(preset_id, path, shipped=True)
            for preset_id, path in sorted(self._shipped.items(), key=_order)
            if preset_id not in own
        ]
        return (*own.values(), *shipped)

    def find(self, preset_id: str) -> PresetFile:
        """The preset of that id. Raises UsageError, with all ids in its hint, where there is none."""
        presets = self.all()
        for preset in presets:
            if preset.id == preset_id:
                return preset
        there_are = ", ".join(preset.id for preset in presets)
        raise UsageError(f"There is no preset called “{preset_id}”.", f"There are: {there_are}.")

    def text_of(self, preset_id: str) -> str:
        """The text of a preset, line ends as they are. Raises UserError when it cannot be read, or is no text."""
        path = self.find(preset_id).path
        content = _read(path)
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            title = f"{path}, line {line}: is not UTF-8 text."
            raise UserError(title, "Save it as UTF-8 with another editor.") from error

    def save(self, preset_id: str, text: str) -> str:
        """Write the text of a preset, whatever it holds. Returns the id it has now.

        One that came with Greenroom becomes a new preset, whose name gets a number unless it is another already.
        Raises UserError when it cannot be written.
        """
        with self._lock:
            preset = self.find(preset_id)
            if preset.shipped:
                return self._add(preset_id, self._with_free_name(text, self._name_of(text)))
            self._write(preset.path, _with_line_ends_of(preset.path, text))
            return preset_id

    def new(self, name: str, like: str) -> str:
        """Make a preset from another, by id; its name gets a number where another has it. Returns its id.

        Raises UserError.
        """
        text = self.text_of(like)
        with self._lock:
            return self._add(name, self._with_free_name(self._renamed(text, name), name))

    def remove(self, preset_id: str) -> Path:
        """Move a preset's file into the folder `removed`, and return where it lies now.

        Raises UsageError for one that came with Greenroom, UserError when it cannot be moved.
        """
        with self._lock:
            preset = self.find(preset_id)
            if preset.shipped:
                raise UsageError(f"“{preset_id}” came with Greenroom.", "It cannot be removed.")
            try:
                aside = free_path(private(self._folder / REMOVED) / preset.path.name)
                return preset.path.rename(aside)
            except OSError as error:
                title = f"{preset.path} cannot be removed: {error.strerror}."
                raise UserError(title, "Make the folder writable.") from error

    def put_aside(self, preset_id: str, text: str) -> Path:
        """Write a text whose preset is gone into the folder `removed`, and return where it lies. Raises UserError."""
        with self._lock:
            aside = free_path(self._folder / REMOVED / f"{preset_id}{SUFFIX}")
            self._write(aside, text.encode("utf-8", "surrogatepass"))
            return aside

    def free_id(self, name: str) -> str:
        """An id made of a name, that no agent has. Raises UserError when the folder cannot be read."""
        return self._free_id(id_for(name))

    def _own(self) -> list[Path]:
        try:
            found = [path for path in self._folder.iterdir() if path.suffix == SUFFIX]
        except FileNotFoundError:
            return []
        except OSError as error:
            title = f"{self._folder} cannot be read: {error.strerror}."
            raise UserError(title, "Make the folder readable.") from error
        return sorted(path for path in found if not path.name.startswith(".") and path.is_file())

    def _add(self, name: str, text: str) -> str:
        preset_id = self._free_id(id_for(name))
        self._write(self._folder / f"{preset_id}{SUFFIX}", text.encode("utf-8", "surrogatepass"))
        return preset_id

    def _with_free_name(self, text: str, name: str) -> str:
        names = {self._name_of(_tolerant_text(preset.path)).casefold() for preset in self.all()}
        if not name or name.casefold() not in names:
            return text
        numbered = (f"{name} {number}" for number in count(2))
        return self._renamed(text, next(each for each in numbered if each.casefold() not in names))

    def _free_id(self, wanted: str) -> str:
        ids = {preset.id.casefold() for preset in self.all()}
        ids |= {other.casefold() for other in (*self._shipped, *self._taken())}
        names = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
        return next(name for name in names if name.casefold() not in ids)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            private(path.parent)
            replace_file(path, content)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}.", _MAKE_ROOM) from error


def _order(shipped: tuple[str, Path]) -> tuple[bool, str]:
    """The one that needs nothing comes first."""
    return shipped[0] != LOCAL_PRESET, shipped[0]


def id_for(name: str) -> str:
    """A file's name made of an agent's: small letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", letters))[:_LONGEST_ID].strip("-")
    return f"{words}-agent" if _NAMES_OF_WINDOWS.fullmatch(words) else words or "agent"


def free_path(path: Path) -> Path:
    """This path, or the next one with a number in it where nothing lies."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return path if not path.exists() else next(each for each in numbered if not each.exists())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        title = f"{path} is larger than {MAX_BYTES // 1024} kB."
        raise UserError(title, "A preset is a short text.")
    return content


def _tolerant_text(path: Path) -> str:
    """The text of a file for its name alone; empty where there is none to read."""
    try:
        return _read(path).decode("utf-8")
    except (UserError, UnicodeDecodeError):
        return ""


def _with_line_ends_of(path: Path, text: str) -> bytes:
    """The text with the line ends that the file has: an editor hands back plain ones."""
    content = text.encode("utf-8", "surrogatepass")
    if b"\r\n" in _read(path) and b"\r\n" not in content:
        return content.replace(b"\n", b"\r\n")
    return content
