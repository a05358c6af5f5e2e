"""The servers of this account: every profile with its API key."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.domain.access import ServerAccess
from app.domain.errors import UsageError, UserError
from app.domain.keys import KeyPlace
from app.domain.server_rules import host_of, normal_profile, same_name
from app.domain.servers import FoundServer, ServerProfile
from app.session.server_import import imported, look_around
from app.session.server_keys import ServerKey, ServerKeys, masked, require_pair
from app.storage.server_profiles import ServerProfiles


class ServerBook:
    """Keeps the profiles and their keys in step. One loop."""

    def __init__(
        self,
        profiles: ServerProfiles,
        keys: ServerKeys,
        *,
        environment: Mapping[str, str],
        lk_file: Path,
    ) -> None:
        """`environment` and `lk_file` are where `found` looks."""
        self._profiles = profiles
        self._keys = keys
        self._environment = environment
        self._lk_file = lk_file

    async def profiles(self) -> tuple[ServerProfile, ...]:
        """Every profile but this computer's, by name. Raises UserError for a damaged file."""
        return await asyncio.to_thread(self._profiles.all)

    async def keys(self, profiles: Sequence[ServerProfile]) -> dict[str, ServerKey]:
        """The keys that these profiles have, by name."""
        return await self._keys.of(profiles)

    async def find(self, name: str) -> ServerProfile:
        """The profile of that name. Raises UsageError where there is none."""
        return await asyncio.to_thread(self._profiles.find, name)

    async def access(self, name: str) -> ServerAccess:
        """What is needed to mint tokens for a server. Raises UserError that says what is missing."""
        return await self._keys.access(await self.find(name))

    async def accesses(self) -> dict[str, ServerAccess]:
        """The access of every profile that has a key, by name."""
        profiles = {profile.name: profile for profile in await self.profiles()}
        keys = await self.keys(tuple(profiles.values()))
        return {
            name: ServerAccess(profiles[name].url, key.api_key, key.api_secret)
            for name, key in keys.items()
        }

    async def put(
        self, profile: ServerProfile, key: str, secret: str, replacing: str = ""
    ) -> KeyPlace | None:
        """Add a profile, or change the one named `replacing`; without key and secret those stored stay.

        Says where a key given lies now. Raises UsageError for what breaks a rule, UserError when the file or the
        keyring cannot be used.
        """
        key, secret = key.strip(), secret.strip()
        wanted = normal_profile(profile)
        require_pair(wanted.url, key, secret)
        before = await self.find(replacing) if replacing else None
        if not key:
            _require_same_host(before, wanted)
        renamed = before is not None and before.name != wanted.name
        if before is not None and renamed:
            await self._keys.require_readable(before.name)
        await asyncio.to_thread(self._profiles.put, wanted, replacing)
        if before is not None and renamed:
            await self._keys.rename(before.name, wanted.name)
        return await self._keys.put(wanted, key, secret) if key else None

    async def remove(self, name: str) -> None:
        """Forget a profile and its key. Raises UserError while the key cannot be removed."""
        profile = await self.find(name)
        await self._keys.forget(profile.name)
        await asyncio.to_thread(self._profiles.remove, profile.name)

    async def found(self) -> tuple[FoundServer, ...]:
        """Servers in the configuration of `lk` and in LIVEKIT_* variables; nothing is stored."""
        found = await asyncio.to_thread(look_around, self._environment, self._lk_file)
        taken = [profile.name for profile in await self.profiles()]
        return tuple(
            FoundServer(
                name=name,
                url=each.url,
                key_label=masked(each.api_key),
                source=each.source,
                replaces=any(same_name(name, other) for other in taken),
            )
            for name, each in found.items()
        )

    async def take(self, names: Sequence[str]) -> None:
        """Store those of `found` that have these names, one after the other. Raises UserError where one cannot be."""
        found = await asyncio.to_thread(look_around, self._environment, self._lk_file)
        if gone := [name for name in names if name not in found]:
            raise UserError(f"{', '.join(gone)}: not there any more.", "Import once more.")
        for name in names:
            each = found[name]
            profile, replacing = imported(name, each, await self.profiles())
            await self.put(profile, each.api_key, each.api_secret, replacing)


def _require_same_host(before: ServerProfile | None, wanted: ServerProfile) -> None:
    """Raises UsageError where a profile would go without a key of its own, or take one to another host."""
    if before is None:
        raise UsageError("A server needs an API key and its secret.", "Enter both.")
    if host_of(before.url) != host_of(wanted.url):
        raise UsageError(
            f"The key of {before.name} is for {host_of(before.url)}, and this is another host.",
            f"Enter the API key and the secret of {host_of(wanted.url)}.",
        )
