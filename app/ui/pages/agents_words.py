"""What the Agents page says of agents, services and what calls have measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from app.domain.agent_desk import AgentHealth, AgentView, Expected
from app.domain.bot_files import Isolation
from app.domain.preset_services import spoken_name
from app.domain.services import ServiceEntry
from app.ui.pages.agents_values import Group
from app.ui.plain_text import shown
from app.ui.tokens import Token

NOTHING_MEASURED = "Nothing was measured with these services yet. Test this agent to find out."
SAVE_TO_SEE = "Other services than those in the file. Save to see what was measured with them."
SHIPPED = "It came with Greenroom. Saving makes a copy of yours, and this one stays as it is."
A_PROGRAM = (
    "A bot file is a program. It runs with your rights: it can read and change your files, use your network "
    "and see the keys that it is given. Run only what you have read, or what you trust."
)
HEALTH_INKS = {
    AgentHealth.READY: Token.OK,
    AgentHealth.LACKS: Token.TEXT3,
    AgentHealth.BROKEN: Token.BAD,
}
ISOLATION_WORDS = {
    Isolation.AUTOMATIC: "Automatic",
    Isolation.IN_PROCESS: "In Greenroom",
    Isolation.ISOLATED: "In a process of its own",
}
ISOLATION_HINTS = {
    Isolation.AUTOMATIC: "In a process of its own when its project has its own Python environment, "
    "else on a thread of Greenroom.",
    Isolation.IN_PROCESS: "On a thread of Greenroom: starts fastest, and uses Greenroom’s packages.",
    Isolation.ISOLATED: "Cannot take Greenroom down with it, and gets only the keys that it needs.",
}

_LOCAL_NAMES = {"whisper-tiny-en": "Whisper", "smollm2-135m": "SmolLM2", "piper-joe": "Piper"}
"""Until the catalogue is there."""


def agent_text(view: AgentView, *, unsaved: bool = False) -> str:
    """An agent in words: for the tooltip and the screen reader."""
    kind = "bot file" if view.bot is not None else "preset"
    said = [shown(view.name), kind, shown(view.line), view.health.value]
    if view.shipped:
        said.append("came with Greenroom")
    if unsaved:
        said.append("not saved")
    return ", ".join(part for part in said if part)


def service_name(service_id: str, entries: Mapping[str, ServiceEntry]) -> str:
    """What a service is called."""
    entry = entries.get(service_id)
    spoken = _LOCAL_NAMES.get(service_id) or spoken_name(service_id)
    return shown(entry.label if entry is not None else spoken, 60)


def detail_of(group: Group) -> str:
    """Model, voice and language of a service, as far as its text names them."""
    parts = [str(group[name]) for name in ("model", "voice", "language") if group.get(name)]
    if group.get("url"):
        parts.append(str(group["url"]))
    return shown(", ".join(parts), 120)


def fallbacks_of(group: Group) -> list[Group]:
    """The services that take over, as they stand in the text."""
    found = group.get("fallback")
    return list(cast("Sequence[Group]", found)) if isinstance(found, list) else []


def fallback_line(group: Group, entries: Mapping[str, ServiceEntry]) -> str:
    """Who takes over."""
    names = [service_name(str(each.get("service", "")), entries) for each in fallbacks_of(group)]
    if not names:
        return "no fallback"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"falls back to {names[0]}{more}"


def expectation(expected: Expected) -> tuple[tuple[str, Token | None], ...]:
    """The sentence under the services, in pieces with the ink of those that stand out."""
    if not expected.turns or expected.answer_s is None:
        return ((NOTHING_MEASURED, None),)
    turns = "1 turn" if expected.turns == 1 else f"{expected.turns} turns"
    answer: tuple[tuple[str, Token | None], ...] = (
        ("Expected answer", None),
        (f"{expected.answer_s:.2f} s", Token.OK),
    )
    cost = expected.cost_usd_per_minute
    if cost is None:
        return *answer, (f"from {turns} of yours; what it costs is not known.", None)
    return (
        *answer,
        (f"from {turns} of yours; about", None),
        (f"${cost:.3f}", Token.TEXT),
        (_estimated(expected.priced_calls), None),
    )


def _estimated(calls: int) -> str:
    return f"a minute, an estimate from {'1 call' if calls == 1 else f'{calls} calls'}."


def short_path(path: Path) -> str:
    """A path with the home folder as a tilde."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def file_name(view: AgentView) -> str:
    """The name of an agent's file."""
    return view.bot.path.name if view.bot is not None else f"{view.id}.yaml"
