"""A preset's services as the plain groups that stand in its text, and where their settings stand in them."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import cast

from app.domain.preset_services import LOCAL_SERVICES, AnyService, Realtime, Services
from app.domain.services import ServiceEntry, ServiceKind, Setting

Group = dict[str, object]
"""Settings as they stand in the text: texts, numbers, switches, lists and groups."""
Path = tuple[str | int, ...]
OF_ITS_OWN = ("model", "voice", "language", "url")
"""What stands beside `settings` in the text, for every service of the catalogue."""
ENDPOINT_SERVICE = "openai_llm"
"""What talks to an OpenAI-compatible server at an address of its own."""


def plain_service(service: AnyService) -> Group:
    """A service as its text says it, without what is at its default."""
    return cast("Group", _plain(service))


def plain_services(services: Services | Realtime) -> dict[str, Group]:
    """All services of a preset, by their parts."""
    return {kind.value: plain_service(chain[0]) for kind, chain in services.chains}


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if field.name == "service" or getattr(value, field.name) != _default(field)
        }
    if isinstance(value, Mapping):
        return {key: _plain(held) for key, held in cast("Mapping[str, object]", value).items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    # In a text `false` stands for a group that is left out on purpose.
    return False if value is None else value


def _default(field: Field[object]) -> object:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def place_of(entry: ServiceEntry, setting: Setting) -> Path:
    """Where a setting of a service stands, from the service's own group on."""
    if entry.id in LOCAL_SERVICES or setting.name in OF_ITS_OWN:
        return (setting.name,)
    group = "options" if setting in entry.options else "settings"
    return (group, setting.name)


def value_at(group: Mapping[str, object], path: Path) -> object:
    """What stands at a place; None for nothing."""
    here: object = group
    for part in path:
        if not isinstance(here, Mapping):
            return None
        here = cast("Mapping[str | int, object]", here).get(part)
    return here


def with_value(group: Group, path: Path, value: object) -> Group:
    """The group with one value set; None removes it, and the groups that are empty without it."""
    name, rest = str(path[0]), path[1:]
    made = dict(group)
    if rest:
        below = made.get(name)
        inner = with_value(cast("Group", below) if isinstance(below, dict) else {}, rest, value)
        value = inner or None
    if value is None:
        made.pop(name, None)
    else:
        made[name] = value
    return made


KIND_WORDS = {
    ServiceKind.STT: "Hears",
    ServiceKind.LLM: "Thinks",
    ServiceKind.TTS: "Speaks",
    ServiceKind.REALTIME: "Hears, thinks and speaks",
}
