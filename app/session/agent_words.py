"""What the list of agents says of each."""

from collections.abc import Collection, Iterator, Mapping

from app.agent.service_factory import missing_credentials
from app.domain.agent_desk import AgentHealth, AgentView
from app.domain.bot_files import BotFile, Isolation
from app.domain.errors import UserError
from app.domain.preset_services import CatalogueService
from app.domain.presets import Preset
from app.domain.providers import provider
from app.domain.services import ServiceEntry
from app.storage.agent_files import PresetFile

HERE = "On this computer"


def preset_view(
    file: PresetFile,
    preset: Preset,
    entries: Mapping[str, ServiceEntry],
    keys: Mapping[str, str],
    rejected: Collection[str],
) -> AgentView:
    """A preset that can be read: its services, or why it could not start. `rejected` are ids of providers."""
    chosen = [entries[one.service] for one in _first(preset) if one.service in entries]
    lacking = [why for one in _first(preset) if (why := _lacks(one, entries, keys))]
    refused = [each for entry in chosen for each in _providers(entry) if each in rejected]
    if refused:
        line, health = f"{_name(refused[0])} key rejected", AgentHealth.BROKEN
    elif lacking:
        line, health = lacking[0], AgentHealth.LACKS
    else:
        names = " · ".join(service.name for service in preset.described_services)
        line, health = HERE if preset.is_local else names, AgentHealth.READY
    return AgentView(file.id, preset.name, line, health, shipped=file.shipped)


def broken_view(file: PresetFile, why: str) -> AgentView:
    """A preset that cannot be read, and why."""
    return AgentView(file.id, file.id, why, AgentHealth.BROKEN, shipped=file.shipped)


def bot_view(bot: BotFile, content: str) -> AgentView:
    """A bot file whose program holds `content` now, a hash; empty when it is not there."""
    if not content:
        line, health = f"{bot.path} is not there", AgentHealth.BROKEN
    elif content != bot.sha256:
        line, health = "changed: look at it and agree again", AgentHealth.LACKS
    else:
        where = "" if bot.isolation is Isolation.AUTOMATIC else f" · {bot.isolation}"
        line, health = f"{bot.path.parent}{where}", AgentHealth.READY
    return AgentView(bot.id, bot.name, line, health, shipped=False, bot=bot)


def providers_of(preset: Preset, entries: Mapping[str, ServiceEntry]) -> frozenset[str]:
    """The ids of the providers whose keys it uses, those that stand by included."""
    return frozenset(
        found
        for _, chain in preset.services.chains
        for one in chain
        if isinstance(one, CatalogueService) and one.service in entries
        for found in _providers(entries[one.service])
    )


def _first(preset: Preset) -> Iterator[CatalogueService]:
    """The services of the catalogue that it begins with."""
    for _, chain in preset.services.chains:
        if isinstance(chain[0], CatalogueService):
            yield chain[0]


def _lacks(
    chosen: CatalogueService, entries: Mapping[str, ServiceEntry], keys: Mapping[str, str]
) -> str:
    entry = entries.get(chosen.service)
    if entry is None:
        return ""
    if not entry.installed:
        return f"{entry.label} is not installed"
    missing = missing_credentials(entry, chosen, keys)
    if not missing:
        return ""
    wanted = missing[0]
    name = _name(wanted.provider_id) if wanted.provider_id else wanted.variable
    return f"needs a key: {name}"


def _providers(entry: ServiceEntry) -> Iterator[str]:
    return (each.provider_id for each in entry.credentials if each.provider_id)


def _name(provider_id: str) -> str:
    try:
        return provider(provider_id).name
    except UserError:
        return provider_id
