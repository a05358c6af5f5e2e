"""Reads all services that agents can be made of from the installed Pipecat."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.agent.catalogue import extras, needed
from app.agent.catalogue.constructor import Parameter, parameters
from app.agent.catalogue.credentials import (
    Sibling,
    Variables,
    credentials,
    is_credential,
    runs_here,
)
from app.agent.catalogue.kinds import is_deprecated_class, provider_folder, services, words
from app.agent.catalogue.own_services import own_entries
from app.agent.catalogue.registered import Registered, registered
from app.agent.catalogue.setting_fields import settings_of
from app.agent.catalogue.source import ClassSource, Sources, installed_sources
from app.domain.services import ServiceEntry, ServiceKind, Setting

_KIND_WORDS = ("STT", "TTS", "LLM")
_SPELLED = {"Http": "HTTP"}


def read_all() -> tuple[ServiceEntry, ...]:
    """Greenroom's own services, then those that Pipecat ships, each kind in the order of its labels.

    Takes seconds and a hundred megabytes, which stay: `entries` runs it in a process of its own. Raises `UserError`
    if Pipecat is not there, or keeps its list of services elsewhere.
    """
    return (*own_entries(), *_shipped(installed_sources()))


def _shipped(sources: Sources) -> list[ServiceEntry]:
    found = list(services(sources))
    by_class = {each.class_name: each for each in registered()}
    siblings = _siblings([service for _, service in found], by_class)
    entries = [
        _entry(
            kind, service, by_class.get(service.name), siblings[provider_folder(service)], sources
        )
        for kind, service in found
    ]
    kinds = list(ServiceKind)
    return sorted(
        _told_apart(entries),
        key=lambda each: (kinds.index(each.kind), each.label.casefold(), each.id),
    )


def _siblings(
    found: Sequence[ClassSource], by_class: dict[str, Registered]
) -> dict[str, list[Sibling]]:
    """The services that the scaffolder offers, by the folder of their provider."""
    folders: dict[str, list[Sibling]] = {provider_folder(service): [] for service in found}
    for service in found:
        if service.name in by_class:
            sibling = Sibling(by_class[service.name], parameters(service))
            folders[provider_folder(service)].append(sibling)
    return folders


def _entry(
    kind: ServiceKind,
    service: ClassSource,
    own: Registered | None,
    siblings: Sequence[Sibling],
    sources: Sources,
) -> ServiceEntry:
    taken = tuple(each for each in parameters(service) if not each.deprecated)
    variables = Variables(provider_folder(service), kind, own, siblings)
    settings = settings_of(service)
    offered = [each.registered for each in siblings]
    return ServiceEntry(
        id=own.id if own else "_".join(words(service.name)).lower(),
        kind=kind,
        label=own.label if own else _label(service, offered),
        module=service.module.name,
        class_name=service.name,
        extras=own.extras if own else tuple(_extras(service, offered)),
        installed=needed.is_installed(service, sources),
        local=runs_here(taken, variables),
        credentials=credentials(taken, variables),
        settings=settings,
        options=tuple(_options(taken, variables, {each.name for each in settings})),
        deprecated=is_deprecated_class(service),
    )


def _told_apart(entries: Sequence[ServiceEntry]) -> list[ServiceEntry]:
    """Where the id of a class is already that of a registered service, "_service" is added to it."""
    own = {each.id: each.class_name for each in registered()}
    return [
        replace(each, id=f"{each.id}_service")
        if own.get(each.id, each.class_name) != each.class_name
        else each
        for each in entries
    ]


def _options(
    taken: Sequence[Parameter], variables: Variables, settings: set[str]
) -> Iterator[Setting]:
    """What else the constructor takes and a file can hold."""
    left_out = {"settings", *(name.split(".")[0] for name, _ in variables.in_groups())}
    for each in taken:
        in_settings = each.name in settings and not each.required
        is_option = each.shape.writable and not is_credential(each, variables) and not in_settings
        if is_option and each.name not in left_out and not each.name.endswith("client"):
            yield Setting(
                each.name,
                each.shape.form,
                each.default,
                each.shape.choices,
                each.description,
                each.required,
            )


def _label(service: ClassSource, siblings: Sequence[Registered]) -> str:
    """The name of its provider, as the registry writes it, and what sets it apart."""
    parts = [word for word in words(service.name) if word not in _KIND_WORDS]
    for provider in sorted({each.label for each in siblings}, key=len):
        for count in range(len(parts), 0, -1):
            if _squeezed("".join(parts[:count])) == _squeezed(provider):
                return " ".join((provider, *(_SPELLED.get(word, word) for word in parts[count:])))
    return " ".join(_SPELLED.get(word, word) for word in parts)


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _extras(service: ClassSource, siblings: Sequence[Registered]) -> Iterator[str]:
    """Those of its provider, and those called after what its functions import."""
    folder = extras.named(provider_folder(service))
    if folder:
        yield folder
    elif siblings:
        yield from siblings[0].extras
    yield from needed.extras_of_functions(service)
