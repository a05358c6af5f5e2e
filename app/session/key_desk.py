"""What the Keys page and `greenroom keys` ask: the providers' keys, from the keyring, memory or the environment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.agent.key_check import check_key
from app.domain.errors import UsageError, UserError
from app.domain.keys import (
    FoundKey,
    KeyCard,
    KeyPlace,
    KeyringState,
    KeyringView,
    KeysView,
    KeyTest,
    why_no_key,
)
from app.domain.ports import Clock
from app.domain.providers import PROVIDERS, Provider, provider
from app.runtime.loop_thread import LoopThread
from app.runtime.redaction import Redactor
from app.storage.env_keys import EnvKey, keys_among, read_env_file
from app.storage.key_tests import KeyTestFile
from app.storage.secret_store import Secret, SecretStore, unusable_error

TAIL = 4
SESSION_ONLY = "Keys stay in memory until Greenroom ends; no file gets them."
KeyCheck = Callable[[Provider, str], Awaitable[KeyTest]]
"""Makes the cheapest real call of a provider with a key."""


def account(provider_id: str) -> str:
    """Under which name a provider's key lies in the keyring."""
    return f"provider/{provider_id}"


def check_here(clock: Clock, hosts: Mapping[str, str]) -> KeyCheck:
    """A check on the loop that asks for it; `hosts` as `check_key` takes them."""

    def check(asked: Provider, key: str) -> Awaitable[KeyTest]:
        return check_key(asked, key, clock, hosts=hosts)

    return check


def check_on(media: LoopThread, clock: Clock, hosts: Mapping[str, str]) -> KeyCheck:
    """A check on a loop of plain asyncio: the UI's has no part in network traffic."""

    def check(asked: Provider, key: str) -> Awaitable[KeyTest]:
        return asyncio.wrap_future(media.submit(check_key(asked, key, clock, hosts=hosts)))

    return check


def _nobody(_provider_id: str) -> Sequence[str]:
    return ()


class ProviderKeyDesk:
    """Implements `app.domain.back_office.KeyDesk`. One loop.

    A key in the keyring or in memory goes before one in the environment.
    """

    def __init__(
        self,
        store: SecretStore,
        check: KeyCheck,
        tests: KeyTestFile,
        redactor: Redactor,
        *,
        environment: Mapping[str, str],
        used_by: Callable[[str], Sequence[str]] = _nobody,
    ) -> None:
        """`used_by` gives the names of the presets that need a provider's key, by its id."""
        self._store = store
        self._check = check
        self._tests = tests
        self._redactor = redactor
        self._used_by = used_by
        self._in_environment = self._registered(keys_among(environment))
        self._tests_now: dict[str, KeyTest] = {}
        """Of keys that end with this process, and their tests with them."""

    async def look(self) -> KeysView:
        keyring = await self._store.look()
        secrets = await self._secrets()
        tests = await asyncio.to_thread(self._tests.read) | self._tests_now
        cards = tuple(
            card for each in PROVIDERS if (card := self._card(each, secrets, tests.get(each.id)))
        )
        with_key = {card.provider for card in cards}
        others = tuple(each for each in PROVIDERS if each not in with_key)
        return KeysView(keyring=_with_fallback(keyring), cards=cards, others=others)

    async def put(self, provider_id: str, value: str) -> None:
        await self.store(provider_id, value)

    async def store(self, provider_id: str, value: str) -> KeyPlace:
        """Store a key, or replace it; says where it lies now."""
        asked = provider(provider_id)
        key = value.strip()
        self._redactor.register(key)
        if why := why_no_key(key):
            raise UsageError(f"This is no {asked.name} key.", why)
        place = await self._store.put(account(asked.id), key)
        await self._forget_test(asked.id)
        return place

    async def test(self, provider_id: str) -> KeyTest:
        asked = provider(provider_id)
        secret = await self._secret(asked)
        done = await self._check(asked, secret.value)
        shown = KeyTest(
            done.at, done.verdict, self._redactor.redact(done.sentence), done.round_trip_ms
        )
        if secret.place is KeyPlace.KEYRING:
            self._tests_now.pop(asked.id, None)
            await asyncio.to_thread(self._tests.note, asked.id, shown)
        else:
            self._tests_now[asked.id] = shown
        return shown

    async def remove(self, provider_id: str) -> None:
        asked = provider(provider_id)
        if await self._stored(asked) is None:
            in_environment = self._from_environment(asked)
            raise _read_only(in_environment) if in_environment else await self._lacking(asked)
        await self._store.remove([account(asked.id)])
        await self._forget_test(asked.id)

    async def reveal(self, provider_id: str) -> str:
        return (await self._secret(provider(provider_id))).value

    async def variables(self) -> dict[str, str]:
        """Every key there is, by the environment variables that services read it from; those stored go first."""
        secrets = await self._secrets()
        found = {key.variable: key.value for key in self._in_environment}
        for each in PROVIDERS:
            if secret := secrets.get(account(each.id)):
                found |= dict.fromkeys(each.variables, secret.value)
        return found

    async def unlock(self) -> None:
        view = await self._store.unlock()
        if view.state is not KeyringState.READY:
            raise unusable_error(view)

    async def found(self, env_file: Path | None) -> tuple[FoundKey, ...]:
        keys = await self._importable(env_file)
        secrets = await self._secrets()
        return tuple(_found(key, secrets.get(account(key.provider.id))) for key in keys)

    async def take(self, env_file: Path | None, variables: Sequence[str]) -> None:
        keys = {key.variable: key for key in await self._importable(env_file)}
        if gone := [name for name in variables if name not in keys]:
            raise UserError(f"{', '.join(gone)}: there is no key any more.", "Import once more.")
        for name in variables:
            await self.put(keys[name].provider.id, keys[name].value)

    async def _importable(self, env_file: Path | None) -> tuple[EnvKey, ...]:
        if env_file is None:
            return self._in_environment
        return self._registered(keys_among(await asyncio.to_thread(read_env_file, env_file)))

    def _registered(self, keys: tuple[EnvKey, ...]) -> tuple[EnvKey, ...]:
        for key in keys:
            self._redactor.register(key.value)
        return keys

    async def _secrets(self) -> dict[str, Secret]:
        return await self._store.read([account(each.id) for each in PROVIDERS])

    async def _stored(self, asked: Provider) -> Secret | None:
        name = account(asked.id)
        return (await self._store.read([name])).get(name)

    async def _secret(self, asked: Provider) -> Secret:
        if stored := await self._stored(asked):
            return stored
        if in_environment := self._from_environment(asked):
            return Secret(in_environment.value, KeyPlace.ENVIRONMENT)
        raise await self._lacking(asked)

    async def _lacking(self, asked: Provider) -> UserError:
        """Why there is no key to be had."""
        view = await self._store.look()
        if view.state in (KeyringState.LOCKED, KeyringState.HUNG):
            return unusable_error(view)
        return UserError(
            f"There is no {asked.name} key.",
            f"Add one on the Keys page or with: greenroom keys set {asked.id}",
        )

    def _from_environment(self, asked: Provider) -> EnvKey | None:
        return next((key for key in self._in_environment if key.provider == asked), None)

    def _card(
        self, of: Provider, secrets: Mapping[str, Secret], last_test: KeyTest | None
    ) -> KeyCard | None:
        used_by = tuple(self._used_by(of.id))
        if secret := secrets.get(account(of.id)):
            tail = secret.value[-TAIL:]
            return KeyCard(of, secret.place, tail, used_by=used_by, last_test=last_test)
        if key := self._from_environment(of):
            place = KeyPlace.ENVIRONMENT
            return KeyCard(of, place, key.value[-TAIL:], key.variable, used_by, last_test)
        return None

    async def _forget_test(self, provider_id: str) -> None:
        self._tests_now.pop(provider_id, None)
        await asyncio.to_thread(self._tests.forget, provider_id)


def _with_fallback(keyring: KeyringView) -> KeyringView:
    """The keyring with what happens meanwhile, where it cannot be used."""
    if keyring.state is KeyringState.READY:
        return keyring
    return replace(keyring, hint=f"{SESSION_ONLY} {keyring.hint}")


def _read_only(key: EnvKey) -> UserError:
    return UserError(
        f"The {key.provider.name} key comes from the environment.",
        f"Unset {key.variable} where it is set, then start Greenroom again.",
    )


def _found(key: EnvKey, stored: Secret | None) -> FoundKey:
    same = stored is not None and stored.value == key.value
    return FoundKey(
        key.provider,
        key.variable,
        key.value[-TAIL:],
        stored_already=same,
        replaces=stored is not None and not same,
    )
