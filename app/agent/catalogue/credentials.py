"""The keys and addresses that a service takes, and the environment variables that they come from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.agent.catalogue.constructor import Parameter
from app.agent.catalogue.forms import Shape
from app.agent.catalogue.registered import Registered
from app.domain.providers import PROVIDERS
from app.domain.services import Credential, ServiceKind, SettingForm

_SECRET = re.compile(
    r"(.*_)?(api_key|key|key_id|secret|access_key|secret_key|token|password)|credentials(_path)?"
)
_ADDRESS = re.compile(r"(.*_)?url|server|host")
_PLACE = re.compile(r"(.*_)?(region|endpoint|endpoint_name|endpoint_id|location|project_id)")
_NO_SECRET = ("voice_cloning_key",)
"""Looks like a key, and is what a cloned voice is known by."""
_WORDS = 4
_PROVIDER_OF = {variable: provider.id for provider in PROVIDERS for variable in provider.variables}
_ON_THIS_COMPUTER = re.compile(r"\w+://(localhost|127\.0\.0\.1|\[::1\])[:/]")


@dataclass(frozen=True, slots=True)
class Sibling:
    """A service of the same provider that the scaffolder offers."""

    registered: Registered
    parameters: Sequence[Parameter]

    def variable(self, parameter: Parameter) -> str:
        """The variable of a parameter that has the same name, or begins to be described with the same words."""
        if variable := self.registered.variable(parameter.name):
            return variable
        meaning = _meaning(parameter)
        alike = (each.name for each in self.parameters if meaning and _meaning(each) == meaning)
        return next(
            (variable for name in alike if (variable := self.registered.variable(name))), ""
        )


class Variables:
    """From which environment variable a service takes a parameter, as Pipecat's scaffolder has it.

    A service that the scaffolder does not offer is given the variable of another one of its provider, of the same
    kind if there is one; a key that no service of a provider has is named as the scaffolder would name it.
    """

    def __init__(
        self, folder: str, kind: ServiceKind, own: Registered | None, others: Sequence[Sibling]
    ) -> None:
        self._folder = folder
        self._own = own
        self._others = sorted(others, key=lambda other: other.registered.kind is not kind)

    def of(self, parameter: Parameter) -> str:
        """The variable; empty where none is known."""
        if self._own and (variable := self._own.variable(parameter.name)):
            return variable
        # An address is each service's own.
        if is_address(parameter):
            return ""
        borrowed = (other.variable(parameter) for other in self._others)
        known = next((variable for variable in borrowed if variable), "")
        if known or not (is_secret(parameter) and parameter.required):
            return known
        return f"{self._folder}_{parameter.name}".upper()

    def in_groups(self) -> tuple[tuple[str, str], ...]:
        """The parameters that stand in a group which the constructor takes."""
        found = self._own.variables if self._own else ()
        return tuple((name, variable) for name, variable in found if "." in name)

    def written_for(self, name: str) -> bool:
        """Whether the scaffolder itself hands this parameter to the service."""
        return self._own is not None and bool(self._own.variable(name))


def is_credential(parameter: Parameter, variables: Variables) -> bool:
    return (
        is_secret(parameter)
        or is_address(parameter)
        or (_is_text(parameter.shape) and _PLACE.fullmatch(parameter.name) is not None)
        or variables.written_for(parameter.name)
    )


def is_secret(parameter: Parameter) -> bool:
    named = _SECRET.fullmatch(parameter.name) is not None and parameter.name not in _NO_SECRET
    return named and _is_text(parameter.shape, or_unknown=parameter.default is None)


def is_address(parameter: Parameter) -> bool:
    return _ADDRESS.fullmatch(parameter.name) is not None


def credentials(found: Sequence[Parameter], variables: Variables) -> tuple[Credential, ...]:
    """In the order of the constructor's parameters, then those that stand in a group."""
    single = (_credential(each, variables) for each in found if is_credential(each, variables))
    grouped = (
        Credential(name, variable, _PROVIDER_OF.get(variable, ""))
        for name, variable in variables.in_groups()
        if _SECRET.fullmatch(name.rsplit(".", 1)[-1])
    )
    return (*single, *grouped)


def runs_here(found: Sequence[Parameter], variables: Variables) -> bool:
    """Whether it runs on this computer or asks a server on it: it takes no key and no place elsewhere."""
    addresses = [each.default for each in found if is_address(each)]
    if any(isinstance(each, str) and _ON_THIS_COMPUTER.match(each) for each in addresses):
        return True
    elsewhere = any(isinstance(each, str) and each for each in addresses)
    others = any(is_credential(each, variables) and not is_address(each) for each in found)
    return not (elsewhere or others or variables.in_groups())


def _credential(parameter: Parameter, variables: Variables) -> Credential:
    variable = variables.of(parameter)
    # Without one, these read the same variable by themselves, and fail where it is not set.
    left_out = variable.endswith("_API_KEY") and parameter.default is None
    required = parameter.required or (parameter.name == "api_key" and left_out)
    return Credential(parameter.name, variable, _PROVIDER_OF.get(variable, ""), required)


def _meaning(parameter: Parameter) -> str:
    """The first words about it, as in "aws secret access key"."""
    return " ".join(re.findall(r"\w+", parameter.description.lower())[:_WORDS])


def _is_text(shape: Shape, *, or_unknown: bool = False) -> bool:
    texts = (SettingForm.TEXT, SettingForm.CHOICE)
    return shape.form in texts or (or_unknown and shape.form is SettingForm.YAML and shape.writable)
