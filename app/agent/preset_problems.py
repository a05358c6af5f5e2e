"""Says in one sentence what pydantic finds wrong in a preset, and on which line."""

import difflib
from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.agent.preset_schema import keys_of, owner_at, without_classes
from app.agent.preset_yaml import Path, PresetError, YamlText, dotted
from app.domain.preset_rules import OutOfRangeError
from app.domain.preset_services import CATALOGUE_ID, LOCAL_SERVICES, CatalogueService, Realtime
from app.domain.presets import Preset
from app.domain.services import ServiceKind

Known = Mapping[str, ServiceKind]
"""The ids of the catalogue, and what each can be."""

_EXPECTED = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "mapping_type": "must be a group of settings",
    "dict_type": "must be a group of settings",
    "dataclass_type": "must be a group of settings",
    "dataclass_exact_type": "must be a group of settings",
    "missing": "is missing",
}


def explained(text: YamlText, error: ValidationError, known: Known | None) -> PresetError:
    """The one error that tells most."""
    found = _most_telling(error)
    owner, path = owner_at(tuple(found["loc"][:-1])), without_classes(tuple(found["loc"]))
    inner = found.get("ctx", {}).get("error")
    if isinstance(inner, OutOfRangeError):
        return _out_of_range(text, path, inner, found["input"], known)
    name = str(path[-1]) if path else "the file"
    if found["type"] == "unexpected_keyword_argument":
        wrong_service = owner is CatalogueService and _wrong_service(text, path[:-1], known)
        hint = _hint_for_key(name, owner)
        return wrong_service or PresetError(text.line(path), f"unknown key {name!r}", hint)
    if found["type"] in ("literal_error", "enum"):
        allowed = str(found.get("ctx", {}).get("expected"))
        hint = f"Allowed: {allowed}."
        return PresetError(text.line(path), f"unknown {dotted(path)} {found['input']!r}", hint)
    problem = _EXPECTED.get(found["type"], found["msg"])
    return PresetError(text.line(path), f"{dotted(path)} {problem}".strip())


def require_known(text: YamlText, preset: Preset, known: Known) -> None:
    """Raise PresetError for the first service that the catalogue does not know, or knows as another part."""
    for kind, chain in preset.services.chains:
        for index, service in enumerate(chain):
            if isinstance(service, CatalogueService) and known.get(service.service) is not kind:
                standby = ("fallback", index - 1) if index else ()
                path = ("services", kind.value, *standby, "service")
                raise _unknown_service(text, path, service.service, known)


def allowed_keys(owner: type) -> str:
    return f"Allowed: {', '.join(keys_of(owner))}."


def _most_telling(error: ValidationError) -> ErrorDetails:
    """The first error, but a misspelt key before the key that is missing for it."""
    details = error.errors(include_url=False)
    return min(details, key=lambda detail: detail["type"] != "unexpected_keyword_argument")


def _out_of_range(
    text: YamlText, path: Path, error: OutOfRangeError, found: object, known: Known | None
) -> PresetError:
    whole = (*path, *error.path)
    if error.path[-1] == "service":
        return _unknown_service(text, whole, text.value_at(whole), known)
    if error.hint:
        return PresetError(text.line(whole), f"{dotted(whole)} {_after_name(error)}", error.hint)
    return PresetError(text.line(whole), f"{dotted(whole)} {_after_name(error)}")


def _after_name(error: OutOfRangeError) -> str:
    return str(error).removeprefix(error.name).strip()


def _wrong_service(text: YamlText, group: Path, known: Known | None) -> PresetError | None:
    """What is wrong with the name of a service; its other keys are judged by it."""
    place = (*group, "service")
    settings = text.value_at(group)
    if not isinstance(settings, dict) or "service" not in settings:
        return None
    named = text.value_at(place)
    if not isinstance(named, str):
        return PresetError(text.line(place), f"{dotted(place)} must be text; put it in quotes")
    is_named_well = CATALOGUE_ID.fullmatch(named) and (known is None or named in known)
    return None if is_named_well else _unknown_service(text, place, named, known)


def _unknown_service(text: YamlText, path: Path, found: object, known: Known | None) -> PresetError:
    kind = ServiceKind(next(part for part in path if part in list(ServiceKind)))
    ids = {service_id: part for service_id, (part, _) in LOCAL_SERVICES.items()} | dict(known or {})
    line = text.line(path)
    if (other := ids.get(str(found))) is not None:
        return PresetError(line, f"{found!r} is a service for {other.value}, not for {kind.value}")
    fitting = [service_id for service_id, part in ids.items() if part is kind]
    hint = _did_you_mean(str(found), fitting) or f"There are: {', '.join(fitting)}."
    return PresetError(line, f"unknown service {found!r} for {kind.value}", hint.strip())


def _hint_for_key(name: str, owner: type) -> str:
    if owner is Realtime:
        return "A preset has either stt, llm and tts, or realtime alone."
    return f"{_did_you_mean(name, keys_of(owner))}{allowed_keys(owner)}"


def _did_you_mean(name: str, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(allowed), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""
