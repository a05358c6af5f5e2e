# pyright: reportUnknownMemberType=false
"""Makes Pipecat services from what a preset says of them, and says beforehand what is missing."""

import contextlib
import importlib
import inspect
import ipaddress
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import aiohttp
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.services.ai_service import AIService
from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from app.domain.errors import MissingRequirementError, UserError
from app.domain.preset_services import CatalogueService
from app.domain.services import Credential, ServiceEntry, ServiceKind

PLACEHOLDER_KEY = "none"
"""Given to a server on this computer that wants no key: without one the SDK would look for a key by itself."""
_HTTP_PLACES = ("base_url", "url", "endpoint", "api_endpoint_base_url", "server", "ws_url")
_SOCKET_PLACES = ("ws_url", "url", "websocket_url", "api_endpoint_base_url", "base_url", "endpoint")
"""Constructor arguments that say where a service is, the most specific first."""
_SILENT_ON_WORDS = frozenset({"OpenAIRealtimeLLMService"})
"""Services that tell what the caller said only when they are asked to, of which no context would ever know."""
_ANSWERS_CONTEXT = "inference_on_context_initialization"
"""Of Gemini Live, which hears nothing before its first context; that is no reason to answer it."""
_NOT_OPTIONS = frozenset({"self", "settings", "params", "args", "kwargs", "aiohttp_session"})
_LENIENT = ConfigDict(arbitrary_types_allowed=True)


class SdkClient(Protocol):
    """What the SDKs of OpenAI and Anthropic connect by."""

    max_retries: int

    async def close(self) -> None: ...


class HttpSession:
    """Owns the HTTP session of a pipeline's services, made when the first of them wants one. Agent loop only.

    The clients of their SDKs, which Pipecat leaves open, are closed with it.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._clients: list[SdkClient] = []

    def close_with(self, client: "SdkClient") -> None:
        """Close this client too, in the end."""
        self._clients.append(client)

    def get(self) -> aiohttp.ClientSession:
        """The one session of this pipeline."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            await client.close()
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True, slots=True)
class Materials:
    """What services are made from, beside their preset.

    `environment` holds the keys by their variables; the environment of this process is not looked at.
    """

    catalogue: Mapping[str, ServiceEntry]
    environment: Mapping[str, str]
    http: HttpSession

    def entry(self, chosen: CatalogueService) -> ServiceEntry:
        """The service's entry. Raises UserError for an id that the catalogue does not have."""
        entry = self.catalogue.get(chosen.service)
        if entry is None:
            raise UserError(
                f"There is no service {chosen.service!r}.", "Choose one on the page Agents."
            )
        return entry


def build_service(
    chosen: CatalogueService,
    materials: Materials,
    system_prompt: str = "",
    tools: ToolsSchema | None = None,
) -> AIService:
    """Make a service of the catalogue. Agent loop only; imports its SDK, which takes up to seconds the first time.

    `tools` are for speech-to-speech services, some of which are given no context before they are spoken to.
    Raises UserError for a key, value or name that is missing or wrong (MissingRequirementError for an extra).
    """
    entry = materials.entry(chosen)
    service_class = load_class(entry)
    arguments = _arguments(service_class, entry, chosen, materials, system_prompt, tools)
    try:
        service = service_class(**arguments)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{entry.label} could not be set up.", f"{error}. Check its settings."
        ) from error
    client = getattr(service, "_client", None)
    if isinstance(getattr(client, "max_retries", None), int):
        taken = cast("SdkClient", client)
        # An SDK that tries again by itself eats the time that a fallback has.
        taken.max_retries = 0
        materials.http.close_with(taken)
    return service


def prepare(chosen: CatalogueService, materials: Materials, system_prompt: str = "") -> None:
    """Import what the service needs and look whether it could be made. Raises UserError as `build_service` does."""
    entry = materials.entry(chosen)
    _arguments(load_class(entry), entry, chosen, materials, system_prompt)


def load_class(entry: ServiceEntry) -> type[AIService]:
    """The service's class in Pipecat. Raises MissingRequirementError when what it imports is not installed."""
    try:
        module = importlib.import_module(entry.module)
    except ImportError as error:
        extras = ",".join(entry.extras)
        raise MissingRequirementError(
            f"{entry.label} needs a package that is not installed.",
            f'pip install "pipecat-ai[{extras}]"' if extras else str(error),
        ) from error
    return cast("type[AIService]", getattr(module, entry.class_name))


def is_on_this_computer(url: str) -> bool:
    """Whether a URL leads to this computer."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def missing_credentials(
    entry: ServiceEntry, chosen: CatalogueService, environment: Mapping[str, str]
) -> tuple[Credential, ...]:
    """The keys that the service needs and that are not there."""
    if chosen.url and is_on_this_computer(chosen.url):
        return ()
    return tuple(
        wanted
        for wanted in entry.credentials
        if wanted.required
        and wanted.variable
        and wanted.parameter not in chosen.options
        and not environment.get(wanted.variable)
    )


def make_settings(
    service_class: type[AIService],
    values: Mapping[str, object],
    label: str,
    *,
    delta: bool = False,
) -> Any:
    """The service's `Settings` with these values; None when it has no such class and nothing is to be set.

    `delta` marks values that are given by name alone, without the preset's `settings`. Raises UserError for a name or
    value that the service does not know.
    """
    settings_class = getattr(service_class, "Settings", None)
    if settings_class is None or not is_dataclass(settings_class):
        if not values:
            return None
        raise UserError(f"{label} has no settings.", f"Remove {_listed(values)} from the preset.")
    known = {each.name for each in fields(settings_class)}
    unknown = [name for name in values if name not in known]
    if unknown:
        where = "here" if delta else "in the preset"
        raise UserError(
            f"{label} has no setting {_listed(unknown)}.",
            f"It has {_listed(sorted(known - {'extra'}))}; mend it {where}.",
        )
    hints = _hints(cast("type[Any]", settings_class))
    return cast("type[Any]", settings_class)(
        **{name: _fitting(value, hints.get(name), name, label) for name, value in values.items()}
    )


def _arguments(
    service_class: type[AIService],
    entry: ServiceEntry,
    chosen: CatalogueService,
    materials: Materials,
    system_prompt: str,
    tools: ToolsSchema | None = None,
) -> dict[str, Any]:
    parameters = constructor_parameters(service_class)
    arguments = _options(service_class, parameters, entry, chosen)
    arguments |= _credentials(parameters, entry, chosen, materials.environment)
    if chosen.url:
        arguments[_place(parameters, entry, chosen.url)] = chosen.url
    if _ANSWERS_CONTEXT in parameters:
        arguments.setdefault(_ANSWERS_CONTEXT, False)
    if "aiohttp_session" in parameters:
        arguments["aiohttp_session"] = materials.http.get()
    values = _setting_values(service_class, chosen, entry, system_prompt, tools)
    settings = make_settings(service_class, values, entry.label)
    if settings is not None and "settings" in parameters:
        arguments["settings"] = settings
    return arguments


def constructor_parameters(service_class: type[Any]) -> dict[str, inspect.Parameter]:
    """The named arguments of the constructor, those included that it hands to its base classes."""
    found: dict[str, inspect.Parameter] = {}
    for base in service_class.__mro__:
        own = vars(base).get("__init__")
        if own is None:
            continue
        parameters = inspect.signature(own).parameters
        for name, parameter in parameters.items():
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                found.setdefault(name, parameter)
        if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            break
    return found


def _options(
    service_class: type[AIService],
    parameters: Mapping[str, inspect.Parameter],
    entry: ServiceEntry,
    chosen: CatalogueService,
) -> dict[str, Any]:
    unknown = [name for name in chosen.options if name not in parameters or name in _NOT_OPTIONS]
    if unknown:
        raise UserError(
            f"{entry.label} has no option {_listed(unknown)}.", "Remove it from the preset."
        )
    hints = _hints(service_class.__init__)
    return {
        name: _fitting(value, hints.get(name), name, entry.label)
        for name, value in chosen.options.items()
    }


def _credentials(
    parameters: Mapping[str, inspect.Parameter],
    entry: ServiceEntry,
    chosen: CatalogueService,
    environment: Mapping[str, str],
) -> dict[str, str]:
    missing = missing_credentials(entry, chosen, environment)
    if missing:
        names = _listed(wanted.variable for wanted in missing)
        raise UserError(f"{entry.label} needs {names}.", "Add the key on the page Keys.")
    given = {
        wanted.parameter: environment[wanted.variable]
        for wanted in entry.credentials
        if wanted.parameter in parameters and environment.get(wanted.variable)
    }
    if "api_key" in parameters and "api_key" not in given and chosen.url:
        given["api_key"] = PLACEHOLDER_KEY
    return given


def _place(parameters: Mapping[str, inspect.Parameter], entry: ServiceEntry, url: str) -> str:
    places = _SOCKET_PLACES if urlsplit(url).scheme in ("ws", "wss") else _HTTP_PLACES
    for name in (*places, *_SOCKET_PLACES, *_HTTP_PLACES):
        if name in parameters:
            return name
    raise UserError(f"{entry.label} cannot be anywhere else.", "Remove its url from the preset.")


def _setting_values(
    service_class: type[AIService],
    chosen: CatalogueService,
    entry: ServiceEntry,
    system_prompt: str,
    tools: ToolsSchema | None,
) -> dict[str, object]:
    known = _setting_names(service_class)
    values = dict(chosen.settings)
    for name in ("model", "voice", "language"):
        if value := getattr(chosen, name):
            values[name] = value
    if "voice" in values and "voice" not in known and "session_properties" in known:
        _set_session_voice(values)
    if entry.class_name in _SILENT_ON_WORDS:
        _ask_for_words(values)
    if tools is not None and "session_properties" in known:
        session = _mapping(values.get("session_properties"))
        values["session_properties"] = {"tools": tools, **session}
    thinks = entry.kind in (ServiceKind.LLM, ServiceKind.REALTIME)
    if thinks and system_prompt and "system_instruction" in known:
        values.setdefault("system_instruction", system_prompt)
    return values


def _set_session_voice(values: dict[str, object]) -> None:
    """Put the voice where OpenAI's realtime protocol keeps it."""
    voice = values.pop("voice")
    session = _mapping(values.get("session_properties"))
    audio = _mapping(session.get("audio"))
    output = _mapping(audio.get("output"))
    output.setdefault("voice", voice)
    values["session_properties"] = {**session, "audio": {**audio, "output": output}}


def _ask_for_words(values: dict[str, object]) -> None:
    """Have the caller's words told, unless the preset says how, or says null."""
    session = _mapping(values.get("session_properties"))
    audio = _mapping(session.get("audio"))
    heard = _mapping(audio.get("input"))
    heard.setdefault("transcription", {})
    values["session_properties"] = {**session, "audio": {**audio, "input": heard}}


def _mapping(value: object) -> dict[str, object]:
    return dict(cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else {}


def _setting_names(service_class: type[AIService]) -> set[str]:
    settings_class = getattr(service_class, "Settings", None)
    if settings_class is None or not is_dataclass(settings_class):
        return set()
    return {each.name for each in fields(settings_class)}


def _hints(of: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(of)
    except (NameError, TypeError):
        return _hints_one_by_one(of)


def _hints_one_by_one(of: Any) -> dict[str, Any]:
    """Without those that the SDK imports for type checkers only; of these the service itself judges the value."""
    found: dict[str, Any] = {}
    for owner in reversed(getattr(of, "__mro__", (of,))):
        names = vars(sys.modules[owner.__module__])
        for name, annotation in inspect.get_annotations(owner).items():
            alone = types.SimpleNamespace(__annotations__={name: annotation})
            with contextlib.suppress(NameError, TypeError):
                found |= typing.get_type_hints(alone, names)
    return found


def _fitting(value: object, hint: Any, name: str, label: str) -> Any:
    """The value as the service's own type. Raises UserError when it is none."""
    if hint is None:
        return value
    try:
        adapter = _adapter(hint)
    except PydanticUserError:
        return value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UserError(f"{label}: {name} is not what it may be.", f"{reason}.") from error


def _adapter(hint: Any) -> TypeAdapter[Any]:
    takes_config = isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None
    adapter: Any = TypeAdapter
    return adapter(hint, config=_LENIENT) if takes_config else adapter(hint)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
