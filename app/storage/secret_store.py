"""The one way to secrets: the keyring of this account, with this session's memory beside it. Never a file."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.domain.errors import MissingRequirementError, UserError
from app.domain.keys import KeyPlace, KeyringState, KeyringView
from app.runtime.daemon_worker import DaemonWorker
from app.storage.keyring_choice import KeyringUnusableError
from app.storage.system_keyring import SystemKeyring, hint

T = TypeVar("T")
log = logging.getLogger(__name__)

ANSWER_S = 2.0
PER_ENTRY_S = 0.1
"""Several times what the slowest keyring known takes for one."""
PASSWORD_S = 120.0
"""For a person to type a password."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value and where it lies."""

    value: str = field(repr=False)
    place: KeyPlace


class SecretStore:
    """Keeps values under account names: in the keyring where it can be used, else in memory until the process ends.

    One loop. None of its coroutines holds the loop up or outlasts its deadline, whatever the keyring does.
    """

    def __init__(
        self,
        keep_secret: Callable[[str], None],
        keyring: SystemKeyring | None = None,
        answer_s: float = ANSWER_S,
    ) -> None:
        """`keep_secret` is told every value before anybody else sees it, on any thread."""
        self._keep_secret = keep_secret
        self._keyring = keyring or SystemKeyring()
        self._answer_s = answer_s
        self._worker = DaemonWorker("keyring")
        self._session: dict[str, str] = {}
        self._asking = False

    async def look(self) -> KeyringView:
        """The keyring as it is now."""
        try:
            return await self._ask(self._keyring.look)
        except KeyringUnusableError as unusable:
            return unusable.view

    async def read(self, accounts: Sequence[str]) -> dict[str, Secret]:
        """Those accounts that have a value; from memory alone while the keyring cannot be used."""
        try:
            kept = await self._ask(lambda: self._read(accounts), PER_ENTRY_S * len(accounts))
        except KeyringUnusableError as unusable:
            log.info("keyring: %s", unusable.view.state)
            kept = {}
        found = {account: Secret(value, KeyPlace.KEYRING) for account, value in kept.items()}
        session = self._session.items()
        return found | {
            account: Secret(value, KeyPlace.SESSION)
            for account, value in session
            if account in accounts
        }

    async def put(self, account: str, value: str) -> KeyPlace:
        """Store a value, or replace it; says where it lies now."""
        self._keep_secret(value)
        try:
            await self._ask(lambda: self._keyring.write(account, value))
        except KeyringUnusableError:
            self._session[account] = value
            return KeyPlace.SESSION
        self._session.pop(account, None)
        return KeyPlace.KEYRING

    async def remove(self, accounts: Sequence[str]) -> None:
        """Forget the values of these accounts; those without one are no error.

        Raises UserError when the keyring may hold one and cannot be used.
        """
        in_memory = [self._session.pop(account, None) for account in accounts]
        try:
            await self._ask(lambda: self._keyring.delete(accounts), PER_ENTRY_S * len(accounts))
        except KeyringUnusableError as unusable:
            if not any(in_memory):
                raise unusable_error(unusable.view) from unusable

    async def unlock(self) -> KeyringView:
        """Have the keyring ask the person for its password, then move into it what only memory holds."""
        self._asking = True
        try:
            await self._worker.do(self._keyring.unlock, PASSWORD_S)
        except KeyringUnusableError as unusable:
            return unusable.view
        except TimeoutError:
            return self._in(KeyringState.HUNG)
        finally:
            self._asking = False
        for account, value in list(self._session.items()):
            await self.put(account, value)
        return await self.look()

    def _read(self, accounts: Sequence[str]) -> dict[str, str]:
        found = self._keyring.read(accounts)
        for value in found.values():
            self._keep_secret(value)
        return found

    async def _ask(self, job: Callable[[], T], extra_s: float = 0.0) -> T:
        """What the keyring answers. Raises KeyringUnusableError, also when it does not answer in time."""
        if self._asking:
            view = self._in(KeyringState.LOCKED)
            raise KeyringUnusableError(replace(view, hint="It is asking for its password now."))
        try:
            return await self._worker.do(job, self._answer_s + extra_s)
        except TimeoutError as error:
            raise KeyringUnusableError(self._in(KeyringState.HUNG)) from error

    def _in(self, state: KeyringState) -> KeyringView:
        name = self._keyring.name
        return KeyringView(state, name, hint(state, name))


def unusable_error(view: KeyringView) -> UserError:
    """The error for an act that needs the keyring when it cannot be used."""
    match view.state:
        case KeyringState.HUNG:
            return UserError(f"{view.name} does not answer.", view.hint)
        case KeyringState.LOCKED:
            return MissingRequirementError(f"{view.name} is locked.", view.hint)
        case KeyringState.NOT_MADE:
            return MissingRequirementError("This account has no keyring yet.", view.hint)
        case KeyringState.ABSENT:
            return MissingRequirementError("There is no keyring.", view.hint)
        case KeyringState.READY:
            return UserError(f"{view.name} refused.", "The log says why.")
