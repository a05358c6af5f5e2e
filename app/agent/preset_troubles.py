"""What would fail if a preset were started now."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.agent.catalogue import install_command
from app.agent.service_factory import missing_credentials
from app.domain.bot_files import Trouble
from app.domain.cost import WHERE_PRICES_ARE
from app.domain.preset_prices import unpriced
from app.domain.preset_services import CatalogueService
from app.domain.presets import Preset
from app.domain.prices import PriceTable
from app.domain.services import ServiceEntry


def troubles_of(
    preset: Preset,
    entries: Mapping[str, ServiceEntry],
    environment: Mapping[str, str],
    table: PriceTable,
) -> tuple[Trouble, ...]:
    """What its services and files lack, without building any. Looks at the disk; any thread.

    `entries` are those of the catalogue by id, `environment` holds the keys by their variables. What a service lacks
    that only stands by does not hold up a start. A limit of cost is kept as far as `table` knows the prices.
    """
    return (
        *_of_services(preset, entries, environment),
        *_of_files(preset),
        *_of_limits(preset, entries, table),
    )


def _of_services(
    preset: Preset, entries: Mapping[str, ServiceEntry], environment: Mapping[str, str]
) -> Iterator[Trouble]:
    for _, chain in preset.services.chains:
        for place, chosen in enumerate(chain):
            if isinstance(chosen, CatalogueService):
                entry = entries.get(chosen.service)
                yield from _of_service(chosen, entry, environment, blocking=place == 0)


def _of_service(
    chosen: CatalogueService,
    entry: ServiceEntry | None,
    environment: Mapping[str, str],
    *,
    blocking: bool,
) -> Iterator[Trouble]:
    if entry is None:
        what = f"There is no service “{chosen.service}”."
        yield Trouble(what, "Choose another one.", blocking)
        return
    if not entry.installed:
        extra = ",".join(entry.extras)
        remedy = f"Run: {install_command(extra)}" if extra else "Choose another one."
        yield Trouble(f"{entry.label} is not installed.", remedy, blocking, extra=extra)
    for wanted in missing_credentials(entry, chosen, environment):
        yield Trouble(
            f"{entry.label} needs {wanted.variable}.",
            "Add the key on the page Keys."
            if wanted.provider_id
            else f"Set {wanted.variable} where Greenroom is started, then start it again.",
            blocking,
            provider_id=wanted.provider_id,
        )
    yield from _unset(chosen, entry, blocking=blocking)


def _unset(chosen: CatalogueService, entry: ServiceEntry, *, blocking: bool) -> Iterator[Trouble]:
    """Settings without which the provider would refuse every request."""
    given = {"model": chosen.model, "voice": chosen.voice, **chosen.settings}
    for setting in entry.settings:
        if setting.required and setting.default is None and not given.get(setting.name):
            what = f"{entry.label} has no {setting.name.replace('_', ' ')}."
            yield Trouble(what, f"Set {setting.name} in the preset.", blocking)


def _of_files(preset: Preset) -> Iterator[Trouble]:
    for name in (*preset.tools, *([preset.flow] if preset.flow else [])):
        path = (preset.folder or Path()) / name
        if not path.is_file():
            yield Trouble(f"There is no file {path}.", "Mend its path in the preset.")


def _of_limits(
    preset: Preset, entries: Mapping[str, ServiceEntry], table: PriceTable
) -> Iterator[Trouble]:
    if preset.limits.cost_usd is None:
        return
    if table.trouble:
        yield Trouble(table.trouble, "Until it is mended its prices do not count.", blocking=False)
    for service in unpriced(preset, table.prices, entries):
        what = f"There is no price for {service}: the limit of cost does not count it."
        remedy = f"Add it to {WHERE_PRICES_ARE}, or set a limit in minutes beside it."
        yield Trouble(what, remedy, blocking=False)
