"""What an expression of the source is, where it is a plain value."""

import ast
from collections.abc import Callable
from typing import Final

from app.agent.catalogue.source import ClassSource, Expression, Module
from app.domain.services import SettingValue


class Unknown:
    """The type of `UNKNOWN`."""


UNKNOWN: Final = Unknown()
"""An expression that only running it would tell."""

_DEPTH = 8
_Calculation = Callable[[float, float], float]
_OPERATORS: dict[type[ast.operator], _Calculation] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other,
}
_ENUMS = ("Enum", "IntEnum", "StrEnum")


def value_of(
    node: ast.expr, scope: ClassSource | Module, depth: int = _DEPTH
) -> SettingValue | Unknown:
    """The text, number, truth or None that an expression is; that of an enumeration's member is its value."""
    if depth == 0:
        return UNKNOWN
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            negated = value_of(operand, scope, depth - 1)
            return -negated if isinstance(negated, int | float) else UNKNOWN
        case ast.BinOp(left=left, op=sign, right=right):
            return _calculated(left, sign, right, scope, depth)
        case ast.Attribute(value=value, attr="value"):
            return value_of(value, scope, depth - 1)
        case ast.Call(func=ast.Name(id="str"), args=[argument]):
            return value_of(argument, scope, depth - 1)
        case ast.Name() | ast.Attribute():
            return _named(node, scope, depth)
        case _:
            return UNKNOWN


def plain_value(node: ast.expr | None, scope: ClassSource | Module) -> SettingValue:
    """As `value_of`, but None for what only running it would tell, and where there is nothing."""
    value = UNKNOWN if node is None else value_of(node, scope)
    return None if isinstance(value, Unknown) else value


def is_enumeration(found: ClassSource) -> bool:
    return any(base in _ENUMS for base in found.outside_bases)


def members(enumeration: ClassSource) -> dict[str, str | int]:
    """The members of an enumeration whose values are texts or whole numbers, by name."""
    found: dict[str, str | int] = {}
    for node in enumeration.node.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Constant(value=str() | int() as value)
            ):
                found[name] = value
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="auto"))):
                # As `enum.StrEnum` does.
                found[name] = name.lower()
            case _:
                pass
    return found


def _named(
    node: ast.Name | ast.Attribute, scope: ClassSource | Module, depth: int
) -> SettingValue | Unknown:
    if isinstance(node, ast.Attribute):
        owner = found_in(node.value, scope)
        if isinstance(owner, ClassSource) and is_enumeration(owner):
            return members(owner).get(node.attr, UNKNOWN)
    found = found_in(node, scope)
    return (
        value_of(found.node, found.module, depth - 1) if isinstance(found, Expression) else UNKNOWN
    )


def found_in(
    node: ast.expr, scope: ClassSource | Module
) -> ClassSource | Expression | Module | None:
    """What a name, dotted or not, stands for in a class or a module; None outside Pipecat."""
    if isinstance(scope, ClassSource):
        return scope.find(node)
    match node:
        case ast.Name(id=name):
            return scope.find(name)
        case ast.Attribute(value=value, attr=name):
            within = found_in(value, scope)
            if isinstance(within, ClassSource):
                return within.attribute(name)
            return within.find(name) if isinstance(within, Module) else None
        case _:
            return None


def _calculated(
    left: ast.expr, sign: ast.operator, right: ast.expr, scope: ClassSource | Module, depth: int
) -> SettingValue | Unknown:
    calculate = _OPERATORS.get(type(sign))
    first, second = value_of(left, scope, depth - 1), value_of(right, scope, depth - 1)
    if isinstance(sign, ast.Div) and not second:
        return UNKNOWN
    if calculate and isinstance(first, int | float) and isinstance(second, int | float):
        return calculate(first, second)
    return UNKNOWN
