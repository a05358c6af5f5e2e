"""What the builders of a preset's services share: names for those that take over, and a look at them beforehand."""

import logging
from collections.abc import Callable, Sequence

from app.agent.fallback.relay import Told
from app.agent.service_factory import Materials, prepare
from app.domain.errors import UserError
from app.domain.preset_services import AnyService, CatalogueService
from app.domain.services import ServiceKind

log = logging.getLogger(__name__)

SwitchTold = Callable[[ServiceKind, str, str, str], None]
"""Called with the part, who worked so far, who takes over (empty: nobody), and why."""


def told_of(kind: ServiceKind, told: SwitchTold) -> Told:
    """The same for one part."""

    def told_here(before: str, after: str, why: str) -> None:
        told(kind, before, after, why)

    return told_here


def prepare_chain(chain: Sequence[AnyService], materials: Materials, system_prompt: str) -> None:
    """Import the services now, which would hold up a turn; that one of them can be made is enough to begin.

    Raises UserError when none can.
    """
    errors: list[UserError] = []
    for chosen in chain:
        if isinstance(chosen, CatalogueService):
            try:
                prepare(chosen, materials, system_prompt)
            except UserError as error:
                log.warning("a service cannot be made: %s", error)
                errors.append(error)
    if len(errors) == len(chain):
        raise errors[0]


def labels(kind: ServiceKind, chain: Sequence[AnyService]) -> list[str]:
    """A name for each, no two of them the same."""
    named: list[str] = []
    for chosen in chain:
        described = chosen.described(kind)
        label = f"{described.name} {described.model}".strip() if described.model else described.name
        same = sum(1 for each in named if each == label or each.startswith(f"{label} ("))
        named.append(f"{label} ({same + 1})" if same else label)
    return named
