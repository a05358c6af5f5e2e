"""Keeps the list of bot files, and which of their contents somebody has agreed to run."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Annotated, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from app.domain.bot_files import BotFile, Isolation
from app.domain.errors import UsageError, UserError
from app.runtime.paths import private
from app.storage.agent_files import free_path
from app.storage.replacing import replace_file

log = logging.getLogger(__name__)

FILE = "bots.json"
SCHEMA = 1
MAX_BYTES = 1 << 20
Bots = tuple[BotFile, ...]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _Entry:
    id: Annotated[str, Field(min_length=1)]
    name: str
    path: Path
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    isolation: Isolation = Isolation.AUTOMATIC
    greets_after_s: Annotated[float | None, Field(ge=0, le=60, allow_inf_nan=False)] = 1.0
    keys: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _File:
    schema: Literal[1]
    bots: tuple[_Entry, ...]


_FILE = TypeAdapter(_File)


class BotList:
    """The bot files of this account, in the order in which they were added. Any thread; touches the disk."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first bot."""
        self._path = folder / FILE
        self._lock = Lock()

    def all(self) -> Bots:
        """Every bot.

        Raises UserError for a list that cannot be read. A damaged one is put aside and said so, once: the next call
        finds an empty list. One of a newer Greenroom stays where it is.
        """
        with self._lock:
            return self._all()

    def ids(self) -> tuple[str, ...]:
        """The ids on the list. None on one that cannot be read: it stays as it is, for `all` to say so."""
        return tuple(bot.id for bot in self._readable())

    def known(self, bot_id: str) -> BotFile | None:
        """The bot of that id; None where there is none, or no list that can be read."""
        return next((bot for bot in self._readable() if bot.id == bot_id), None)

    def find(self, bot_id: str) -> BotFile:
        """The bot of that id. Raises UsageError where there is none."""
        return _named(self.all(), bot_id)

    def put(self, bot: BotFile) -> None:
        """Add a bot, or put it in the place of the one of its id. Raises UserError."""
        self._change(lambda bots: _with(bots, bot))

    def consent(self, bot_id: str, sha256: str) -> BotFile:
        """Remember that somebody has agreed to run this content, and forget what was agreed to before.

        Raises UsageError where there is no such bot, UserError.
        """
        return self._with_change(bot_id, lambda bot: replace(bot, sha256=sha256))

    def set_run(
        self, bot_id: str, *, isolation: Isolation, greets_after_s: float | None
    ) -> BotFile:
        """Set how a bot is run. Raises as `consent` does."""
        return self._with_change(
            bot_id, lambda bot: replace(bot, isolation=isolation, greets_after_s=greets_after_s)
        )

    def forget(self, bot_id: str) -> None:
        """Take a bot off the list; its program stays. Raises as `consent` does."""

        def change(bots: Bots) -> Bots:
            gone = _named(bots, bot_id)
            return tuple(bot for bot in bots if bot is not gone)

        self._change(change)

    def _with_change(self, bot_id: str, change: Callable[[BotFile], BotFile]) -> BotFile:
        def with_change(bots: Bots) -> Bots:
            return _with(bots, change(_named(bots, bot_id)))

        return _named(self._change(with_change), bot_id)

    def _change(self, change: Callable[[Bots], Bots]) -> Bots:
        with self._lock:
            bots = change(self._all())
            try:
                private(self._path.parent)
                replace_file(self._path, _document(bots))
            except OSError as error:
                hint = "Make room on the disk, or make the folder writable."
                title = f"{self._path} cannot be written: {error.strerror}."
                raise UserError(title, hint) from error
            return bots

    def _readable(self) -> Bots:
        with self._lock:
            try:
                return self._read()
            except (UserError, ValueError):
                log.info("%s cannot be read and is not used", self._path)
                return ()

    def _all(self) -> Bots:
        try:
            return self._read()
        except ValueError as error:  # pydantic's ValidationError is one too.
            raise self._put_aside(_why(error)) from error

    def _read(self) -> Bots:
        """Raises UserError, and ValueError for a list that is damaged."""
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return ()
        except OSError as error:
            title = f"{self._path} cannot be read: {error.strerror}."
            raise UserError(title, "Make the file readable.") from error
        _refuse_newer(self._path, content)
        return _parsed(content)

    def _put_aside(self, why: str) -> UserError:
        aside = free_path(self._path.with_stem(f"{self._path.stem}.damaged"))
        try:
            self._path.rename(aside)
        except OSError as error:
            log.warning("%s cannot be put aside: %s", self._path, error)
            return UserError(f"{self._path} is damaged: {why}.", "Mend the file or move it away.")
        hint = f"It was put aside as {aside.name}; add your bot files anew."
        return UserError(f"{self._path} is damaged: {why}.", hint)


def _named(bots: Bots, bot_id: str) -> BotFile:
    found = next((bot for bot in bots if bot.id == bot_id), None)
    if found is None:
        raise UsageError(f"There is no bot file called “{bot_id}”.", "Add it first.")
    return found


def _with(bots: Bots, bot: BotFile) -> Bots:
    if all(each.id != bot.id for each in bots):
        return (*bots, bot)
    return tuple(bot if each.id == bot.id else each for each in bots)


def _parsed(content: bytes) -> Bots:
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES // 1024} kB")
    bots: Bots = ()
    for entry in _FILE.validate_json(content).bots:
        if any(bot.id == entry.id for bot in bots):
            raise ValueError(f"“{entry.id}” is there twice")
        bots = (*bots, _bot(entry))
    return bots


def _bot(entry: _Entry) -> BotFile:
    return BotFile(
        id=entry.id,
        name=entry.name,
        path=entry.path,
        sha256=entry.sha256,
        isolation=entry.isolation,
        greets_after_s=entry.greets_after_s,
        keys=entry.keys,
    )


def _why(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    detail = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in detail["loc"])
    return f"{where or 'the file'}: {detail['msg']}"


def _refuse_newer(path: Path, content: bytes) -> None:
    """Say so when a newer Greenroom has written the file: it may hold what this one would lose."""
    try:
        found = cast("object", json.loads(content))
    except (ValueError, RecursionError):
        return
    schema = cast("dict[str, object]", found).get("schema") if isinstance(found, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        hint = "Use that Greenroom, or move the file away."
        raise UserError(f"{path} was written by a newer Greenroom.", hint)


def _document(bots: Bots) -> bytes:
    entries = [
        {
            "id": bot.id,
            "name": bot.name,
            "path": str(bot.path),
            "sha256": bot.sha256,
            "isolation": bot.isolation.value,
            "greets_after_s": bot.greets_after_s,
            "keys": list(bot.keys),
        }
        for bot in bots
    ]
    document = {"schema": SCHEMA, "bots": entries}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
