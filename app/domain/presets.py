"""What an agent preset says: services, prompt, voice, turn taking and limits of one agent.

The classes refuse values out of range by themselves; `app.agent.preset_file` reads them from YAML and says where a
file is wrong. `__pydantic_config__` tells pydantic to be strict, without importing it.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.domain.facts import Service

STRICT: dict[str, object] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


class OutOfRangeError(ValueError):
    """A setting is outside what it may be. `name` is the field."""

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__(f"{name} must be {allowed}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperTinyEn:
    """Speech recognition on this computer: Whisper tiny.en, English only."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    service: Literal["whisper-tiny-en"]
    short_window: bool = True
    """Encode the speech and a few seconds of silence instead of 30 s, and all of it again when the result is odd."""
    speculative: bool = True
    """Transcribe as soon as the caller seems to stop, while the silence wait still runs."""
    partials_every_s: float = 1.0
    """How often to transcribe what was said so far; 0 is never. The partial text also warms the language model."""

    def __post_init__(self) -> None:
        _within("partials_every_s", self.partials_every_s, 0.0, 10.0)

    @property
    def described(self) -> Service:
        return Service(part="stt", name="Whisper", model="tiny.en")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmolLm2:
    """A language model on this computer: SmolLM2-135M-Instruct."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    service: Literal["smollm2-135m"]
    temperature: float = 0.0
    max_tokens: int = 48
    one_sentence: bool = True
    """End each answer with its first sentence: a model this small rarely knows how to go on."""
    prefill: bool = True
    """Read the caller's partial words while the caller still speaks, so that less is left to read afterwards."""

    def __post_init__(self) -> None:
        _within("temperature", self.temperature, 0.0, 2.0)
        _within("max_tokens", self.max_tokens, 1, 512)

    @property
    def described(self) -> Service:
        return Service(part="llm", name="SmolLM2", model="135M-Instruct")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstClause:
    """Speak the first words of an answer before its first sentence is complete."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    words_at_comma: int = 2
    """Speak at a comma from this many words on."""
    words_at_most: int = 4
    """Speak after this many words, comma or not."""

    def __post_init__(self) -> None:
        _within("words_at_comma", self.words_at_comma, 1, 20)
        _within("words_at_most", self.words_at_most, self.words_at_comma, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiperJoe:
    """A voice on this computer: Piper's "joe", American English."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    service: Literal["piper-joe"]
    speed: float = 1.0
    first_clause: FirstClause | None = field(default_factory=FirstClause)
    """None waits for a whole sentence."""

    def __post_init__(self) -> None:
        _within("speed", self.speed, 0.5, 2.0)

    @property
    def described(self) -> Service:
        return Service(part="tts", name="Piper", model="joe")


SttService = WhisperTinyEn
LlmService = SmolLm2
TtsService = PiperJoe


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Who hears, thinks and speaks."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    stt: SttService
    llm: LlmService
    tts: TtsService


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
        _within("confidence", self.confidence, 0.0, 1.0)
        _within("start_secs", self.start_secs, 0.05, 2.0)
        _within("stop_secs", self.stop_secs, 0.05, 3.0)
        _within("min_volume", self.min_volume, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartTurn:
    """The model that judges whether the caller has finished."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    stop_secs: float = 1.2
    """How long a silence ends the turn even when the model thinks that more is coming."""
    speculative: bool = True
    """Judge as soon as the caller seems to stop, while the silence wait still runs."""

    def __post_init__(self) -> None:
        _within("stop_secs", self.stop_secs, 0.3, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaking:
    """When the agent thinks that the caller has finished."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    vad: Vad = field(default_factory=Vad)
    smart_turn: SmartTurn | None = field(default_factory=SmartTurn)
    """None trusts the silence that the VAD waits for."""
    interruptions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    start_timeout_s: float = 30.0
    """How long joining the room may take before the start has failed."""
    goodbye_s: float = 3.0
    """How long a stop waits for the agent to finish its sentence."""

    def __post_init__(self) -> None:
        _within("start_timeout_s", self.start_timeout_s, 1.0, 120.0)
        _within("goodbye_s", self.goodbye_s, 0.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The declarative description of an agent. `id` is the name of its file."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    id: str
    name: str
    description: str = ""
    services: Services
    instructions: str
    facts: tuple[str, ...] = ()
    """What the agent knows; told to the model after the instructions."""
    examples: tuple[Example, ...] = ()
    greeting: str = ""
    """Said when the first caller is there; nothing when empty."""
    turn_taking: TurnTaking = field(default_factory=TurnTaking)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name in ("id", "name", "instructions"):
            if not str(getattr(self, name)).strip():
                raise OutOfRangeError(name, "a text that is not empty")

    @property
    def described_services(self) -> tuple[Service, ...]:
        """The services as a call records them."""
        chosen = self.services
        return (chosen.stt.described, chosen.llm.described, chosen.tts.described)

    @property
    def system_prompt(self) -> str:
        """Instructions and facts as one text for the model."""
        if not self.facts:
            return self.instructions.strip()
        return f"{self.instructions.strip()} Facts: {' '.join(fact.strip() for fact in self.facts)}"


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OutOfRangeError(name, f"between {low:g} and {high:g}")
