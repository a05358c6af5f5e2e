"""What a bot's files import, read without running them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.agent.syntax import parse
from app.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module."""

    file: Path
    line: int
    module: str
    """Its full name; for `from a import b` both `a` and `a.b` may be modules."""
    names: tuple[str, ...] = ()
    """What is taken from it by name."""
    level: int = 0
    """How many dots stood before it."""
    optional: bool = False
    """Its failure is handled: it stands within `try`, or in a function that may never run."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a bot."""

    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]


def sources_of(program: Path) -> tuple[Source, ...]:
    """The program and, in the order they are met, the files beside it that it imports, those they import, and so on.

    Raises SyntaxError for what is no Python, UsageError for what cannot be read.
    """
    folder = program.parent
    found: dict[Path, Source] = {}
    waiting = [program]
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            source = found[path] = _read(path)
            for one in source.imports:
                waiting += _files(one, folder)
    return tuple(found.values())


def is_neighbour(one: Import, folder: Path) -> bool:
    """Whether it is found beside the bot."""
    return bool(_files(one, folder))


def _read(path: Path) -> Source:
    try:
        tree = parse(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", "Make it readable."
        ) from error
    except ValueError as error:
        # Not SyntaxError for a file with null bytes in some versions of Python.
        raise SyntaxError(str(error), (str(path), 1, 0, None)) from error
    return Source(path, tree, tuple(_imports(tree, path)))


def _imports(tree: ast.Module, path: Path) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, optional = waiting.pop(0)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name, optional=optional)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import(path, node.lineno, node.module or "", names, node.level, optional)
        inner = optional or isinstance(node, ast.Try | ast.FunctionDef | ast.AsyncFunctionDef)
        inner = inner or _is_main_only(node)
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]


def _is_main_only(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`, which is not so for a bot that is loaded, or `if TYPE_CHECKING:`."""
    if not isinstance(node, ast.If):
        return False
    names = {inner.id for inner in ast.walk(node.test) if isinstance(inner, ast.Name)}
    return bool(names & {"__name__", "TYPE_CHECKING"})


def _files(one: Import, folder: Path) -> list[Path]:
    """The files beside the bot that an import may run."""
    base = folder
    if one.level:
        base = one.file.parent
        for _ in range(one.level - 1):
            base = base.parent
        if not base.is_relative_to(folder):
            return []
    found: list[Path] = []
    parts = one.module.split(".") if one.module else []
    for index in range(len(parts)):
        found += _module(base.joinpath(*parts[: index + 1]))
    if one.module and not one.level and not found:
        return []
    for name in one.names:
        found += _module(base.joinpath(*parts, name))
    return found


def _module(path: Path) -> list[Path]:
    candidates = (path.with_name(f"{path.name}.py"), path / "__init__.py")
    return [candidate for candidate in candidates if candidate.is_file()]
