"""Gives each bot an environment of its own within one process.

Code of a bot reads and writes `os.environ` as always; what it writes, and the keys it was given, are seen by that
bot's own tasks and threads only. Everything else in the process keeps the real environment, which a bot never
changes. Not covered: `os.environb`, `os.putenv`, libraries that call C's `getenv`, and child processes that a bot
starts without saying which environment they get: these see the real one.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SETUP_FILES = "PIPECAT_SETUP_FILES"
"""Pipecat runs the files named here when a runner or a worker sets itself up."""


class Overlay:
    """What one bot's environment holds beside the real one. Any thread."""

    def __init__(self, given: Mapping[str, str], setup_file: str) -> None:
        """`given` are the bot's keys; `setup_file` stands before every other file of SETUP_FILES."""
        self._given = {_key(name): value for name, value in given.items() if value}
        self._setup_file = setup_file
        self._values: dict[str, str | None] = dict(self._given)
        """None: the bot has deleted it."""

    def read(self, name: str, real: str | None) -> str | None:
        """The value for the bot, where `real` is that of the real environment."""
        value = self._values.get(name, real)
        if name == SETUP_FILES:
            return os.pathsep.join(part for part in (self._setup_file, value) if part)
        return value

    def names_setup_files(self, real: str | None) -> bool:
        """Whether there is any set-up file beside ours."""
        return self._values.get(SETUP_FILES, real) is not None

    def write(self, name: str, value: str) -> None:
        """A key that was given survives a `.env` that only has it blank."""
        self._values[name] = value or self._given.get(name, value)

    def delete(self, name: str) -> None:
        self._values[name] = None

    @property
    def names(self) -> set[str]:
        """What may be here and not in the real environment."""
        return {SETUP_FILES, *self._values}


_current: ContextVar[Overlay | None] = ContextVar("environment_overlay", default=None)
_Environ: Any = type(os.environ)
_real_get = _Environ.__getitem__
_real_set = _Environ.__setitem__
_real_delete = _Environ.__delitem__
_real_iter = _Environ.__iter__
_real_len = _Environ.__len__
_real_repr = _Environ.__repr__
_real_contains = _Environ.__contains__


def install() -> None:
    """Have `os.environ` ask for the overlay of whoever reads it. A second call changes nothing."""
    _Environ.__getitem__ = _get
    _Environ.__setitem__ = _set
    _Environ.__delitem__ = _delete
    _Environ.__iter__ = _iter
    _Environ.__len__ = _len
    _Environ.__repr__ = _repr
    _Environ.__contains__ = _contains


@contextmanager
def overlaid(overlay: Overlay) -> Generator[None]:
    """Read `os.environ` through this overlay: here, in tasks begun here, and in `asyncio.to_thread`."""
    token = _current.set(overlay)
    try:
        yield
    finally:
        _current.reset(token)


def _overlay(environ: object) -> Overlay | None:
    return _current.get() if environ is os.environ else None


def _key(name: str) -> str:
    return name.upper() if os.name == "nt" else name


def _get(self: Any, name: Any) -> str:
    overlay = _overlay(self)
    if overlay is None or not isinstance(name, str):
        return _real_get(self, name)
    try:
        real = _real_get(self, name)
    except KeyError:
        real = None
    value = overlay.read(_key(name), real)
    if value is None:
        raise KeyError(name)
    return value


def _set(self: Any, name: str, value: str) -> None:
    overlay = _overlay(self)
    if overlay is None:
        _real_set(self, name, value)
        return
    # As the real one would: TypeError for what is no text.
    self.encodekey(name)
    self.encodevalue(value)
    overlay.write(_key(name), value)


def _delete(self: Any, name: str) -> None:
    overlay = _overlay(self)
    if overlay is None:
        _real_delete(self, name)
        return
    _get(self, name)
    overlay.delete(_key(name))


def _iter(self: Any) -> Iterator[str]:
    overlay = _overlay(self)
    if overlay is None:
        yield from _real_iter(self)
        return
    own = overlay.names
    yield from (name for name in _real_iter(self) if name not in own)
    yield from (name for name in sorted(own) if name == SETUP_FILES or _has(self, name))


def _has(environ: Any, name: str) -> bool:
    try:
        _get(environ, name)
    except KeyError:
        return False
    return True


def _contains(self: Any, name: object) -> bool:
    """Ours alone is not there, or `load_dotenv()` without `override` would leave out those of the bot's `.env`."""
    overlay = _overlay(self)
    if overlay is None or name != SETUP_FILES:
        return _real_contains(self, name)
    try:
        real = _real_get(self, name)
    except KeyError:
        real = None
    return overlay.names_setup_files(real)


def _len(self: Any) -> int:
    return _real_len(self) if _overlay(self) is None else sum(1 for _ in _iter(self))


def _repr(self: Any) -> str:
    if _overlay(self) is None:
        return _real_repr(self)
    return f"environ({ {name: self[name] for name in self}!r})"
