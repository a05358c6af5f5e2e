"""What an agent preset says: services, prompt, turn taking, tools and limits of one agent.

The classes refuse values out of range by themselves; `app.agent.preset_file` reads them from YAML and says where a
file is wrong.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar

from app.domain.facts import Service
from app.domain.preset_rules import STRICT, OffByFalse, OutOfRangeError, within
from app.domain.preset_services import AnyServices, CatalogueService

FLOW_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An exchange that shows the model how to answer."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    user: str
    assistant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vad:
    """Voice activity detection: Silero. Names and meanings are Pipecat's `VADParams`."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    confidence: float = 0.7
    start_secs: float = 0.2
    stop_secs: float = 0.2
    min_volume: float = 0.6

    def __post_init__(self) -> None:
        within("confidence", self.confidence, 0.0, 1.0)
        within("start_secs", self.start_secs, 0.05, 2.0)
        within("stop_secs", self.stop_secs, 0.05, 3.0)
        within("min_volume", self.min_volume, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartTurn:
    """The model that judges whether the caller has finished."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    stop_secs: float = 1.2
    """How long a silence ends the turn even when the model thinks that more is coming."""
    speculative: bool = True
    """Judge as soon as the caller seems to stop, while the silence wait still runs."""

    def __post_init__(self) -> None:
        within("stop_secs", self.stop_secs, 0.3, 10.0)


class MuteRule(StrEnum):
    """When the caller is not listened to. Pipecat's `turns.user_mute` strategies."""

    FIRST_SPEECH = "first_speech"
    """While the agent says its first words."""
    UNTIL_FIRST_SPEECH = "until_first_speech"
    """From the beginning of the call until the agent has said its first words."""
    AGENT_SPEECH = "agent_speech"
    """Whenever the agent speaks."""
    FUNCTION_CALLS = "function_calls"
    """While a tool runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaking:
    """When the agent thinks that the caller has finished, and who may cut in."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    vad: Vad = field(default_factory=Vad)
    smart_turn: Annotated[SmartTurn | None, OffByFalse()] = field(default_factory=SmartTurn)
    """None trusts the silence that the VAD waits for; in a preset's text `false` stands for it."""
    interruptions: bool = True
    """The caller may cut in while the agent speaks."""
    interrupt_after_words: int = 0
    """How many words it takes to cut in; 0 takes any sound of a voice."""
    mute: tuple[MuteRule, ...] = ()

    def __post_init__(self) -> None:
        within("interrupt_after_words", self.interrupt_after_words, 0, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What the agent does when the caller says nothing."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    after_s: float = 60.0
    """Silence on both sides before it asks."""
    say: str = "Are you still there?"
    """Nothing is said when empty."""
    hang_up_after: int = 2
    """Hang up when it has asked this often and nobody answered; 0 never hangs up."""

    def __post_init__(self) -> None:
        within("after_s", self.after_s, 3.0, 3600.0)
        within("hang_up_after", self.hang_up_after, 0, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """When a fallback takes over, and what the caller hears meanwhile."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    first_token_s: float = 2.5
    """How long a service may take to begin to answer."""
    line: str = "One moment, please."
    """Said when no answer has come in time; nothing when empty."""

    def __post_init__(self) -> None:
        within("first_token_s", self.first_token_s, 0.3, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    minutes: float | None = None
    """How long a call may last; None is without an end."""
    cost_usd: float | None = None
    """What its services may cost, in US dollars; None is without a limit."""
    start_timeout_s: float = 30.0
    """How long joining the room may take before the start has failed."""
    goodbye_s: float = 3.0
    """How long a stop waits for the agent to finish its sentence."""

    def __post_init__(self) -> None:
        within("minutes", self.minutes, 0.1, 1440.0)
        within("cost_usd", self.cost_usd, 0.001, 1000.0)
        within("start_timeout_s", self.start_timeout_s, 1.0, 120.0)
        within("goodbye_s", self.goodbye_s, 0.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The declarative description of an agent. `id` and `folder` say where its file is."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    id: str
    name: str
    description: str = ""
    services: AnyServices
    instructions: str
    facts: tuple[str, ...] = ()
    """What the agent knows; told to the model after the instructions."""
    examples: tuple[Example, ...] = ()
    greeting: str = ""
    """Said when the first caller is there; nothing when empty."""
    turn_taking: TurnTaking = field(default_factory=TurnTaking)
    idle: Annotated[Idle | None, OffByFalse()] = None
    """None waits for ever."""
    limits: Limits = field(default_factory=Limits)
    tools: tuple[str, ...] = ()
    """Python files, their paths from `folder`, whose functions the model may call."""
    flow: str = ""
    """A Pipecat Flows configuration, its path from `folder`; none when empty."""
    failover: Failover = field(default_factory=Failover)
    folder: Path | None = field(default=None, compare=False)
    """Where its file is; None when it was read from a text that is in no file."""

    def __post_init__(self) -> None:
        for name in ("id", "name", "instructions"):
            if not str(getattr(self, name)).strip():
                raise OutOfRangeError(name, "a text that is not empty")
        for index, tool in enumerate(self.tools):
            if PurePosixPath(tool).suffix != ".py":
                raise OutOfRangeError("tools", "Python files (*.py)", ("tools", index))
        if self.flow and PurePosixPath(self.flow).suffix not in FLOW_SUFFIXES:
            raise OutOfRangeError("flow", "a .yaml or .json file")

    @property
    def described_services(self) -> tuple[Service, ...]:
        """The services as a call records them; not those that stand by."""
        return tuple(chain[0].described(kind) for kind, chain in self.services.chains)

    @property
    def is_local(self) -> bool:
        """Whether all its services run on this computer without a key, those that stand by too."""
        return not any(
            isinstance(service, CatalogueService)
            for _, chain in self.services.chains
            for service in chain
        )

    @property
    def system_prompt(self) -> str:
        """Instructions and facts as one text for the model."""
        if not self.facts:
            return self.instructions.strip()
        return f"{self.instructions.strip()} Facts: {' '.join(fact.strip() for fact in self.facts)}"
