"""How a value of a type is edited."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.agent.catalogue.source import ClassSource, Expression, Module
from app.agent.catalogue.values import found_in, is_enumeration, members
from app.agent.syntax import parse_expression
from app.domain.services import SettingForm, SettingValue

_DATA_BASES = ("BaseModel", "TypedDict")
_NAMED = {
    "str": "TEXT", "int": "INTEGER", "float": "NUMBER", "bool": "SWITCH", "Path": "TEXT", "UUID": "TEXT",
    "list": "GROUP", "dict": "GROUP", "tuple": "GROUP", "List": "GROUP", "Dict": "GROUP", "Any": "GROUP",
    "Mapping": "GROUP", "Sequence": "GROUP", "set": "GROUP", "None": "NOTHING",
}  # fmt: skip


class Leaf(Enum):
    """What one alternative of a type takes."""

    TEXT = auto()
    CHOICE = auto()
    INTEGER = auto()
    NUMBER = auto()
    SWITCH = auto()
    GROUP = auto()
    """Lists, mappings and data classes."""
    OBJECT = auto()
    """What cannot be written down: a client, a function."""
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Shape:
    """A form and its choices: all that there are for `CHOICE`, suggestions for `TEXT`."""

    form: SettingForm
    choices: tuple[str, ...] = ()
    writable: bool = True
    """A file can hold such a value."""


_SINGLE = {
    Leaf.TEXT: SettingForm.TEXT,
    Leaf.CHOICE: SettingForm.CHOICE,
    Leaf.INTEGER: SettingForm.INTEGER,
    Leaf.NUMBER: SettingForm.NUMBER,
    Leaf.SWITCH: SettingForm.SWITCH,
}


def shape_of(annotation: ast.expr | None, default: SettingValue, scope: ClassSource) -> Shape:
    """How a value of the annotated type is edited; without an annotation its default tells."""
    if annotation is None:
        return _shape_of_default(default)
    alternatives = list(_alternatives(annotation, scope))
    leaves = {leaf for leaf, _ in alternatives} - {Leaf.NOTHING}
    choices = tuple(dict.fromkeys(choice for _, some in alternatives for choice in some))
    if leaves <= {Leaf.OBJECT}:
        return Shape(SettingForm.YAML, writable=False)
    return _joined(leaves - {Leaf.OBJECT}, choices)


def _joined(leaves: set[Leaf], choices: tuple[str, ...]) -> Shape:
    if leaves == {Leaf.TEXT, Leaf.CHOICE}:
        return Shape(SettingForm.TEXT, choices)
    if leaves == {Leaf.INTEGER, Leaf.NUMBER}:
        return Shape(SettingForm.NUMBER)
    if len(leaves) == 1 and (form := _SINGLE.get(next(iter(leaves)))):
        return Shape(form, choices if form is SettingForm.CHOICE else ())
    return Shape(SettingForm.YAML)


def _shape_of_default(default: SettingValue) -> Shape:
    match default:
        case bool():
            return Shape(SettingForm.SWITCH)
        case int():
            return Shape(SettingForm.INTEGER)
        case float():
            return Shape(SettingForm.NUMBER)
        case str():
            return Shape(SettingForm.TEXT)
        case None:
            return Shape(SettingForm.YAML)


def _alternatives(
    node: ast.expr, scope: ClassSource | Module
) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    match node:
        case ast.Constant(value=str() as text):
            yield from _alternatives(parse_expression(text), scope)
        case ast.Constant(value=None):
            yield Leaf.NOTHING, ()
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _alternatives(left, scope)
            yield from _alternatives(right, scope)
        case ast.Subscript(value=value, slice=inner):
            yield from _subscripted(_last_name(value), inner, scope)
        case ast.Name() | ast.Attribute():
            yield from _named(node, scope)
        case _:
            yield Leaf.OBJECT, ()


def _subscripted(
    name: str, inner: ast.expr, scope: ClassSource | Module
) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name:
        case "Union" | "Optional":
            for part in parts:
                yield from _alternatives(part, scope)
        case "Annotated":
            yield from _alternatives(parts[0], scope)
        case "Literal":
            yield _literal(parts)
        case _ if _NAMED.get(name) == "GROUP" and _writable(parts, scope):
            yield Leaf.GROUP, ()
        case _:
            yield Leaf.OBJECT, ()


def _literal(parts: list[ast.expr]) -> tuple[Leaf, tuple[str, ...]]:
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) == len(parts):
        return Leaf.CHOICE, texts
    whole = not texts and not any(isinstance(value, bool) for value in values)
    return (Leaf.INTEGER if whole else Leaf.GROUP), ()


def _writable(parts: list[ast.expr], scope: ClassSource | Module) -> bool:
    """Whether what a list or mapping holds can be written down."""
    inner = [leaf for part in parts for leaf, _ in _alternatives(part, scope)]
    return any(leaf is not Leaf.OBJECT for leaf in inner) and Leaf.OBJECT not in inner[-1:]


def _named(
    node: ast.Name | ast.Attribute, scope: ClassSource | Module
) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    name = _last_name(node)
    found = found_in(node, scope)
    if name.endswith("NotGiven"):
        yield Leaf.NOTHING, ()
    elif isinstance(found, Expression):
        yield from _alternatives(found.node, found.module)
    elif isinstance(found, ClassSource):
        yield _class(found)
    else:
        yield Leaf[_NAMED.get(name, "OBJECT")], ()


def _class(found: ClassSource) -> tuple[Leaf, tuple[str, ...]]:
    if is_enumeration(found):
        values = tuple(members(found).values())
        if not values:  # Those of an SDK.
            return Leaf.TEXT, ()
        texts = tuple(value for value in values if isinstance(value, str))
        return (Leaf.CHOICE, texts) if len(texts) == len(values) else (Leaf.INTEGER, ())
    is_data = any(base in _DATA_BASES for base in found.outside_bases) or is_dataclass(found)
    return (Leaf.GROUP if is_data else Leaf.OBJECT), ()


def is_dataclass(found: ClassSource) -> bool:
    return any("dataclass" in ast.unparse(each) for each in found.node.decorator_list)


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rsplit(".", 1)[-1]
