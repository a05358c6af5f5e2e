"""Edits of a YAML text at one place; every character elsewhere stays, and no comment is lost."""

import yaml

from app.agent.preset_yaml import YamlText
from app.agent.yaml_places import (
    Place,
    comments_in,
    dash_of,
    end_of,
    indent_of,
    items,
    line_end,
    line_start,
    pairs,
    span_of,
)
from app.agent.yaml_writing import after_dash, after_key, in_flow

Pair = tuple[yaml.Node, yaml.Node]
"""A key and its value."""


def replaced(found: YamlText, place: Place, node: yaml.Node, value: object) -> str:
    """The text with another value in the place of `node`."""
    text = found.text
    start, end = span_of(node)[0], end_of(text, node)
    is_inline = isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">")
    if place.in_flow:
        return _joined(text, start, in_flow(value, _quotes(node)), end)
    if is_inline and "\n" not in after_key(value, place.parent.start_mark.column):
        return _joined(text, start, in_flow(value, _quotes(node)), end)
    return _with_lines(found, place, node, value)


def _with_lines(found: YamlText, place: Place, node: yaml.Node, value: object) -> str:
    """Replace all lines of a value; the comments in them come to stand above."""
    text, end = found.text, line_end(found.text, end_of(found.text, node))
    if (key := place.key) is not None:
        begin = text.index(":", span_of(key)[1]) + 1
        line = span_of(key)[0]
        new = after_key(value, place.parent.start_mark.column)
    else:
        line = dash_of(text, node)
        begin = line + 1
        new = " " + after_dash(value, line - line_start(text, line))
    kept = comments_in(text, found.root, begin, end)
    return _with_lines_above(text[:begin] + new + text[end:], line, kept)


def _quotes(node: yaml.Node) -> str | None:
    return node.style if isinstance(node, yaml.ScalarNode) else None


def _joined(text: str, start: int, new: str, end: int) -> str:
    sign = " " if start == end and text[start - 1 : start] in (":", "-") else ""
    return f"{text[:start]}{sign}{new}{text[end:]}"


def with_key(
    text: str, place: Place, value: object, *, behind: Pair | None, apart: bool = False
) -> str:
    """The text with a new key and its value behind another, or before all; `apart` by an empty line."""
    if place.in_flow:
        return _with_flow_key(text, place, behind, value)
    column = place.parent.start_mark.column
    new = f"{in_flow(place.name)}:{after_key(value, column)}"
    if behind is None:
        at = span_of(pairs(place.parent)[0][0])[0]
        return f"{text[:at]}{new}\n{' ' * column}{text[at:]}"
    at = line_end(text, end_of(text, behind[1]))
    gap = "\n\n" if apart else "\n"
    return f"{text[:at]}{gap}{' ' * column}{new}{text[at:]}"


def _with_flow_key(text: str, place: Place, behind: Pair | None, value: object) -> str:
    new = f"{in_flow(place.name)}: {in_flow(value)}"
    if behind is not None:
        at = max(end_of(text, each) for each in behind)
        return f"{text[:at]}, {new}{text[at:]}"
    at = span_of(place.parent)[0] + 1
    return f"{text[:at]}{new}{', ' if place.parent.value else ''}{text[at:]}"


def with_item(text: str, place: Place, value: object) -> str:
    """The text with one more entry at the end of a list that has some."""
    last = items(place.parent)[-1]
    if place.in_flow:
        at = end_of(text, last)
        return f"{text[:at]}, {in_flow(value)}{text[at:]}"
    dash = dash_of(text, last)
    column = dash - line_start(text, dash)
    at = line_end(text, end_of(text, last))
    return f"{text[:at]}\n{' ' * column}- {after_dash(value, column)}{text[at:]}"


def cut(found: YamlText, place: Place, node: yaml.Node) -> str:
    """The text without a value and its key, or its dash. Another one must be left in the group or list."""
    if place.parent.flow_style:
        return _cut_in_flow(found, place, node)
    return _cut_lines(found, place, node)


def _cut_in_flow(found: YamlText, place: Place, node: yaml.Node) -> str:
    text = found.text
    spans = [
        (span_of(key)[0], max(span_of(key)[1], end_of(text, value)))
        for key, value in pairs(place.parent)
    ]
    spans = spans or [(span_of(item)[0], end_of(text, item)) for item in items(place.parent)]
    start = span_of(place.key or node)[0]
    index = [begin for begin, _ in spans].index(start)
    after = spans[1][0] if len(spans) > 1 else spans[0][1]
    cut = (spans[index - 1][1], spans[index][1]) if index else (start, after)
    kept = comments_in(text, found.root, *cut)
    return _with_lines_above(text[: cut[0]] + text[cut[1] :], cut[0], kept)


def _cut_lines(found: YamlText, place: Place, node: yaml.Node) -> str:
    text, key = found.text, place.key
    start = span_of(key)[0] if key is not None else dash_of(text, node)
    begin, end = line_start(text, start), line_end(text, end_of(text, node)) + 1
    if text[begin:start].strip(" "):
        return _cut_first_key(found, place, start)
    indent = " " * (start - begin)
    kept = "".join(f"{indent}{each}\n" for each in comments_in(text, found.root, begin, end))
    is_between_gaps = text[:begin].endswith("\n\n") and text[end : end + 1] in ("\n", "")
    if is_between_gaps and not kept:
        begin -= 1
    return text[:begin] + kept + text[end:]


def _cut_first_key(found: YamlText, place: Place, start: int) -> str:
    """Cut a key that stands behind a dash; the next one moves up to it."""
    if place.key is None:
        raise LookupError("a list within a list")
    end = span_of(pairs(place.parent)[1][0])[0]
    kept = comments_in(found.text, found.root, start, end)
    return _with_lines_above(found.text[:start] + found.text[end:], start, kept)


def _with_lines_above(text: str, at: int, lines: list[str]) -> str:
    begin, indent = line_start(text, at), " " * indent_of(text, at)
    return text[:begin] + "".join(f"{indent}{line}\n" for line in lines) + text[begin:]
