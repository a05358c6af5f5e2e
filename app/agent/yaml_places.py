"""Where the values of a YAML text stand in it, to the character."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

import yaml

from app.agent.preset_yaml import Path

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
Collection: TypeAlias = yaml.MappingNode | yaml.SequenceNode


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a value: `name` in `parent`. `node` is None where nothing stands yet."""

    parent: Collection
    parent_path: Path
    name: str | int
    node: yaml.Node | None
    in_flow: bool
    """Between brackets, where line breaks mean nothing."""
    rest: Path
    """What the path says beyond this place, because nothing that could hold it stands there."""

    @property
    def key(self) -> yaml.ScalarNode | None:
        """The key of a value in a group."""
        return next((key for key, _ in pairs(self.parent) if key.value == self.name), None)


def find_place(root: yaml.MappingNode, path: Path) -> Place:
    """The place that a path leads to, as far as the text goes. Raises LookupError where it leads astray."""
    parent: Collection = root
    in_flow = False
    for depth, name in enumerate(path):
        in_flow = in_flow or bool(parent.flow_style)
        node = _child(parent, name)
        rest = path[depth + 1 :]
        if not rest or not is_collection(node) or not node.value:
            return Place(parent, path[:depth], name, node, in_flow, rest)
        parent = node
    raise LookupError("a path of no parts")


def is_collection(node: yaml.Node | None) -> TypeGuard[Collection]:
    """Whether it is a group or a list."""
    return isinstance(node, yaml.MappingNode | yaml.SequenceNode)


def pairs(group: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys and values of a group; none of anything else."""
    return group.value if isinstance(group, yaml.MappingNode) else []


def items(listed: yaml.Node) -> list[yaml.Node]:
    """The entries of a list; none of anything else."""
    return listed.value if isinstance(listed, yaml.SequenceNode) else []


def end_of(text: str, node: yaml.Node) -> int:
    """Where a value ends, without the comments and empty lines that follow it."""
    start, end = span_of(node)
    if is_collection(node) and not node.flow_style:
        inner = [value for _, value in pairs(node)] or items(node)
        return end_of(text, inner[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return start + len(text[start:end].rstrip())
    return end


def span_of(node: yaml.Node) -> tuple[int, int]:
    """What the parser counts as the node."""
    return node.start_mark.index, node.end_mark.index


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def indent_of(text: str, at: int) -> int:
    """By how many spaces the line of this character is indented."""
    line = text[line_start(text, at) : line_end(text, at)]
    return len(line) - len(line.lstrip(" "))


def dash_of(text: str, item: yaml.Node) -> int:
    """Where the dash of a block list's item stands."""
    return text.rindex("-", 0, span_of(item)[0])


def comments_in(text: str, root: yaml.Node, start: int, end: int) -> list[str]:
    """The comments between two characters; a # in a text is none."""
    masked = list(text)
    for scalar in _scalars(root):
        for at in range(*_content_span(text, scalar)):
            masked[at] = "\n" if text[at] == "\n" else "x"
    found = _COMMENT.finditer("".join(masked))
    return [each.group() for each in found if start <= each.start() < end]


def _content_span(text: str, scalar: yaml.ScalarNode) -> tuple[int, int]:
    start, end = span_of(scalar)
    if scalar.style in ("|", ">"):  # Behind the sign there may be a comment.
        return min(line_end(text, start), end), end
    return start, end


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    for key, value in pairs(node):
        yield key
        yield from _scalars(value)
    for each in items(node):
        yield from _scalars(each)


def _child(parent: Collection, name: str | int) -> yaml.Node | None:
    if isinstance(parent, yaml.MappingNode) and isinstance(name, str):
        return next((value for key, value in pairs(parent) if key.value == name), None)
    if isinstance(parent, yaml.SequenceNode) and isinstance(name, int) and name >= 0:
        entries = items(parent)
        if name <= len(entries):
            return entries[name] if name < len(entries) else None
    raise LookupError(f"{name!r} leads nowhere")
