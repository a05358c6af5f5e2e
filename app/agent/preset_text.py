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
from app.agent.yaml_edits import Pair, cut, replaced, with_item, with_key
from app.agent.yaml_places import Place, find_place, items, line_start, pairs, span_of
from app.agent.yaml_writing import plain

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
    return replaced(found, place, place.node, _nested(place.rest, value))


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


def _with_new(found: YamlText, place: Place, value: object) -> str:
    if isinstance(place.parent, yaml.SequenceNode):
        return with_item(found.text, place, value)
    behind = _sibling_before(found, place)
    return with_key(found.text, place, value, behind=behind, apart=_wants_gap(found, place, value))


def _without(text: str, path: Path) -> str:
    found = YamlText(text)
    place = find_place(found.root, path)
    if place.node is None or place.rest:
        return text
    if len(place.parent.value) == 1 and place.parent_path:
        return _without(text, place.parent_path)
    return cut(found, place, place.node)


def _sibling_before(found: YamlText, place: Place) -> Pair | None:
    """The key and value behind which a new key belongs; None: before all others."""
    order = order_at(found.content, place.parent_path)
    siblings = pairs(place.parent)
    if place.name not in order:
        return siblings[-1] if siblings else None
    before = order[: order.index(str(place.name))]
    earlier = [pair for pair in siblings if pair[0].value in before]
    return max(earlier, key=lambda pair: before.index(pair[0].value), default=None)


def _wants_gap(found: YamlText, place: Place, value: object) -> bool:
    """Whether an empty line parts a new group or list from the key before it, as it parts the others."""
    is_group = isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)
    heads = [line_start(found.text, span_of(key)[0]) for key, _ in pairs(found.root)]
    are_parted = any(found.text[: max(head - 1, 0)].endswith("\n") for head in heads[1:])
    return not place.parent_path and is_group and are_parted


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
