"""What the page Agents asks of the tiers, as a protocol.

UI loop only; every coroutine may raise `UserError` and keeps its own deadlines. None of them holds up the UI.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.domain.bot_files import BotFile, BotLook, Isolation, Trouble
from app.domain.live_changes import LiveChange
from app.domain.presets import Preset
from app.domain.services import LocalEndpoint, ServiceEntry


class AgentHealth(StrEnum):
    """Whether an agent could start now."""

    READY = "ready"
    LACKS = "lacks something"
    """A key, an extra, a consent."""
    BROKEN = "broken"
    """Its file is wrong, or its key was rejected."""


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as it is listed."""

    id: str
    name: str
    line: str
    """Beneath the name: its services, or what it lacks in words."""
    health: AgentHealth
    shipped: bool
    """It came with Greenroom: editing it makes a copy."""
    bot: BotFile | None = None
    """None: it is a preset."""


@dataclass(frozen=True, slots=True)
class PresetProblem:
    """Why a text is no preset. `line` counts from 1."""

    line: int
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PresetReading:
    """What a text says: a preset, or what is wrong with it."""

    text: str
    preset: Preset | None
    problem: PresetProblem | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What calls with the same services have measured; None where nothing was."""

    answer_s: float | None
    cost_usd_per_minute: float | None
    turns: int
    stage_s: tuple[tuple[str, float], ...] = ()
    """Median seconds of each part: stt, llm, tts."""
    priced_calls: int = 0
    """How many calls `cost_usd_per_minute` is from."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """The text of a preset as it was left: edited, and not saved."""

    text: str
    begun_from: str
    """The `content_of` what its file held when it was edited."""
    masked: bool = False
    """What looked like a key in it was left out: keys are not written to the disk."""


def content_of(text: str) -> str:
    """What two texts are compared by: a SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class AgentDesk(Protocol):
    """The agents of this account: presets and bot files."""

    async def look(self) -> tuple[AgentView, ...]: ...

    async def catalogue(self) -> tuple[ServiceEntry, ...]: ...

    async def endpoints(self) -> tuple[LocalEndpoint, ...]:
        """The OpenAI-compatible servers that answer on this computer now."""
        ...

    async def with_key(self) -> frozenset[str]:
        """Ids of the providers whose key Greenroom has now."""
        ...

    async def text_of(self, agent_id: str) -> str:
        """The YAML of a preset, as it is on the disk."""
        ...

    def read(self, agent_id: str, text: str) -> PresetReading:
        """Read a text as this preset would be; takes milliseconds, raises nothing."""
        ...

    def changed(self, text: str, path: tuple[str | int, ...], value: object) -> str:
        """The text with one value set (None removes it), comments and order kept; unchanged if it is no YAML."""
        ...

    async def save(self, agent_id: str, text: str) -> str:
        """Write a preset, wrong or not; a shipped one is copied first. Returns the id it has now."""
        ...

    async def kept_drafts(self) -> Mapping[str, KeptDraft]:
        """What was not saved when Greenroom was left, by the ids of the presets."""
        ...

    async def keep_draft(self, agent_id: str, draft: KeptDraft | None) -> None:
        """Remember what is not saved of a preset, as Greenroom may be left; None: there is nothing any more."""
        ...

    async def put_draft_aside(self, agent_id: str, draft: KeptDraft) -> Path:
        """Give a kept draft whose preset is gone a file among the removed ones, and return that."""
        ...

    async def new_preset(self, name: str, like: str) -> str:
        """Make a preset from another, by id. Returns its id."""
        ...

    async def remove(self, agent_id: str) -> None:
        """Remove a preset's file, or forget a bot file (its program stays)."""
        ...

    async def troubles(self, agent_id: str) -> tuple[Trouble, ...]:
        """What would fail if it were started now."""
        ...

    async def expected(self, agent_id: str) -> Expected: ...

    async def look_at_bot(self, path: Path) -> BotLook:
        """What a bot file, or a project folder, is, without running it."""
        ...

    async def add_bot(self, look: BotLook, name: str) -> str:
        """List a bot file and remember the consent to run what it holds now. Returns its id."""
        ...

    async def consent(self, agent_id: str, sha256: str) -> None:
        """Somebody has agreed to run what the bot file holds now."""
        ...

    async def set_bot(
        self, agent_id: str, *, isolation: Isolation, greets_after_s: float | None
    ) -> None: ...

    async def install(self, extra: str, progress: Callable[[str], None]) -> None:
        """Add an extra of pipecat-ai to this environment; `progress` gets the installer's lines. Cancellable."""
        ...

    def install_command(self, extra: str) -> str:
        """What `install` would run, to be copied."""
        ...

    def running(self, agent_id: str) -> int:
        """In how many live calls it is now."""
        ...

    async def apply(self, agent_id: str, text: str) -> tuple[str, ...]:
        """Bring a preset's text into the live calls of its agent, unsaved; says in words what was changed there.

        Only instructions, the model, the voice and the silence before an answer can be changed in a call.
        """
        ...

    async def change_bot(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[str, ...]:
        """Change settings of a bot file in its live calls; says in words what was changed there.

        The error says why one of them cannot change in this bot; those before it hold.
        """
        ...

    async def test(self, agent_id: str) -> None:
        """Open a call with it on the Stage, the operator as caller."""
        ...
