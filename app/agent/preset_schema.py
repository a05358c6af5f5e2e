"""Which keys a place in a preset may have, and in which order they are written."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from app.agent.preset_yaml import Path
from app.domain.preset_services import LOCAL_SERVICES, CatalogueService, Realtime, Services
from app.domain.presets import Preset
from app.domain.services import ServiceKind

NOT_IN_FILE = ("id", "folder")
"""What a preset knows of its file; its text does not hold it."""
_LOCAL_CLASSES = {service_id: owner for service_id, (_, owner) in LOCAL_SERVICES.items()}
CLASSES: dict[str, type] = {
    each.__name__: each for each in (CatalogueService, Services, Realtime, *_LOCAL_CLASSES.values())
}
"""Those that stand in a union; pydantic puts the name of the one it chose into a path."""


def keys_of(owner: type) -> tuple[str, ...]:
    """The keys of a group of settings, in the order in which they are written."""
    fields = dataclasses.fields(owner)
    return tuple(field.name for field in fields if field.name not in NOT_IN_FILE)


def order_at(content: Mapping[str, object], path: Path) -> tuple[str, ...]:
    """The keys of the group at `path` in a preset's content; none where they are anybody's."""
    owner: type | None = Preset
    here: Any = content
    for part in path:
        here = here[part]
        if isinstance(part, str) and owner is not None:
            owner = _owner_below(owner, part, here)
        elif isinstance(part, int) and owner in CLASSES.values():
            owner = _service_class(here)
    return keys_of(owner) if owner is not None else ()


def owner_at(loc: Path) -> type:
    """The settings class of a place, by a path of pydantic's."""
    here: type = Preset
    for part in loc:
        if isinstance(part, str):
            here = CLASSES.get(part) or _annotated(here, part) or here
    return here


def without_classes(loc: Path) -> Path:
    """A path of pydantic's as it is in the text."""
    return tuple(part for part in loc if part not in CLASSES)


def _owner_below(owner: type, name: str, value: object) -> type | None:
    if name == "services":
        is_realtime = isinstance(value, Mapping) and "realtime" in value
        return Realtime if is_realtime else Services
    if name in list(ServiceKind) or name == "fallback":
        return _service_class(value)
    return _annotated(owner, name)


def _service_class(value: object) -> type:
    named = cast("Mapping[str, object]", value).get("service") if isinstance(value, Mapping) else ""
    return _LOCAL_CLASSES.get(str(named), CatalogueService)


def _annotated(owner: type, name: str) -> type | None:
    annotations = {field.name: field.type for field in dataclasses.fields(owner)}
    return next(_classes_in(annotations.get(name)), None)


def _classes_in(annotation: object) -> Iterator[type]:
    """The settings classes that an annotation mentions."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes_in(argument)
