"""Greenroom's own three services as entries of the catalogue."""

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_type_hints

from app.agent.catalogue import needed
from app.agent.catalogue.documented import one_line
from app.domain.preset_services import LOCAL_SERVICES
from app.domain.services import ServiceEntry, Setting, SettingForm, SettingValue

_FORMS = {
    bool: SettingForm.SWITCH,
    int: SettingForm.INTEGER,
    float: SettingForm.NUMBER,
    str: SettingForm.TEXT,
}
_LABELS = {
    "whisper-tiny-en": "Whisper tiny.en",
    "smollm2-135m": "SmolLM2 135M",
    "piper-joe": "Piper joe",
}
_NEEDED = {
    "whisper-tiny-en": ("faster_whisper",),
    "smollm2-135m": ("xllamacpp", "openai"),
    "piper-joe": ("piper",),
}
_NOT_SET_HERE = ("service", "fallback")


def own_entries() -> tuple[ServiceEntry, ...]:
    """The services of this computer that come with Greenroom; their settings are the keys of a preset's service."""
    return tuple(_entry(service_id) for service_id in LOCAL_SERVICES)


def _entry(service_id: str) -> ServiceEntry:
    kind, described = LOCAL_SERVICES[service_id]
    return ServiceEntry(
        id=service_id,
        kind=kind,
        label=_LABELS[service_id],
        module=described.__module__,
        class_name=described.__name__,
        extras=(),
        installed=all(needed.found(name) for name in _NEEDED[service_id]),
        local=True,
        credentials=(),
        settings=(),
        options=tuple(_options(described)),
    )


def _options(described: type) -> Iterator[Setting]:
    types = get_type_hints(described)
    said = _descriptions(described)
    for field in dataclasses.fields(described):
        if field.name not in _NOT_SET_HERE:
            form = _FORMS.get(types[field.name], SettingForm.YAML)
            yield Setting(
                field.name, form, _plain(field.default), description=said.get(field.name, "")
            )


def _plain(default: Any) -> SettingValue:
    return default if isinstance(default, str | int | float | bool) else None


def _descriptions(described: type) -> dict[str, str]:
    """The texts beneath the fields, by name."""
    found: dict[str, str] = {}
    definition = ast.parse(inspect.getsource(described)).body[0]
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for node, following in pairwise(body):
        match node, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = one_line(text)
            case _:
                pass
    return found
