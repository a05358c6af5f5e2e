"""Which prices count for a preset, and which of its services have none."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from app.domain.preset_services import CatalogueService
from app.domain.presets import Preset
from app.domain.prices import Price, price_of
from app.domain.services import ServiceEntry

THIS_COMPUTER = "this computer"
_HERE = ("localhost", "127.0.0.1", "::1")


def prices_for(preset: Preset, prices: tuple[Price, ...]) -> tuple[Price, ...]:
    """`prices`, then none to pay for those of the preset's services that have an address on this computer.

    A price for just that model counts first: behind such an address may be a proxy of its provider's.
    """
    here = (
        Price(
            service=chosen.service,
            model=chosen.model or "*",
            as_of="",
            source=THIS_COMPUTER,
            free=True,
        )
        for chosen in _of_the_catalogue(preset)
        if chosen.url and urlsplit(chosen.url).hostname in _HERE
    )
    return (*prices, *here)


def unpriced(
    preset: Preset, prices: tuple[Price, ...], entries: Mapping[str, ServiceEntry]
) -> tuple[str, ...]:
    """The services whose cost would not be known, those that stand by too, each as it is called with its model."""
    known = prices_for(preset, prices)
    found: dict[str, None] = {}
    for chosen in _of_the_catalogue(preset):
        entry = entries.get(chosen.service)
        model = chosen.model or _default_model(entry)
        if price_of(known, chosen.service, model) is None:
            label = entry.label if entry is not None else chosen.service
            found[f"{label} ({model})" if model else label] = None
    return tuple(found)


def _of_the_catalogue(preset: Preset) -> Iterator[CatalogueService]:
    for _, chain in preset.services.chains:
        for chosen in chain:
            if isinstance(chosen, CatalogueService):
                yield chosen


def _default_model(entry: ServiceEntry | None) -> str:
    settings = () if entry is None else entry.settings
    named = (str(each.default) for each in settings if each.name == "model" and each.default)
    return next(named, "")
