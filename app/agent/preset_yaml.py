"""Reads YAML as plain values and knows the line of each: no tags, no aliases, no repeated keys."""

import json
import math
from collections.abc import Mapping
from typing import Any, cast

import yaml

from app.domain.agent_desk import PresetProblem

MAX_DEPTH = 20
"""Groups within groups; a preset needs eight."""
Path = tuple[str | int, ...]
"""Keys and positions that lead to a value."""

_PLAIN_ONLY = "A preset holds plain values only."
_IN_WORDS = {
    "found character '\\t'": "a tab stands where only spaces may",
    "expected <block end>": "the indentation does not fit the lines above",
    "could not find expected ':'": "a ':' is missing after the key",
    "mapping values are not allowed here": "a second ': ' is in this line; put the text in quotes",
    "while scanning a quoted scalar": "a quote is not closed",
    "expected a single document": "'---' begins a second document",
    "expected '<document start>'": "it goes on after the end of the document",
}
"""The parser's words, and ours."""


class PresetError(Exception):
    """A text is no preset."""

    def __init__(self, line: int, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.problem = PresetProblem(line=line, reason=reason, hint=hint)


class YamlText:
    """The nodes of a text, and the plain values that they stand for. Raises PresetError when it is made."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _composed(text)
        self.content: Mapping[str, object] = _Values().group(self.root, ())

    def value_at(self, path: Path) -> object:
        """The value that a path leads to. Raises LookupError where it leads nowhere."""
        value: Any = self.content
        for part in path:
            value = value[part]
        return value

    def line(self, path: Path) -> int:
        """The line, from 1, of the deepest part of `path` that is in the text."""
        node: yaml.Node = self.root
        line = node.start_mark.line
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line + 1


def same(one: object, other: object) -> bool:
    """Whether two values would be written alike: 1 and true are not, nor are 1 and 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def dotted(path: Path) -> str:
    """A path as it is written in a sentence; positions count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


class _Loader(yaml.SafeLoader):
    """Composes nodes; what a preset may not hold is refused where it stands."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    @property
    def line_now(self) -> int:
        """Where reading stands, from 1."""
        return cast("Any", self).line + 1

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = cast("Any", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
        line: int = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise PresetError(line, "aliases (*name) are not allowed", _PLAIN_ONLY)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise PresetError(line, f"the tag {tag} is not allowed", _PLAIN_ONLY)
        if self._depth >= MAX_DEPTH:
            raise PresetError(line, "nested too deeply")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


# Dates have no place in a preset; read as text they get the message for text. `<<` and `=` are keys like others.
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in ("timestamp", "merge", "value")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _composed(text: str) -> yaml.MappingNode:
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _in_words(error) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PresetError(line, f"the character {_code(error.character)} is not allowed") from error
    except (ValueError, OverflowError) as error:  # An escape beyond the last character.
        raise PresetError(
            loader.line_now if loader else 1, "is not YAML: a wrong escape"
        ) from error
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(root, yaml.MappingNode):
        raise PresetError(1, "a preset is a list of 'key: value' lines")
    return root


class _Values:
    """Turns nodes into plain values."""

    def __init__(self) -> None:
        self._constructor = yaml.constructor.SafeConstructor()

    def group(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        group: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise PresetError(line, "a key must be a word")
            if key.value == "<<":
                raise PresetError(line, "'<<' is not allowed", _PLAIN_ONLY)
            if key.value in group:
                raise PresetError(line, f"key {key.value!r} is there twice")
            group[key.value] = self._value(value, (*path, key.value))
        return group

    def _value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.MappingNode):
            return self.group(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*path, index)) for index, each in enumerate(node.value)]
        return self.scalar(node, path)

    def scalar(self, node: yaml.Node, path: Path) -> object:
        """The text, number, switch or nothing that a node stands for. Raises PresetError."""
        line = node.start_mark.line + 1 if node.start_mark else 1
        try:
            value = cast("object", cast("Any", self._constructor).construct_object(node))
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError as error:
            raise PresetError(line, f"{dotted(path)} holds half a character") from error
        except ValueError as error:  # An integer of thousands of digits.
            raise PresetError(line, f"{dotted(path)} is no number that can be read") from error
        if not isinstance(value, str) and ":" in node.value:
            return (
                node.value
            )  # A time of day, which YAML 1.1 takes for a number to the base of sixty.
        if isinstance(value, float) and not math.isfinite(value):
            raise PresetError(line, f"{dotted(path)} must be a finite number")
        return value


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line, child
    return None


def _in_words(error: yaml.MarkedYAMLError) -> PresetError:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    reason = next((ours for theirs, ours in _IN_WORDS.items() if theirs in said), None)
    if reason is not None and "quote" in reason and error.context_mark:
        mark = error.context_mark
    return PresetError(mark.line + 1 if mark else 1, reason or (error.problem or "is not YAML"))


def _code(character: object) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else repr(character)
