"""What services charge, as far as somebody has looked it up."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one service charges for its models, in US dollars. None is not known, which is not free."""

    service: str
    """An id of the catalogue."""
    as_of: str
    """The day when somebody has read it, such as 2026-11-05."""
    source: str
    """The address where it was read."""
    model: str = "*"
    """Which models, with `*` and `?` as in file names; `*` alone is any, one that tells no name too."""
    class_name: str = ""
    """The service's class in Pipecat, where that is not its id in other letters."""
    free: bool = False
    """It runs on one's own computer: nothing is charged for anything."""
    input: float | None = None
    """A million tokens of text that it reads, and so on below."""
    cached_input: float | None = None
    """Those that it has kept from before."""
    cache_write: float | None = None
    output: float | None = None
    audio_input: float | None = None
    cached_audio_input: float | None = None
    audio_output: float | None = None
    characters: float | None = None
    """A million characters."""
    audio_hour: float | None = None
    """An hour of audio that it hears."""

    def is_for(self, service: str, model: str) -> bool:
        """Whether it prices that model of a service, named by its id, its class or its processor (`Name#2`)."""
        keys = {key_of(self.service), key_of(self.class_name or self.service)}
        return key_of(service) in keys and fnmatchcase(model, self.model)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The prices in force; the first that matches counts. `trouble` says why the user's own file was not read."""

    prices: tuple[Price, ...] = ()
    trouble: str = ""


def key_of(service: str) -> str:
    """What the id of a service, its class and the names of its processors have in common, as a rule."""
    plain = service.partition("#")[0].lower().replace("_", "").replace("-", "")
    return plain.removesuffix("service").removesuffix("llm")


def price_of(prices: Iterable[Price], service: str, model: str | None) -> Price | None:
    """The first price for that model of that service; None where there is none."""
    return next((price for price in prices if price.is_for(service, model or "")), None)
