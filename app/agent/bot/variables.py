"""Which environment variables a bot's files read, found without running them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.agent.bot.imports import Source

READERS = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get"})
MAPPINGS = frozenset({"os.environ", "environ"})
LOADER = "load_dotenv"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable, where it is read first."""

    name: str
    file: Path
    line: int
    has_default: bool
    """Whether the bot says what to take where it is not set."""
    required: bool = False
    """Reading it raises where it is not set."""


def variables_of(sources: Iterable[Source]) -> tuple[Variable, ...]:
    """The variables that are read by name, each once, in the order they are met."""
    found: dict[str, Variable] = {}
    for source in sources:
        for variable in _read_in(source):
            found.setdefault(variable.name, variable)
    return tuple(found.values())


def reads_env_file(sources: Iterable[Source]) -> bool:
    """Whether a `.env` is loaded at all."""
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == LOADER
        for source in sources
        for node in ast.walk(source.tree)
    )


def _read_in(source: Source) -> Iterator[Variable]:
    constants = _constants(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in READERS and node.args:
            if name := _text(node.args[0], constants):
                default = node.args[1] if len(node.args) > 1 else None
                yield Variable(name, source.path, node.lineno, _says_something(default))
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and ast.unparse(node.value) in MAPPINGS
            and (name := _text(node.slice, constants))
        ):
            yield Variable(name, source.path, node.lineno, False, required=True)


def _constants(module: ast.Module) -> dict[str, str]:
    """The texts that the module itself gives a name to."""
    return {
        target.id: text
        for node in module.body
        if isinstance(node, ast.Assign) and (text := _text(node.value, {}))
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _says_something(default: ast.expr | None) -> bool:
    """Whether there is a default other than None or an empty text."""
    if default is None:
        return False
    return not (isinstance(default, ast.Constant) and default.value in (None, ""))
