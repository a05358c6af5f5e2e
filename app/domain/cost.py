"""What a call costs, as far as that is known."""

from dataclasses import dataclass

from app.domain.call import Call
from app.domain.facts import LOCAL_KIND

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Cost:
    """`total` in `currency`, None where it is not known; `note` says how it came about."""

    currency: str
    total: float | None
    note: str


def cost_of(call: Call) -> Cost:
    """The cost of the services that the call has used."""
    if call.agent_kind == LOCAL_KIND:
        return Cost(CURRENCY, 0.0, "All services run on this computer.")
    return Cost(CURRENCY, None, "The prices of these services are not known.")
