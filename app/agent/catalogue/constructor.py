"""What a service's constructor takes, its own parameters and those that it hands to its bases."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.agent.catalogue import documented
from app.agent.catalogue.forms import Shape, shape_of
from app.agent.catalogue.kinds import SERVICES
from app.agent.catalogue.source import ClassSource, Function
from app.agent.catalogue.values import plain_value
from app.domain.services import SettingValue

_MOVED = "_warn_init_param_moved_to_settings"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a constructor. `default` is None where it is not a plain value."""

    name: str
    shape: Shape
    default: SettingValue
    required: bool
    description: str
    deprecated: bool
    type_text: str


@lru_cache(maxsize=1024)
def parameters(service: ClassSource) -> tuple[Parameter, ...]:
    """All that it can be made with, the nearest class first."""
    found: dict[str, Parameter] = {}
    taken: set[str] = set()
    for owner in service.lineage:
        function = owner.functions.get("__init__")
        if not owner.module.name.startswith(SERVICES):
            break
        if function is None:
            continue
        for parameter in _own(owner):
            if parameter.name not in taken:
                found.setdefault(parameter.name, parameter)
        # What a class hands to its base itself cannot be handed to it once more.
        taken |= _handed_on(owner)
        if function.args.kwarg is None:
            break
    return tuple(found.values())


def settings_defaults(service: ClassSource) -> dict[str, SettingValue]:
    """What its constructor and those of its bases set in its `Settings` when nobody says otherwise."""
    defaults: dict[str, SettingValue] = {}
    for owner in reversed(service.lineage):
        defaults |= _own_settings_defaults(owner)
    return defaults


@lru_cache(maxsize=1024)
def _own_settings_defaults(owner: ClassSource) -> dict[str, SettingValue]:
    function = owner.functions.get("__init__")
    calls = list(_settings_calls(function)) if function else []
    keywords = [keyword for call in calls for keyword in call.keywords]
    return {each.arg: plain_value(each.value, owner) for each in keywords if each.arg}


@lru_cache(maxsize=1024)
def _own(owner: ClassSource) -> tuple[Parameter, ...]:
    return tuple(_read(owner, owner.functions["__init__"]))


def _read(owner: ClassSource, function: Function) -> Iterator[Parameter]:
    moved = _moved_to_settings(function)
    said = documented.parameters(ast.get_docstring(function) or "")
    for argument, default in _arguments(function):
        value = plain_value(default, owner)
        described = said.get(argument.arg, documented.Described("", deprecated=False))
        yield Parameter(
            argument.arg,
            shape_of(argument.annotation, value, owner),
            value,
            default is None,
            described.text,
            described.deprecated or argument.arg in moved,
            ast.unparse(argument.annotation) if argument.annotation else "",
        )


def _arguments(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    spec = function.args
    positional = [*spec.posonlyargs, *spec.args][1:]
    missing = len(positional) - len(spec.defaults)
    yield from zip(positional, [None] * missing + list(spec.defaults), strict=False)
    yield from zip(spec.kwonlyargs, spec.kw_defaults, strict=True)


def _moved_to_settings(function: Function) -> set[str]:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    named = [
        call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == _MOVED
    ]
    firsts = (call.args[0] for call in named if call.args)
    return {str(first.value) for first in firsts if isinstance(first, ast.Constant)}


@lru_cache(maxsize=1024)
def _handed_on(owner: ClassSource) -> frozenset[str]:
    """The keywords that a class gives to the constructors of its bases."""
    function = owner.functions["__init__"]
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    inits = [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"
    ]
    return frozenset(keyword.arg for call in inits for keyword in call.keywords if keyword.arg)


def _settings_calls(function: Function) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id="default_settings")], value=ast.Call() as call):
                yield call
            case ast.AnnAssign(target=ast.Name(id="default_settings"), value=ast.Call() as call):
                yield call
            case _:
                pass
