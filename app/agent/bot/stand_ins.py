"""Stands in for the packages of transports that are not installed.

A bot written for several transports imports them all at its top and uses the one it is run with, which is LiveKit's
here. A stand-in is served to bots only, and only to Pipecat's own transports and runner, for what they import and is
not installed: its attributes are classes that do nothing.
"""

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from app.agent.syntax import parse

FOLDERS = ("transports", "runner")
"""Of Pipecat: what they import of others may be stood in for."""
NOT_THEIRS = frozenset({"bot", "livekit", "loguru", "pipecat", "pydantic"})
"""The bot itself, and what is always here."""

_wanted: ContextVar[bool] = ContextVar("stand_ins_wanted", default=False)


def install() -> None:
    """Look for stand-ins after everything that is installed. A second call changes nothing."""
    if not any(isinstance(finder, _StandInFinder) for finder in sys.meta_path):
        sys.meta_path.append(_StandInFinder())


@contextmanager
def standing_in() -> Generator[None]:
    """Serve stand-ins here, and in tasks and `asyncio.to_thread` begun here."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


def withdraw() -> None:
    """Take the stand-ins out of `sys.modules`; who has imported one keeps it."""
    for name, module in [*sys.modules.items()]:
        if isinstance(module, StandIn):
            sys.modules.pop(name, None)


@cache
def names() -> frozenset[str]:
    """The packages that may be stood in for: top-level names that Pipecat's transports and runner import."""
    spec = importlib.util.find_spec("pipecat")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    files = [file for folder in FOLDERS for file in (root / folder).rglob("*.py")]
    found = {name for file in files for name in _imported(file)}
    return frozenset(found - sys.stdlib_module_names - NOT_THEIRS)


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


class StandIn(ModuleType):
    """A module, or a package, in which every name is a class that does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Anything(name, (), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class _Anything(type):
    """A class that has every attribute, and whose instances do too."""

    def __getattr__(cls, name: str) -> "_Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __call__(cls, *_: object, **__: object) -> object:
        return _Nothing()


class _Nothing:
    """Every attribute of it is a function that leaves alone what it decorates."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _decorate


def _decorate(*args: object, **_: object) -> object:
    if len(args) == 1 and callable(args[0]):
        return args[0]
    return _decorate


def _pipecat_asks() -> bool:
    """Whether the import in hand stands in a file of Pipecat's; a bot that needs a package itself must be told."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__ and not name.startswith("importlib"):
            return name.startswith("pipecat.")
        frame = frame.f_back
    return False


class _StandInFinder(MetaPathFinder, Loader):
    """Last of all finders, so that what is installed wins."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if not _wanted.get() or top not in names() or not _pipecat_asks():
            return None
        if top != fullname and not isinstance(sys.modules.get(top), StandIn):
            # A part of a package that is installed, and lacks it.
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""
