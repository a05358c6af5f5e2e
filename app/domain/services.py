"""The services that agents can be made of, and what this computer has of them."""

from dataclasses import dataclass
from enum import StrEnum

SettingValue = str | int | float | bool | None
"""What a property sheet edits; lists and groups of a setting are edited in the YAML."""


class ServiceKind(StrEnum):
    """Which part of an agent a service can be."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    REALTIME = "realtime"
    """Speech to speech: hears, thinks and speaks."""


class SettingForm(StrEnum):
    """How a setting is edited."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    SWITCH = "switch"
    CHOICE = "choice"
    YAML = "yaml"
    """A list or group, or a type that no form knows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a service. `name` is its name in Pipecat."""

    name: str
    form: SettingForm
    default: SettingValue = None
    """None where there is none, or where the provider decides."""
    choices: tuple[str, ...] = ()
    """All that there are for `CHOICE`, suggestions for `TEXT`."""
    description: str = ""
    required: bool = False
    live: bool = False
    """It can be changed while a call runs."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret, or where to send it, that a service's constructor takes."""

    parameter: str
    """Written with a dot where it stands in a group that the constructor takes, as in `params.api_key`."""
    variable: str
    """The environment variable it comes from; empty where none is known, as for most addresses."""
    provider_id: str = ""
    """Whose key it is, as in `app.domain.providers`; empty when Greenroom does not keep it."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service of the catalogue. `id` names it in presets."""

    id: str
    kind: ServiceKind
    label: str
    module: str
    class_name: str
    extras: tuple[str, ...]
    """Of the package pipecat-ai; empty when it needs none."""
    installed: bool
    """Whether all that it imports is there."""
    local: bool
    """It runs on this computer, or talks to a server on it."""
    credentials: tuple[Credential, ...]
    settings: tuple[Setting, ...]
    """Of its `Settings`: what can be changed in a call."""
    options: tuple[Setting, ...]
    """Of its constructor."""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """A server on this computer that speaks OpenAI's protocol, and the models that it offers."""

    name: str
    url: str
    models: tuple[str, ...]
