"""Whether what a service imports is installed, found without importing it."""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder

from app.agent.catalogue import extras
from app.agent.catalogue.source import PACKAGE, ClassSource, Module, Sources

_FOLLOWED = (f"{PACKAGE}.services.", f"{PACKAGE}.adapters.services.")
_MISSING = ("ImportError", "ModuleNotFoundError", "Exception")


def is_installed(service: ClassSource, sources: Sources) -> bool:
    """Whether all that its module imports is there, and what its own functions import."""
    return all(found(name) for name in needed(service, sources))


def needed(service: ClassSource, sources: Sources) -> set[str]:
    """The modules that are not Pipecat's or Python's and that it needs."""
    names = _of_module(service.module, sources, set())
    names |= set(needed_by_functions(service))
    return names


@lru_cache(maxsize=512)
def found(name: str) -> bool:
    """Whether there is a module or an attribute of that name; only a package without code is looked into."""
    path: Sequence[str] | None = None
    for part in name.split("."):
        # By its last name: a namespace inside another one would be looked for through its imported parent.
        spec = PathFinder.find_spec(part, path)
        if spec is None:
            return False
        if not _is_namespace(spec):
            return True
        path = list(spec.submodule_search_locations or ())
    return True


def _is_namespace(spec: ModuleSpec) -> bool:
    return spec.origin is None and spec.submodule_search_locations is not None


def _of_module(module: Module, sources: Sources, seen: set[str]) -> set[str]:
    if module.name in seen:
        return set()
    seen.add(module.name)
    names: set[str] = set()
    for name in _imported(module.tree.body, module):
        if _is_foreign(name):
            names.add(name)
        elif name.startswith(_FOLLOWED):
            inner = sources.module(name) or sources.module(name.rpartition(".")[0])
            names |= _of_module(inner, sources, seen) if inner else set()
    return names


def _imported(body: Sequence[ast.stmt], module: Module) -> Iterator[str]:
    """What the statements import on every computer; not what they can do without."""
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(names=names):
                yield from (f"{module.absolute(node)}.{each.name}" for each in names)
            case ast.Try(body=inner, handlers=handlers) if not _does_without(handlers):
                yield from _imported(inner, module)
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _imported(inner, module)
            case _:
                pass


def _does_without(handlers: Sequence[ast.ExceptHandler]) -> bool:
    for handler in handlers:
        caught = ast.unparse(handler.type) if handler.type else "Exception"
        raises = any(isinstance(node, ast.Raise) for node in ast.walk(handler))
        if any(name in caught for name in _MISSING) and not raises:
            return True
    return False


def _is_foreign(name: str) -> bool:
    top = name.split(".")[0]
    return top != PACKAGE and top not in sys.stdlib_module_names


def extras_of_functions(service: ClassSource) -> tuple[str, ...]:
    """The extras of Pipecat that are called after what its functions, not its module, import."""
    found = (extras.named(name.split(".")[0]) for name in needed_by_functions(service))
    return tuple(dict.fromkeys(extra for extra in found if extra))


def needed_by_functions(service: ClassSource) -> Iterator[str]:
    """The modules that are not Pipecat's or Python's and that its own functions import."""
    for function in service.functions.values():
        for node in ast.walk(function):
            inner = [node] if isinstance(node, ast.Import | ast.ImportFrom) else []
            yield from (name for name in _imported(inner, service.module) if _is_foreign(name))
