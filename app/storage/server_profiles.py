"""Keeps the server profiles of this account in a file without secrets."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Annotated, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from app.domain.errors import UsageError, UserError
from app.domain.server_rules import normal_profile, require_free_name, same_name
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.runtime.paths import private
from app.storage.replacing import replace_file

FILE = "servers.json"
SCHEMA = 1
MAX_BYTES = 1 << 20
_MEND = "Mend the file or move it away; until then Greenroom leaves it as it is."


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _Entry:
    name: str
    url: str
    kind: ServerKind
    colour: ServerColour
    unencrypted_confirmed: Annotated[bool, Field(strict=True)] = False
    webhook_port: Annotated[int, Field(strict=True)] = 0


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _File:
    schema: Literal[1]
    servers: tuple[_Entry, ...]


_FILE = TypeAdapter(_File)
Profiles = tuple[ServerProfile, ...]


class ServerProfiles:
    """The profiles of all servers but this computer's own. Any thread; every method touches the disk."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first profile."""
        self._path = folder / FILE
        self._lock = Lock()

    def all(self) -> Profiles:
        """Every profile, by name. Raises UserError for a file that is damaged, or of a newer Greenroom."""
        try:
            return _parsed(self._path, _read(self._path))
        except FileNotFoundError:
            return ()

    def find(self, name: str) -> ServerProfile:
        """The profile of that name. Raises UsageError, with all names in its hint, where there is none."""
        return _named(self.all(), name)

    def put(self, profile: ServerProfile, replacing: str = "") -> ServerProfile:
        """Add a profile, or put it in the place of the one named `replacing`, and return it in its normal form.

        Raises UsageError for one that breaks a rule, UserError when the file cannot be read or written.
        """
        wanted = normal_profile(profile)

        def change(profiles: Profiles) -> Profiles:
            replaced = _named(profiles, replacing) if replacing else None
            others = tuple(each for each in profiles if each is not replaced)
            require_free_name(wanted.name, [each.name for each in others])
            return (*others, wanted)

        self._change(change)
        return wanted

    def remove(self, name: str) -> None:
        """Forget a profile. Raises UsageError where there is none of that name."""

        def change(profiles: Profiles) -> Profiles:
            gone = _named(profiles, name)
            return tuple(each for each in profiles if each is not gone)

        self._change(change)

    def _change(self, change: Callable[[Profiles], Profiles]) -> None:
        with self._lock:
            profiles = change(self.all())
            try:
                private(self._path.parent)
                replace_file(self._path, _document(profiles))
            except OSError as error:
                hint = "Make room on the disk, or make the folder writable."
                raise UserError(
                    f"{self._path} cannot be written: {error.strerror}.", hint
                ) from error


def _named(profiles: Profiles, name: str) -> ServerProfile:
    for profile in profiles:
        if same_name(profile.name, name):
            return profile
    names = ", ".join(profile.name for profile in profiles)
    hint = f"There are: {names}." if names else "Add it first."
    raise UsageError(f"There is no server called “{name}”.", hint)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", _MEND) from error
    if len(content) > MAX_BYTES:
        raise UserError(f"{path} is larger than {MAX_BYTES // 1024} kB.", _MEND)
    return content


def _parsed(path: Path, content: bytes) -> Profiles:
    _refuse_newer(path, content)
    try:
        entries = _FILE.validate_json(content).servers
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise UserError(
            f"{path} is damaged: {where or 'the file'}: {detail['msg']}.", _MEND
        ) from error
    profiles: Profiles = ()
    for entry in entries:
        try:
            profile = normal_profile(_profile(entry))
            require_free_name(profile.name, [each.name for each in profiles])
        except UsageError as error:
            raise UserError(f"{path} is damaged: “{entry.name}”: {error.title}", _MEND) from error
        profiles = (*profiles, profile)
    return tuple(sorted(profiles, key=lambda each: each.name.casefold()))


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


def _profile(entry: _Entry) -> ServerProfile:
    return ServerProfile(
        name=entry.name,
        url=entry.url,
        kind=entry.kind,
        colour=entry.colour,
        unencrypted_confirmed=entry.unencrypted_confirmed,
        webhook_port=entry.webhook_port,
    )


def _document(profiles: Profiles) -> bytes:
    entries = [
        {
            "name": profile.name,
            "url": profile.url,
            "kind": profile.kind.value,
            "colour": profile.colour.value,
            "unencrypted_confirmed": profile.unencrypted_confirmed,
            "webhook_port": profile.webhook_port,
        }
        for profile in profiles
    ]
    document = {"schema": SCHEMA, "servers": entries}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
