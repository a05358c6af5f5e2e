"""The API keys of servers in the keyring, each with its secret and the host that they are for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from app.domain.access import ServerAccess
from app.domain.errors import UsageError, UserError
from app.domain.keys import LONGEST_KEY, KeyPlace, KeyringState
from app.domain.server_rules import host_of
from app.domain.servers import ServerProfile
from app.storage.secret_store import Secret, SecretStore, unusable_error

ENTER = "Enter it under Settings, Servers, or with: greenroom servers add"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """An API key with its secret. The secret stays out of `repr`."""

    api_key: str
    api_secret: str = field(repr=False)
    place: KeyPlace


def account(name: str) -> str:
    """Under which name the key of a profile lies in the keyring."""
    return f"server/{name}"


class ServerKeys:
    """The keys of profiles. One loop.

    Key, secret and host are one entry, so that they cannot get out of step: a key is used for no other host than the
    one it was entered for, whatever becomes of the profile.
    """

    def __init__(self, store: SecretStore, keep_secret: Callable[[str], None]) -> None:
        """`keep_secret` is told every secret before anybody else sees it."""
        self._store = store
        self._keep_secret = keep_secret

    async def of(self, profiles: Sequence[ServerProfile]) -> dict[str, ServerKey]:
        """The keys that there are, by the profile's name; none while the keyring cannot be read."""
        secrets = await self._store.read([account(profile.name) for profile in profiles])
        found = {profile.name: self._key(profile, secrets) for profile in profiles}
        return {name: key for name, key in found.items() if key is not None}

    async def access(self, profile: ServerProfile) -> ServerAccess:
        """What is needed to mint tokens for a server. Raises UserError that says what is missing."""
        secrets = await self._store.read([account(profile.name)])
        key = self._key(profile, secrets)
        if key is not None:
            return ServerAccess(profile.url, key.api_key, key.api_secret)
        if secrets:
            host = host_of(profile.url)
            raise UserError(f"The key of {profile.name} was not entered for {host}.", ENTER)
        await self._require_usable()
        raise UserError(f"There is no API key for {profile.name}.", ENTER)

    async def put(self, profile: ServerProfile, key: str, secret: str) -> KeyPlace:
        """Store a key, or replace it; says where it lies now."""
        self._keep_secret(secret)
        return await self._store.put(account(profile.name), _entry(profile.url, key, secret))

    async def rename(self, before: str, after: str) -> None:
        """Let a key lie under another name. Raises UserError while the keyring cannot be read."""
        held = await self._held(before)
        if held is not None:
            await self._store.put(account(after), held.value)
            await self._store.remove([account(before)])

    async def forget(self, name: str) -> None:
        """Remove a key; without one nothing happens. Raises UserError while the keyring cannot be read."""
        if await self._held(name) is not None:
            await self._store.remove([account(name)])

    async def require_readable(self, name: str) -> None:
        """Raises UserError while nobody can say whether there is a key of that name."""
        await self._held(name)

    async def _held(self, name: str) -> Secret | None:
        held = (await self._store.read([account(name)])).get(account(name))
        if held is None:
            await self._require_usable()
        return held

    async def _require_usable(self) -> None:
        view = await self._store.look()
        if view.state in (KeyringState.LOCKED, KeyringState.HUNG):
            raise unusable_error(view)

    def _key(self, profile: ServerProfile, secrets: Mapping[str, Secret]) -> ServerKey | None:
        """The key of a profile; None where there is none, or one for another host."""
        held = secrets.get(account(profile.name))
        if held is None:
            return None
        fields = _fields(held.value)
        host, key, secret = (fields.get(name) for name in ("host", "key", "secret"))
        if host != host_of(profile.url) or not isinstance(key, str) or not isinstance(secret, str):
            return None
        self._keep_secret(secret)
        return ServerKey(key, secret, held.place)


def masked(api_key: str) -> str:
    """An API key with its middle left out."""
    if len(api_key) < 10:
        return f"{api_key[:1]} ··· {api_key[-1:]}"
    return f"{api_key[:4]} ··· {api_key[-2:]}"


def require_pair(url: str, key: str, secret: str) -> None:
    """Raises UsageError unless there are both a key and a secret that can be such, or neither."""
    if bool(key) != bool(secret):
        lacking = "secret" if key else "key"
        raise UsageError(f"The API {lacking} is missing.", "Key and secret belong together.")
    for what, value in (("key", key), ("secret", secret)):
        if not value.isascii() or not value.isprintable() or " " in value:
            hint = "It has no spaces, line breaks or accented letters."
            raise UsageError(f"This is no API {what}.", hint)
    if len(_entry(url, key, secret)) > LONGEST_KEY:
        raise UsageError("This is too long for an API key and its secret.", "Copy them once more.")


def _entry(url: str, key: str, secret: str) -> str:
    return json.dumps({"host": host_of(url), "key": key, "secret": secret})


def _fields(entry: str) -> Mapping[str, object]:
    try:
        fields = cast("object", json.loads(entry))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", fields) if isinstance(fields, dict) else {}
