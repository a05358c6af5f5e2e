"""Finds agent presets, reads them from YAML and says where one is wrong."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.agent.preset_problems import Known, allowed_keys, explained, require_known
from app.agent.preset_schema import NOT_IN_FILE
from app.agent.preset_yaml import PresetError, YamlText
from app.domain.agent_desk import PresetReading
from app.domain.errors import UsageError
from app.domain.presets import Preset
from app.runtime.resources import resource

MAX_BYTES = 256 * 1024
SUFFIXES = (".yaml", ".yml")

_PRESET = TypeAdapter(Preset)


def shipped_presets() -> dict[str, Path]:
    """The presets that come with Greenroom, by name."""
    return {path.stem: path for path in sorted(resource("presets").glob("*.yaml"))}


def find_preset(name_or_path: str, folders: Sequence[Path] = ()) -> Path:
    """The file of a preset in one of these folders, of a shipped one, or of a path.

    Raises UsageError when there is none.
    """
    own: dict[str, Path] = {}
    for folder in reversed(folders):
        found = (path for path in sorted(folder.glob("*.yaml")) if path.is_file())
        own |= {path.stem: path for path in found if not path.name.startswith(".")}
    presets = shipped_presets() | own
    if name_or_path in presets:
        return presets[name_or_path]
    path = Path(name_or_path).expanduser()
    there_are = f"Presets: {', '.join(presets)}."
    if path.suffix not in SUFFIXES:
        hint = f"{there_are} Or give the path of a .yaml file."
        raise UsageError(f"There is no preset called {name_or_path!r}.", hint)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.", there_are)
    return path


def load_preset(path: Path, known: Known | None = None) -> Preset:
    """Read and check a preset. Raises UsageError that names file, line, what is wrong and what is allowed.

    Without `known` the ids of catalogue services are not checked.
    """
    try:
        preset = _preset(_text(_bytes(path)), path.stem, known)
    except PresetError as error:
        problem = error.problem
        raise UsageError(f"{path}, line {problem.line}: {problem.reason}.", problem.hint) from error
    return dataclasses.replace(preset, folder=path.parent)


def read_preset(text: str, preset_id: str, known: Known | None = None) -> PresetReading:
    """What a text would be as the preset of that id. Raises nothing."""
    try:
        return PresetReading(text=text, preset=_preset(text, preset_id, known))
    except PresetError as error:
        return PresetReading(text=text, preset=None, problem=error.problem)


def _preset(text: str, preset_id: str, known: Known | None) -> Preset:
    _require_short(text.encode("utf-8", errors="surrogatepass"))
    found = YamlText(text)
    for name in NOT_IN_FILE:
        if name in found.content:
            hint = "The file's name is its id." if name == "id" else allowed_keys(Preset)
            raise PresetError(found.line((name,)), f"unknown key {name!r}", hint)
    try:
        preset = _PRESET.validate_json(json.dumps({**found.content, "id": preset_id}))
    except ValidationError as error:
        raise explained(found, error, known) from error
    if known is not None:
        require_known(found, preset, known)
    return preset


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error


def _text(content: bytes) -> str:
    _require_short(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PresetError(line, "is not UTF-8 text", "Save it as UTF-8.") from error


def _require_short(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        line = content.count(b"\n", 0, MAX_BYTES) + 1
        reason = f"larger than {MAX_BYTES // 1024} kB"
        raise PresetError(line, reason, "A preset is a short text.")
