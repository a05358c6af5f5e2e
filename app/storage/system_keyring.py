"""Reads and writes the entries of this account's keyring."""

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from app.domain.keys import KeyringState, KeyringView
from app.storage import secret_service
from app.storage.keyring_choice import (
    NAMES,
    NO_KEYRING,
    OVER_DBUS,
    START_ONE,
    KeyringUnusableError,
    absent,
    choose,
    class_path,
)

log = logging.getLogger(__name__)

SERVICE = "greenroom"
"""The one name under which all that Greenroom keeps lies in the keyring."""
GNOME_UNLOCK = (
    'read -rs P && printf %s "$P" | gnome-keyring-daemon --replace --unlock --components=secrets'
)
"""A line of bash or zsh; the password is in no argv and in no history."""


class SystemKeyring:
    """The keyring of this account. Every method blocks, for ever when the keyring hangs: one thread, not the UI's.

    All but `look` raise KeyringUnusableError.
    """

    def __init__(self, find: Callable[[], Any] = choose) -> None:
        """`find` gives a backend of keyring or raises KeyringUnusableError."""
        self._find = find
        self.name = NO_KEYRING
        """As its users know it, once it was found. Any thread."""

    def look(self) -> KeyringView:
        """How it stands. A Secret Service asks nobody for a password because of this; others may."""
        try:
            backend = self._opened()
            if class_path(backend) != OVER_DBUS:
                with self._edge():
                    _read_nothing(backend)
        except KeyringUnusableError as unusable:
            return unusable.view
        return KeyringView(KeyringState.READY, self.name)

    def read(self, accounts: Iterable[str]) -> dict[str, str]:
        """The values of those accounts that have an entry."""
        backend = self._opened()
        with self._edge():
            found = {account: backend.get_password(SERVICE, account) for account in accounts}
        return {account: value for account, value in found.items() if value}

    def write(self, account: str, value: str) -> None:
        backend = self._opened()
        with self._edge():
            backend.set_password(SERVICE, account, value)

    def delete(self, accounts: Iterable[str]) -> None:
        """Delete the entries of those accounts that have one."""
        backend = self._opened()
        with self._edge():
            for account in accounts:
                if backend.get_password(SERVICE, account) is not None:
                    backend.delete_password(SERVICE, account)

    def unlock(self) -> None:
        """Have it ask for its password; returns when that is answered or dismissed."""
        backend = self._found()
        with self._edge():
            if class_path(backend) == OVER_DBUS:
                secret_service.unlock()
            else:
                _read_nothing(backend)

    def _opened(self) -> Any:
        """The backend, when it can be used without a prompt as far as that can be known beforehand."""
        backend = self._found()
        if class_path(backend) == OVER_DBUS:
            with self._edge():
                state = secret_service.state()
            if state is not KeyringState.READY:
                raise KeyringUnusableError(KeyringView(state, self.name, hint(state, self.name)))
        return backend

    def _found(self) -> Any:
        with self._edge():
            backend = self._find()
            path = class_path(backend)
            self.name = NAMES.get(path, path)
            if path == OVER_DBUS:
                self.name = secret_service.name()
        return backend

    @contextmanager
    def _edge(self) -> Generator[None]:
        """Turns what backends and the libraries below them raise into the state that it means."""
        from keyring import errors

        try:
            yield
        except KeyringUnusableError:
            raise
        except errors.KeyringLocked as error:
            raise self._in(KeyringState.LOCKED) from error
        except errors.InitError as error:
            raise self._in(KeyringState.NOT_MADE) from error
        except Exception as error:  # noqa: BLE001 - whatever a D-Bus, Windows or macOS library raises comes through.
            # Its text may quote the entry.
            log.warning("%s failed with %s", self.name, type(error).__name__)
            raise absent(f"{self.name} failed ({type(error).__name__}).") from None

    def _in(self, state: KeyringState) -> KeyringUnusableError:
        return KeyringUnusableError(KeyringView(state, self.name, hint(state, self.name)))


def _read_nothing(backend: Any) -> None:
    """Have a keyring open itself."""
    backend.get_password(SERVICE, "")


def hint(state: KeyringState, name: str) -> str:
    """What to do about a keyring called `name` that is in `state`; empty where nothing is to be done."""
    match state:
        case KeyringState.READY:
            return ""
        case KeyringState.LOCKED:
            unlock = "Unlock it here, or in your system's password settings."
            return f"{unlock}{_without_a_screen(name)}"
        case KeyringState.NOT_MADE:
            return f"{name} makes one when you choose its password.{_without_a_screen(name)}"
        case KeyringState.HUNG:
            return (
                "It may be asking for its password in another window. If not, log out and in again."
            )
        case KeyringState.ABSENT:
            return START_ONE


def _without_a_screen(name: str) -> str:
    return f" Without a screen:\n{GNOME_UNLOCK}" if name == "GNOME Keyring" else ""
