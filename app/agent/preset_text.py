"""Changes one value in the text of a preset and leaves every other character of it as it is.

The parser that reads presets says where the value stands; ruamel.yaml writes the new one.
"""

import copy
import logging
from collections.abc import Mapping
from typing import Any, cast

import yaml

from app.agent.preset_schema import order_at
from app.agent.preset_yaml import Path, PresetError, YamlText, same
from app.agent.yaml_places import (
    Place,
    comments_in,
    dash_of,
    end_of,
    find_place,
    indent_of,
    items,
    line_end,
    line_start,
    pairs,
    span_of,
)
from app.agent.yaml_writing import after_dash, after_key, in_flow, plain

log = logging.getLogger(__name__)

MAX_CHARACTERS = 256 * 1024


def changed(text: str, path: Path, value: object) -> str:
    """The text with the value at `path` set; None removes it, and the groups that are empty then.

    Comments and the order of the keys survive; a comment within what is removed becomes a line of its own. New keys
    are placed in the schema's order. A group or list is changed entry by entry. A text that is no YAML, or in which
    the path leads nowhere, is returned unchanged, and so is one that is too long for a preset.
    """
    if len(text) > MAX_CHARACTERS:
        return text
    breaks = "\r\n" if "\r\n" in text else "\n"
    try:
        before = YamlText(text.replace("\r\n", "\n"))
        after = _changed(before.text, path, plain(value))
        if not same(YamlText(after).content, _wanted(before.content, path, plain(value))):
            log.warning("%s cannot be changed in this text", path)
            return text
    except (PresetError, LookupError, TypeError, ValueError) as error:
        log.info("nothing is changed at %s: %s", path, error)
        return text
    return text if after == before.text else after.replace("\n", breaks)


def name_in(text: str) -> str:
    """The agent's name in the text of a preset; empty where there is none."""
    try:
        name = YamlText(text).content.get("name")
    except PresetError:
        return ""
    return name if isinstance(name, str) else ""


def renamed(text: str, name: str) -> str:
    """The text with another name."""
    return changed(text, ("name",), name)


def _changed(text: str, path: Path, value: object) -> str:
    if value is None:
        return _without(text, path)
    found = YamlText(text)
    place = find_place(found.root, path)
    if place.node is None:
        return _with_new(found, place, _nested(place.rest, value))
    if not place.rest and same(found.value_at(path), value):
        return text
    old = found.value_at(path) if not place.rest else None
    if value and pairs(place.node) and isinstance(value, dict):
        return _with_group(
            text, path, cast("dict[str, object]", old), cast("dict[str, object]", value)
        )
    if value and items(place.node) and isinstance(value, list):
        return _with_list(text, path, cast("list[object]", old), cast("list[object]", value))
    return _with_other(found, place, place.node, _nested(place.rest, value))


def _with_group(text: str, path: Path, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    for name, value in new.items():
        if name not in old or not same(old[name], value):
            text = _changed(text, (*path, name), value)
    for name in old:
        if name not in new:
            text = _without(text, (*path, name))
    return text


def _with_list(text: str, path: Path, old: list[object], new: list[object]) -> str:
    if (gone := _left_out(old, new)) is None:
        for index, value in enumerate(new):
            if index >= len(old) or not same(old[index], value):
                text = _changed(text, (*path, index), value)
        gone = list(range(len(new), len(old)))
    for index in reversed(gone):
        text = _without(text, (*path, index))
    return text


def _left_out(old: list[object], new: list[object]) -> list[int] | None:
    """The positions of what the new list lacks, if it differs in nothing else."""
    gone: list[int] = []
    for index, value in enumerate(old):
        at = index - len(gone)
        if at >= len(new) or not same(value, new[at]):
            gone.append(index)
    return gone if len(old) - len(gone) == len(new) else None


def _nested(rest: Path, value: object) -> object:
    """The value within the groups and lists that the path to it still lacks."""
    for part in reversed(rest):
        if part == 0:
            value = [value]
        elif isinstance(part, str):
            value = {part: value}
        else:
            raise LookupError(f"there are no {part} entries before it")
    return value


# A value in the place of another


def _with_other(found: YamlText, place: Place, node: yaml.Node, value: object) -> str:
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


# A value where there was none


def _with_new(found: YamlText, place: Place, value: object) -> str:
    if isinstance(place.parent, yaml.SequenceNode):
        return _with_item(found.text, place, value)
    sibling = _sibling_before(found, place)
    if place.in_flow:
        return _with_flow_key(found.text, place, sibling, value)
    column = place.parent.start_mark.column
    new = f"{in_flow(place.name)}:{after_key(value, column)}"
    if sibling is None:
        at = span_of(pairs(place.parent)[0][0])[0]
        return f"{found.text[:at]}{new}\n{' ' * column}{found.text[at:]}"
    at = line_end(found.text, end_of(found.text, sibling[1]))
    gap = "\n\n" if _wants_gap(found, place, sibling, new) else "\n"
    return f"{found.text[:at]}{gap}{' ' * column}{new}{found.text[at:]}"


def _with_flow_key(
    text: str, place: Place, sibling: tuple[yaml.Node, yaml.Node] | None, value: object
) -> str:
    new = f"{in_flow(place.name)}: {in_flow(value)}"
    if sibling is not None:
        at = max(end_of(text, each) for each in sibling)
        return f"{text[:at]}, {new}{text[at:]}"
    at = span_of(place.parent)[0] + 1
    return f"{text[:at]}{new}{', ' if place.parent.value else ''}{text[at:]}"


def _with_item(text: str, place: Place, value: object) -> str:
    entries = items(place.parent)
    if place.in_flow:
        at = end_of(text, entries[-1]) if entries else span_of(place.parent)[0] + 1
        return f"{text[:at]}{', ' if entries else ''}{in_flow(value)}{text[at:]}"
    dash = dash_of(text, entries[-1])
    column = dash - line_start(text, dash)
    at = line_end(text, end_of(text, entries[-1]))
    return f"{text[:at]}\n{' ' * column}- {after_dash(value, column)}{text[at:]}"


def _sibling_before(found: YamlText, place: Place) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and value behind which a new key belongs; None: before all others."""
    order = order_at(found.content, place.parent_path)
    siblings = pairs(place.parent)
    if place.name not in order:
        return siblings[-1] if siblings else None
    before = order[: order.index(str(place.name))]
    earlier = [pair for pair in siblings if pair[0].value in before]
    return max(earlier, key=lambda pair: before.index(pair[0].value), default=None)


def _wants_gap(
    found: YamlText, place: Place, sibling: tuple[yaml.Node, yaml.Node], new: str
) -> bool:
    """Whether an empty line parts the new key from the one before it, as it parts the others."""
    if place.parent_path:
        return False
    text = found.text
    heads = [line_start(text, span_of(key)[0]) for key, _ in pairs(found.root)]
    is_airy = any(text[: max(head - 1, 0)].endswith("\n") for head in heads[1:])
    is_long = "\n" in new or sibling[0].start_mark.line != sibling[1].end_mark.line
    return is_airy and is_long


# A value that goes


def _without(text: str, path: Path) -> str:
    found = YamlText(text)
    place = find_place(found.root, path)
    if place.node is None or place.rest:
        return text
    if len(place.parent.value) == 1 and place.parent_path:
        return _without(text, place.parent_path)
    if place.parent.flow_style:
        return _cut_in_flow(found, place, place.node)
    return _cut_lines(found, place, place.node)


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


def _wanted(content: Mapping[str, object], path: Path, value: object) -> object:
    """The content with the same change made to it."""
    wanted = copy.deepcopy(dict(content))
    if value is None:
        _drop(wanted, path)
    else:
        _put(wanted, path, value)
    return wanted


def _put(here: Any, path: Path, value: object) -> None:
    name, rest = path[0], path[1:]
    if not _has(here, name) and isinstance(name, int):
        here.append(None)
    if rest and _has(here, name) and isinstance(here[name], dict | list) and here[name]:
        _put(here[name], rest, value)
        return
    here[name] = _nested(rest, value)


def _drop(here: Any, path: Path) -> None:
    name, rest = path[0], path[1:]
    if not _has(here, name):
        return
    if rest:
        if not isinstance(here[name], dict | list):
            return
        _drop(here[name], rest)
    if not rest or not here[name]:
        del here[name]


def _has(here: Any, name: str | int) -> bool:
    return name < len(here) if isinstance(name, int) else name in here
