"""Writes values as YAML in the style of the shipped presets."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

LINE = 100
"""A longer text is folded at words."""
_NEVER = 1 << 20
_HEADER = "%YAML 1.1\n---"


def plain(value: object) -> object:
    """A value as plain lists, groups, texts and numbers. What is None in them is left out.

    Raises TypeError for anything else.
    """
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value).items()
        return {str(name): plain(each) for name, each in entries if each is not None}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(each) for each in cast("Sequence[object]", value) if each is not None]
    raise TypeError(f"a preset cannot hold a {type(value).__name__}")


def after_key(value: object, indent: int) -> str:
    """What stands behind `key:` at this indent, with the blank or line break before it."""
    return _indented(_dumped({"k": _styled(value, indent)})[len("k:") :], indent)


def after_dash(value: object, dash: int) -> str:
    """What stands behind the `- ` at this indent."""
    if isinstance(value, list):
        return in_flow(cast("list[object]", value))
    if isinstance(value, dict):
        group = _styled(cast("dict[str, object]", value), dash + 2)
        return _indented(_dumped(group), dash + 2)
    return after_key(value, dash).lstrip(" ")


def in_flow(value: object, quote: str | None = None) -> str:
    """A value in one line. A text gets these quotes if it had them before."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value).items()
        return "{" + ", ".join(f"{in_flow(key)}: {in_flow(each)}" for key, each in entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(in_flow(each) for each in cast("list[object]", value)) + "]"
    if isinstance(value, str):
        value = _quoted(value, quote)
    return _dumped([value], flow=True)[1:-1]


def _quoted(text: str, quote: str | None) -> str:
    if quote == '"' or not text.isprintable():
        return DoubleQuotedScalarString(text)
    return SingleQuotedScalarString(text) if quote == "'" else text


def _styled(value: object, indent: int) -> object:
    """The same value with a style for each text: lines as a block, long ones folded."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value).items()
        return {key: _styled(each, indent + 2) for key, each in entries}
    if isinstance(value, list):
        return [_styled(each, indent + 4) for each in cast("list[object]", value)]
    return _styled_text(value, indent) if isinstance(value, str) else value


def _styled_text(text: str, indent: int) -> str:
    if not text.replace("\n", "").isprintable():
        return DoubleQuotedScalarString(text)
    if "\n" in text:
        return LiteralScalarString(text)
    if len(text) + indent > LINE and text == " ".join(text.split()):
        return _folded(text, LINE - indent - 2)
    return text


def _folded(text: str, width: int) -> str:
    lines = textwrap.wrap(text, max(width, 40), break_long_words=False, break_on_hyphens=False)
    folded = FoldedScalarString(text)
    at, places = -1, list[int]()
    for line in lines[:-1]:
        at += len(line) + 1
        places.append(at)
    cast("Any", folded).fold_pos = places
    return folded


def _dumped(value: object, *, flow: bool = False) -> str:
    """As YAML 1.1, which is what presets are read as: `yes` and `12:30` are quoted when they are texts."""
    writer = cast("Any", YAML())
    writer.version = (1, 1)
    writer.width = _NEVER
    writer.default_flow_style = flow
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(value, out)
    return out.getvalue().removeprefix(_HEADER)[1:].rstrip("\n")


def _indented(text: str, indent: int) -> str:
    first, *others = text.split("\n")
    return "\n".join((first, *(f"{' ' * indent}{line}" if line else "" for line in others)))
