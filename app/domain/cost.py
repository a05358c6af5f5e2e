"""What a call costs, as far as that is known: its usage times the prices that were noted when it was opened."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.call import Call, Usage
from app.domain.facts import LOCAL_KIND, WATCHED_KIND, Service, ServiceUsed
from app.domain.prices import Price, key_of, price_of

CURRENCY = "USD"
NET_OF_CACHE = frozenset({"anthropic", "awsbedrock"})
"""Services whose prompt tokens leave the cached ones out (Pipecat's `LLMTokenUsage`); all others count them in."""
MILLION = 1e6
HOUR_S = 3600.0
WHERE_PRICES_ARE = "prices.yaml in Greenroom’s settings folder"
_UNITS = {
    "input": "input",
    "cached_input": "cached input",
    "cache_write": "writing to the cache",
    "output": "output",
    "audio_input": "spoken input",
    "cached_audio_input": "cached spoken input",
    "audio_output": "spoken output",
    "characters": "characters",
    "audio_hour": "audio",
}


@dataclass(frozen=True, slots=True)
class CostPart:
    """What one service has cost with one model."""

    kind: str
    service: str
    """Its class."""
    model: str
    usd: float | None
    """What is known of it; None where it has no price at all."""
    lacking: tuple[str, ...] = ()
    """What it has used and has no price for."""
    as_of: str = ""
    """The day of its price."""

    @property
    def named(self) -> str:
        return f"{self.service} ({self.model})" if self.model else self.service


@dataclass(frozen=True, slots=True)
class Cost:
    """`total` in `currency`, None where nothing is known of it; `note` says how it came about."""

    currency: str
    total: float | None
    note: str
    parts: tuple[CostPart, ...] = ()
    complete: bool = True
    """False: there is more to it, of which no price is known."""

    @property
    def words(self) -> str:
        """The total as it is shown: $0.02, at least $0.02, or unknown."""
        if self.total is None:
            return "unknown"
        return usd(self.total) if self.complete else f"at least {usd(self.total)}"


def usd(amount: float) -> str:
    """An amount with as many digits as tell something: $1.50, $0.02, $0.0013."""
    digits = 2 if amount == 0.0 or amount >= 0.01 else 4
    return f"${amount:.{digits}f}"


def cost_of(call: Call) -> Cost:
    """The cost of the services that the call has used."""
    if call.agent_kind == LOCAL_KIND:
        return Cost(CURRENCY, 0.0, "All services run on this computer.")
    parts = tuple(part_of(used, call.prices, call.services) for used in call.usage)
    known = [part.usd for part in parts if part.usd is not None]
    complete = all(part.usd is not None and not part.lacking for part in parts)
    total = sum(known) if known else None
    note = " ".join(sentence for sentence in _note(call, parts) if sentence)
    return Cost(CURRENCY, total, note, parts, complete and total is not None)


def known_cost(used: ServiceUsed, prices: Sequence[Price], services: Iterable[Service]) -> float:
    """What is known of the cost of one use, in US dollars; 0 where nothing is. `services` are the agent's."""
    usage = Usage(used.kind, used.processor, used.model)
    usage.add(used)
    return part_of(usage, prices, services).usd or 0.0


def part_of(used: Usage, prices: Sequence[Price], services: Iterable[Service]) -> CostPart:
    """What one service has cost. One that tells no model has that which the agent was started with."""
    service = used.processor.partition("#")[0]
    model = used.model or next((s.model for s in services if _is_of(used.kind, s)), None) or ""
    price = price_of(prices, service, model)
    if price is None:
        return CostPart(used.kind, service, model, None)
    amounts = [] if price.free else list(_amounts(used, net=key_of(service) in NET_OF_CACHE))
    paid = [(unit, quantity, _per(price, unit)) for unit, quantity in amounts if quantity > 0]
    return CostPart(
        used.kind,
        service,
        model,
        sum(quantity * each for _, quantity, each in paid if each is not None),
        tuple(_UNITS[unit] for unit, _, each in paid if each is None),
        price.as_of,
    )


def _is_of(kind: str, service: Service) -> bool:
    """Speech to speech counts as a language model."""
    return service.part == kind or (service.part == "realtime" and kind == "llm")


def _per(price: Price, unit: str) -> float | None:
    found: float | None = getattr(price, unit)
    return found


def _amounts(used: Usage, *, net: bool) -> Iterator[tuple[str, float]]:
    """What was used by the units of prices: each token once, in the unit in which it is paid."""
    fresh_audio = used.input_audio_tokens - used.cached_audio_tokens
    in_cache = 0 if net else used.cached_tokens + used.cache_write_tokens
    yield "input", (used.prompt_tokens - in_cache - fresh_audio) / MILLION
    yield "cached_input", (used.cached_tokens - used.cached_audio_tokens) / MILLION
    yield "cached_audio_input", used.cached_audio_tokens / MILLION
    yield "cache_write", used.cache_write_tokens / MILLION
    yield "audio_input", fresh_audio / MILLION
    yield "output", (used.completion_tokens - used.output_audio_tokens) / MILLION
    yield "audio_output", used.output_audio_tokens / MILLION
    yield "characters", used.characters / MILLION
    yield "audio_hour", used.audio_s / HOUR_S


def _note(call: Call, parts: Sequence[CostPart]) -> Iterator[str]:
    if call.agent_kind == WATCHED_KIND:
        yield "What an agent uses that is not ours is not known."
        return
    if not call.prices:
        yield "The prices of these services are not known."
        return
    if not parts:
        yield "Nothing was used yet that services charge for."
    dates = sorted({part.as_of for part in parts if part.as_of})
    if dates:
        span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        yield f"An estimate, with list prices as of {span}."
    lacking = [part.named for part in parts if part.usd is None]
    lacking += [f"{unit} of {part.named}" for part in parts for unit in part.lacking]
    if lacking:
        yield f"No price for {', '.join(lacking)}."
    yield call.prices_trouble
    yield f"Your own prices go into {WHERE_PRICES_ARE}."
