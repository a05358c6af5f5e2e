"""The fields of a service's `Settings`: what can be changed while it runs."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from app.agent.catalogue import documented
from app.agent.catalogue.constructor import settings_defaults
from app.agent.catalogue.forms import is_dataclass, shape_of
from app.agent.catalogue.source import ClassSource
from app.agent.catalogue.values import plain_value
from app.domain.services import Setting, SettingValue


def settings_of(service: ClassSource) -> tuple[Setting, ...]:
    """The fields of its `Settings`, inherited ones first, with the defaults that its constructor sets."""
    group = service.attribute("Settings")
    if not isinstance(group, ClassSource):
        return ()
    defaults = settings_defaults(service)
    return tuple(_with_default(each, defaults) for each in _fields(group).values())


def _with_default(field: Setting, defaults: dict[str, SettingValue]) -> Setting:
    return replace(field, default=defaults[field.name]) if field.name in defaults else field


def _fields(group: ClassSource) -> dict[str, Setting]:
    """As `dataclasses.fields`: a class that sets an inherited field again leaves it at its place."""
    found: dict[str, Setting] = {}
    for owner in reversed(group.lineage):
        if is_dataclass(owner):
            for field, deprecated in _own(owner, group):
                found[field.name] = field
                if deprecated:
                    del found[field.name]
    return found


def _own(owner: ClassSource, group: ClassSource) -> Iterator[tuple[Setting, bool]]:
    for index, node in enumerate(owner.node.body):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if (
                "ClassVar" not in ast.unparse(annotation)
            ):
                default = plain_value(_default(value), owner)
                shape = shape_of(annotation, default, owner)
                said = _described(name, group, _text_after(owner, index))
                setting = Setting(
                    name, shape.form, default, shape.choices, said.text, required=False, live=True
                )
                yield setting, said.deprecated
            case _:
                pass


def _default(value: ast.expr | None) -> ast.expr | None:
    """What `field(default=...)` says."""
    if not isinstance(value, ast.Call):
        return value
    return next((each.value for each in value.keywords if each.arg == "default"), None)


def _described(name: str, group: ClassSource, beneath: str) -> documented.Described:
    """What the nearest docstring says of a field, else the text beneath the field."""
    for owner in group.lineage:
        said = documented.parameters(owner.doc).get(name)
        if said is not None:
            return said
    return documented.Described(documented.one_line(beneath), deprecated=False)


def _text_after(owner: ClassSource, index: int) -> str:
    following = owner.node.body[index + 1 : index + 2]
    match following:
        case [ast.Expr(value=ast.Constant(value=str() as text))]:
            return text.split("\n\n")[0]
        case _:
            return ""
