"""Loads bots by their paths, each with modules of its own.

A bot and the modules beside it become one package with a name of its own (`greenroom_bot_1`), so that two bots may
each have a `helpers`. What stands beside a bot is found before what is installed, as when it is run by hand; only the
bot's own `import` statements see it, through the `__import__` among their builtins. `importlib.import_module` with
the plain name of a neighbour is the one way that does not work; a process of its own does not have this limit.
"""

import builtins
import importlib
import importlib.util
import inspect
import itertools
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

from app.domain.errors import UserError

PREFIX = "greenroom_bot_"
ENTRY = "bot"

_numbers = itertools.count(1)
_packages: "dict[str, _Package]" = {}

BotFunction = Callable[[object], Coroutine[Any, Any, object]]


@dataclass(frozen=True, slots=True)
class LoadedBot:
    """A bot that has been imported. `bot` is its entry; `unload` forgets its modules."""

    path: Path
    package: str
    bot: BotFunction

    def unload(self) -> None:
        """Take its modules out of `sys.modules`; what still runs of it keeps its own references."""
        _forget(self.package)


def load_bot(path: Path) -> LoadedBot:
    """Import the bot at `path`. Blocks for seconds; any thread, several at once.

    Raises UserError where it is no bot. What it raises by itself while it is imported comes as it is.
    """
    package = _new_package(path.parent)
    try:
        entry = _entry(path, package)
    except BaseException:
        _forget(package.name)
        raise
    return LoadedBot(path, package.name, entry)


def _entry(path: Path, package: "_Package") -> BotFunction:
    module = _import(f"{package.name}.{path.stem.replace('.', '_')}", path)
    entry = getattr(module, ENTRY, None)
    if not inspect.iscoroutinefunction(entry):
        raise not_a_bot(path)
    return cast("BotFunction", entry)


def not_a_bot(path: Path) -> UserError:
    """The error for a program without `bot()`."""
    return UserError(
        f"{path.name} is no bot: it has no “async def bot(runner_args)”.",
        "Give it one, as Pipecat's runner expects; “pipecat init quickstart” writes an example.",
    )


@dataclass(frozen=True, slots=True)
class _Package:
    """The neighbours of one bot, under a name of their own."""

    name: str
    folder: Path
    builtins: dict[str, Any]
    known: dict[str, bool]
    """Whether a top-level name is a neighbour."""

    def has(self, top: str) -> bool:
        if top not in self.known:
            self.known[top] = self._look_for(top)
        return self.known[top]

    def _look_for(self, top: str) -> bool:
        if top in sys.builtin_module_names or top.startswith(PREFIX):
            return False
        spec = PathFinder.find_spec(top, [str(self.folder)])
        if spec is None:
            return False
        # A plain folder is a module only where nothing installed has its name.
        return spec.origin is not None or importlib.util.find_spec(top) is None


def _new_package(folder: Path) -> _Package:
    if not any(isinstance(finder, _BotFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _BotFinder())
    name = f"{PREFIX}{next(_numbers)}"
    package = _Package(name, folder, dict(vars(builtins)), {})
    package.builtins["__import__"] = _importer(package)
    _packages[name] = package
    top = ModuleType(name)
    top.__path__ = [str(folder)]
    sys.modules[name] = top
    return package


def _importer(package: _Package) -> Callable[..., ModuleType]:
    """`__import__` as the modules of one bot see it."""

    def import_(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  the name that Python calls it by
        locals: Mapping[str, object] | None = None,  # noqa: A002  the same
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        if level or not package.has(name.partition(".")[0]):
            return builtins.__import__(name, globals, locals, fromlist, level)
        full = f"{package.name}.{name}"
        module = importlib.import_module(full)
        if not fromlist:
            return sys.modules[f"{package.name}.{name.partition('.')[0]}"]
        # With a list of names Python itself finds those that are modules.
        return (
            builtins.__import__(full, globals, locals, fromlist, 0)
            if hasattr(module, "__path__")
            else module
        )

    return import_


def _import(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=_BotLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class _BotLoader(SourceFileLoader):
    """Runs a module of a bot from its source, and with its package's builtins.

    Neither reads nor writes compiled files: what runs is what somebody agreed to.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        package = _packages.get(module.__name__.partition(".")[0])
        if package is not None:
            module.__dict__["__builtins__"] = package.builtins
        super().exec_module(module)


class _BotFinder(MetaPathFinder):
    """Finds the modules of loaded bots, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(PREFIX) or path is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _BotLoader(fullname, spec.loader.path)
        return spec


def _forget(package: str) -> None:
    _packages.pop(package, None)
    for name in [*sys.modules]:
        if name == package or name.startswith(f"{package}."):
            sys.modules.pop(name, None)
