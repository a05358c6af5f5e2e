"""What Pipecat's own scaffolder knows of services: their ids, labels, extras and environment variables.

`ServiceRegistry` is Pipecat's, but no promise of its: a newer Pipecat may move it.
"""

import ast
import re
from dataclasses import dataclass
from typing import Protocol, cast

from app.agent.syntax import parse
from app.domain.errors import UserError
from app.domain.services import ServiceKind

_EXTRAS = re.compile(r"\[([^\]]*)\]")
_ENVIRONMENT = ("getenv", "get")


@dataclass(frozen=True, slots=True)
class Registered:
    """A service as Pipecat's scaffolder offers it."""

    id: str
    kind: ServiceKind
    label: str
    class_name: str
    extras: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    """The constructor's parameters and the environment variables that they come from. The parameter of a group that
    the constructor takes is written with a dot, as in `params.api_key`."""

    def variable(self, parameter: str) -> str:
        return dict(self.variables).get(parameter, "")


class _Definition(Protocol):
    value: str
    label: str
    package: str
    class_name: list[str] | None


class _Registry(Protocol):
    STT_SERVICES: list[_Definition]
    LLM_SERVICES: list[_Definition]
    TTS_SERVICES: list[_Definition]
    REALTIME_SERVICES: list[_Definition]
    SERVICE_CONFIGS: dict[str, str]


def registered() -> tuple[Registered, ...]:
    """All that the registry holds, about 100. Raises `UserError` if this Pipecat has no such registry.

    Importing it imports no service and no SDK.
    """
    try:
        from pipecat.cli.registry.service_metadata import ServiceRegistry

        registry = cast("_Registry", ServiceRegistry)
        return tuple(
            _read(definition, kind, registry.SERVICE_CONFIGS)
            for kind, definitions in (
                (ServiceKind.STT, registry.STT_SERVICES),
                (ServiceKind.LLM, registry.LLM_SERVICES),
                (ServiceKind.TTS, registry.TTS_SERVICES),
                (ServiceKind.REALTIME, registry.REALTIME_SERVICES),
            )
            for definition in definitions
        )
    except (ImportError, AttributeError) as error:
        raise UserError(
            "The installed Pipecat has no list of its services where Greenroom looks for it.",
            "Install the version of Pipecat that Greenroom asks for; see its README.",
        ) from error


def _read(definition: _Definition, kind: ServiceKind, configs: dict[str, str]) -> Registered:
    found = _EXTRAS.search(definition.package)
    return Registered(
        id=definition.value,
        kind=kind,
        label=definition.label,
        class_name=(definition.class_name or [""])[0],
        extras=tuple(each.strip() for each in found[1].split(",")) if found else (),
        variables=tuple(_variables(configs.get(definition.value, ""))),
    )


def _variables(config: str) -> list[tuple[str, str]]:
    """The parameters that the scaffold's lines for a service take from the environment."""
    calls = [node for node in ast.walk(_parsed(config)) if isinstance(node, ast.Call)]
    service = next((call for call in calls if ast.unparse(call.func).endswith("Service")), None)
    return _of_call(service, "") if service else []


def _of_call(call: ast.Call, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for keyword in call.keywords:
        match keyword.value:
            case ast.Call(
                func=ast.Attribute(attr=function), args=[ast.Constant(value=str() as name), *_]
            ) if function in _ENVIRONMENT:
                found.append((f"{prefix}{keyword.arg}", name))
            case ast.Call() as inner if keyword.arg != "settings":
                found += _of_call(inner, f"{prefix}{keyword.arg}.")
            case _:
                pass
    return found


def _parsed(config: str) -> ast.Module:
    try:
        return parse(config.strip())
    except SyntaxError:
        # The scaffold's lines for Gemini Live on Vertex close one parenthesis too many.
        return parse(re.sub(r",\s*\)\s*$", "", config.strip()))
