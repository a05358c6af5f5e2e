"""Reads agent presets from YAML and says where a file is wrong."""

import dataclasses
import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.domain.errors import UsageError
from app.domain.presets import OutOfRangeError, Preset
from app.runtime.resources import resource

MAX_BYTES = 256 * 1024
SUFFIXES = (".yaml", ".yml")
_MERGE_TAG = "tag:yaml.org,2002:merge"
_EXPECTED = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list",
    "dataclass_type": "must be a group of settings",
    "missing": "is missing",
}

_PRESET = TypeAdapter(Preset)


def shipped_presets() -> dict[str, Path]:
    """The presets that come with Greenroom, by name."""
    return {path.stem: path for path in sorted(resource("presets").glob("*.yaml"))}


def find_preset(name_or_path: str) -> Path:
    """The file of a shipped preset, or of a path. Raises UsageError when there is neither."""
    shipped = shipped_presets()
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.suffix not in SUFFIXES:
        hint = f"Shipped presets: {', '.join(shipped)}. Or give the path of a .yaml file."
        raise UsageError(f"There is no preset called {name_or_path!r}.", hint)
    if not path.is_file():
        raise UsageError(
            f"{path}: there is no such file.", f"Shipped presets: {', '.join(shipped)}."
        )
    return path


def load_preset(path: Path) -> Preset:
    """Read and check a preset. Raises UsageError that names file, line, what is wrong and what is allowed."""
    root = _compose(path, _read(path))
    content = _plain(path, root)
    if "id" in content:
        raise _wrong(path, _line(root, ("id",)), "unknown key 'id'", "The file's name is its id.")
    try:
        return _PRESET.validate_json(json.dumps({**content, "id": path.stem}))
    except ValidationError as error:
        raise _explained(path, root, _most_telling(error)) from error


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(
                f"{path}: larger than {MAX_BYTES // 1024} kB.", "A preset is a short text."
            )
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text.", "Save it as UTF-8.") from error


class _Loader(yaml.SafeLoader):
    """Plain values only: no tags, no anchors, no repeated keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = cast("Any", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
            problem = "aliases (*name) are not allowed"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=alias.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == _MERGE_TAG:
                raise yaml.MarkedYAMLError(
                    problem="'<<' is not allowed", problem_mark=key.start_mark
                )
            if key.value in seen:
                problem = f"key {key.value!r} is there twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# Dates have no place in a preset; read as text they get the message for text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _compose(path: Path, text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, error) from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: is not YAML: {error}.") from error
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply.") from error
    if not isinstance(root, yaml.MappingNode):
        raise _wrong(path, 1, "a preset is a list of 'key: value' lines", _allowed_keys(Preset))
    return root


def _plain(path: Path, root: yaml.MappingNode) -> dict[str, Any]:
    loader = _Loader("")
    try:
        content = cast("object", loader.construct_document(root))  # pyright: ignore[reportUnknownMemberType]
        json.dumps(content)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, error) from error
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply.") from error
    except TypeError as error:
        raise UsageError(
            f"{path}: holds a value that is no text, number, list or group: {error}."
        ) from error
    finally:
        loader.dispose()
    return cast("dict[str, Any]", content)


def _not_yaml(path: Path, error: yaml.MarkedYAMLError) -> UsageError:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    problem = (error.problem or "is not YAML").strip()
    if "could not determine a constructor for the tag" in problem:
        tag = problem.split("'")[1].replace("tag:yaml.org,2002:", "!!")
        return _wrong(
            path, line, f"the tag {tag} is not allowed", "A preset holds plain values only."
        )
    return _wrong(path, line, problem, "")


def _most_telling(error: ValidationError) -> ErrorDetails:
    """The first error, but a misspelt key before the key that is missing for it."""
    details = error.errors(include_url=False)
    return min(details, key=lambda detail: detail["type"] != "unexpected_keyword_argument")


def _explained(path: Path, root: yaml.Node, error: ErrorDetails) -> UsageError:
    loc = tuple(error["loc"])
    inner = error.get("ctx", {}).get("error")
    if isinstance(inner, OutOfRangeError):
        return _wrong(path, _line(root, (*loc, inner.name)), f"{_dotted(loc, '')}{inner}", "")
    name = str(loc[-1]) if loc else "the file"
    if error["type"] == "unexpected_keyword_argument":
        owner = _type_at(loc[:-1])
        hint = _did_you_mean(name, owner) + _allowed_keys(owner)
        return _wrong(path, _line(root, loc), f"unknown key {name!r}", hint)
    if error["type"] == "literal_error":
        what = f"unknown {name} {error['input']!r}"
        return _wrong(
            path, _line(root, loc), what, f"Allowed: {error.get('ctx', {}).get('expected')}."
        )
    problem = _EXPECTED.get(error["type"], error["msg"])
    return _wrong(path, _line(root, loc), f"{_dotted(loc[:-1], '.')}{name} {problem}", "")


def _wrong(path: Path, line: int, problem: str, hint: str) -> UsageError:
    return UsageError(f"{path}, line {line}: {problem}.", hint)


def _dotted(loc: tuple[int | str, ...], end: str) -> str:
    text = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return f"{text}{end or '.'}" if text else ""


def _line(root: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `loc` that is in the file."""
    node, line = root, root.start_mark.line
    for part in loc:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line + 1


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line, child
    return None


def _type_at(loc: tuple[int | str, ...]) -> type:
    """The settings class that a place in a preset holds."""
    here: type = Preset
    for part in loc:
        if isinstance(part, str):
            here = next(_classes({f.name: f.type for f in dataclasses.fields(here)}[part]))
    return here


def _classes(annotation: object) -> Iterator[type]:
    """The settings classes that an annotation mentions."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


def _keys(owner: type) -> list[str]:
    return [f.name for f in dataclasses.fields(owner) if f.name != "id"]


def _allowed_keys(owner: type) -> str:
    return f"Allowed: {', '.join(_keys(owner))}."


def _did_you_mean(name: str, owner: type) -> str:
    close = difflib.get_close_matches(name, _keys(owner), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""
