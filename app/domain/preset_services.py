"""Who hears, thinks and speaks in a preset: services of this computer, and services of the catalogue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, cast, get_args
from urllib.parse import urlsplit

from app.domain.facts import Service
from app.domain.preset_rules import STRICT, OffByFalse, OutOfRangeError, paths_of_secrets, within
from app.domain.providers import PROVIDERS
from app.domain.services import ServiceKind

NO_SECRETS = "Keys are kept on the page Keys, not in presets."
_OF_ITS_OWN = ("model", "voice", "language")
CATALOGUE_ID = re.compile(r"[a-z][a-z0-9_]*")
"""What ids of the catalogue look like; those of the services that come with Greenroom have hyphens."""
_ABBREVIATIONS = ("ai", "asr", "aws", "http", "mlx")
_SCHEMES = ("http", "https", "ws", "wss")


class ByService:
    """Marks a union of service classes: which one a group of settings is, its key `service` alone decides.

    pydantic calls `__get_pydantic_core_schema__`, and schemas are plain dicts, so nothing is imported for it.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        classes: tuple[type, ...] = get_args(source)

        def class_name(found: object) -> str:
            return _class_name(found, classes)

        return {
            "type": "tagged-union",
            "choices": {each.__name__: handler(each) for each in classes},
            "discriminator": class_name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueService:
    """A service of the catalogue, by its id. What is empty is left to the service's own default."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    service: str
    model: str = ""
    voice: str = ""
    language: str = ""
    url: str = ""
    """Where it is, for a service that can be elsewhere: an OpenAI-compatible server, a region, a proxy."""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """Of its `Settings` in Pipecat, by name: what can be changed while a call runs."""
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    """Of its constructor, by name."""
    fallback: "tuple[AnyService, ...]" = ()
    """Who takes over, in this order, when it fails."""

    def __post_init__(self) -> None:
        if not CATALOGUE_ID.fullmatch(self.service):
            raise OutOfRangeError("service", "an id of the catalogue")
        _require_address(self.url)
        for group in ("settings", "options"):
            _require_no_secret(group, getattr(self, group))
        for name in _OF_ITS_OWN:
            if name in self.settings:
                path = ("settings", name)
                raise OutOfRangeError(name, "a key of the service, beside `settings`", path)
        _require_flat(self.fallback)

    def described(self, kind: ServiceKind) -> Service:
        """As a call records it."""
        model = self.model or (self.voice if kind is ServiceKind.TTS else "")
        return Service(part=kind.value, name=spoken_name(self.service), model=model)


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
    fallback: "tuple[SttService, ...]" = ()

    def __post_init__(self) -> None:
        within("partials_every_s", self.partials_every_s, 0.0, 10.0)
        _require_flat(self.fallback)

    def described(self, kind: ServiceKind) -> Service:
        """As a call records it."""
        return Service(part=kind.value, name="Whisper", model="tiny.en")


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
    fallback: "tuple[LlmService, ...]" = ()

    def __post_init__(self) -> None:
        within("temperature", self.temperature, 0.0, 2.0)
        within("max_tokens", self.max_tokens, 1, 512)
        _require_flat(self.fallback)

    def described(self, kind: ServiceKind) -> Service:
        """As a call records it."""
        return Service(part=kind.value, name="SmolLM2", model="135M-Instruct")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstClause:
    """Speak the first words of an answer before its first sentence is complete."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    words_at_comma: int = 2
    """Speak at a comma from this many words on."""
    words_at_most: int = 4
    """Speak after this many words, comma or not."""

    def __post_init__(self) -> None:
        within("words_at_comma", self.words_at_comma, 1, 20)
        within("words_at_most", self.words_at_most, self.words_at_comma, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiperJoe:
    """A voice on this computer: Piper's "joe", American English."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    service: Literal["piper-joe"]
    speed: float = 1.0
    first_clause: Annotated[FirstClause | None, OffByFalse()] = field(default_factory=FirstClause)
    """None waits for a whole sentence; in a preset's text `false` stands for it."""
    fallback: "tuple[TtsService, ...]" = ()

    def __post_init__(self) -> None:
        within("speed", self.speed, 0.5, 2.0)
        _require_flat(self.fallback)

    def described(self, kind: ServiceKind) -> Service:
        """As a call records it."""
        return Service(part=kind.value, name="Piper", model="joe")


SttService = Annotated[WhisperTinyEn | CatalogueService, ByService()]
LlmService = Annotated[SmolLm2 | CatalogueService, ByService()]
TtsService = Annotated[PiperJoe | CatalogueService, ByService()]
AnyService = Annotated[WhisperTinyEn | SmolLm2 | PiperJoe | CatalogueService, ByService()]
LocalService = WhisperTinyEn | SmolLm2 | PiperJoe

LOCAL_SERVICES: dict[str, tuple[ServiceKind, type]] = {
    "whisper-tiny-en": (ServiceKind.STT, WhisperTinyEn),
    "smollm2-135m": (ServiceKind.LLM, SmolLm2),
    "piper-joe": (ServiceKind.TTS, PiperJoe),
}
"""The services that come with Greenroom, by id: which part they are and their class."""

Chain = tuple[ServiceKind, tuple[AnyService, ...]]
"""A part and its services: the first, then those that take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """A cascade: one service hears, one thinks, one speaks."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    stt: SttService
    llm: LlmService
    tts: TtsService

    def __post_init__(self) -> None:
        for kind, chain in self.chains:
            _require_kind(kind, chain)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Each part with its services."""
        return (
            (ServiceKind.STT, (self.stt, *self.stt.fallback)),
            (ServiceKind.LLM, (self.llm, *self.llm.fallback)),
            (ServiceKind.TTS, (self.tts, *self.tts.fallback)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Realtime:
    """Speech to speech: one service hears, thinks and speaks."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    realtime: CatalogueService

    def __post_init__(self) -> None:
        _require_kind(ServiceKind.REALTIME, self.chains[0][1])

    @property
    def chains(self) -> tuple[Chain, ...]:
        """The one part with its services."""
        return ((ServiceKind.REALTIME, (self.realtime, *self.realtime.fallback)),)


class EitherServices:
    """Marks the union of a cascade and a speech-to-speech service: the key `realtime` alone decides."""

    def __get_pydantic_core_schema__(self, _source: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "tagged-union",
            "choices": {"Services": handler(Services), "Realtime": handler(Realtime)},
            "discriminator": _services_or_realtime,
        }


AnyServices = Annotated[Services | Realtime, EitherServices()]


def spoken_name(service_id: str) -> str:
    """A service's name from its id: "Deepgram" for `deepgram_stt`, "OpenAI realtime" for `openai_realtime`."""
    words = [word for word in service_id.split("_") if word not in ("stt", "llm", "tts")]
    known = {provider.id: provider.name for provider in PROVIDERS}
    first = words[0] if words else service_id
    said = [known.get(first, first.capitalize()), *words[1:]]
    return " ".join(word.upper() if word.lower() in _ABBREVIATIONS else word for word in said)


def _class_name(found: object, classes: tuple[type, ...]) -> str:
    named = cast("Mapping[str, object]", found).get("service") if isinstance(found, Mapping) else ""
    for service_id, (_, kind) in LOCAL_SERVICES.items():
        if named == service_id and kind in classes:
            return kind.__name__
    return CatalogueService.__name__


def _services_or_realtime(found: object) -> str:
    is_realtime = isinstance(found, Mapping) and "realtime" in found
    return "Realtime" if is_realtime else "Services"


def _require_flat(fallback: "tuple[AnyService, ...]") -> None:
    for index, service in enumerate(fallback):
        if service.fallback:
            path = ("fallback", index, "fallback")
            raise OutOfRangeError("fallback", "on the first service only", path)


def _require_kind(kind: ServiceKind, chain: "tuple[AnyService, ...]") -> None:
    for index, service in enumerate(chain[1:]):
        own = LOCAL_SERVICES.get(service.service)
        if own is not None and own[0] is not kind:
            path = (kind.value, "fallback", index, "service")
            raise OutOfRangeError("service", f"one for {kind.value}", path)


def _require_no_secret(group: str, settings: Mapping[str, object]) -> None:
    for path in paths_of_secrets(settings, (group,)):
        raise OutOfRangeError(str(path[-1]), "left out of a preset", path, NO_SECRETS)


def _require_address(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        found = (parts.scheme in _SCHEMES, bool(parts.hostname), parts.port)
    except ValueError:
        found = (False, False, None)
    if not all(found[:2]):
        raise OutOfRangeError("url", "an address such as http://127.0.0.1:11434/v1")
    if "@" in urlsplit(url).netloc:
        raise OutOfRangeError("url", "without a password", ("url",), NO_SECRETS)
