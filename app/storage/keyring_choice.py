"""Chooses the keyring of this account from those that are trusted with keys.

keyring and what it loads take 0.1 s to import, so that is left to the thread that uses it.
"""

import logging
from typing import Any

from app.domain.keys import KeyringState, KeyringView

log = logging.getLogger(__name__)

OVER_DBUS = "keyring.backends.SecretService.Keyring"
CHAINER = "keyring.backends.chainer.ChainerBackend"
NAMES = {
    OVER_DBUS: "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
    "keyring.backends.libsecret.Keyring": "GNOME Keyring",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Locker",
}
"""The backends that keep a key encrypted for this account alone, by their class, as their users know them."""

NO_KEYRING = "No keyring"
START_ONE = "Install gnome-keyring, KWallet or KeePassXC and log in again."


class KeyringUnusableError(Exception):
    """The keyring cannot be used now; `view` says why and what to do."""

    def __init__(self, view: KeyringView) -> None:
        super().__init__(view.state)
        self.view = view


def class_path(backend: object) -> str:
    """The full name of a backend's class."""
    return _path(type(backend))


def _path(kind: type[object]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def is_trusted(backend: object) -> bool:
    """Whether a backend of keyring is on the list."""
    return class_path(backend) in NAMES


def choose() -> Any:
    """The best trusted backend. Blocks: it asks the system's message bus which keyrings there are.

    Raises KeyringUnusableError where there is none, or where the user's own setting names another.
    """
    from keyring import core

    try:
        backend = _first_of_chain(core.get_keyring())
        if is_trusted(backend):
            return backend
        named = core.load_env() or core.load_config()
    except (ImportError, AttributeError, RuntimeError, ValueError) as error:
        log.warning("the keyring named by keyring's own setting does not load: %s", error)
        raise _refused("a keyring that does not load") from error
    if named is not None:
        raise _refused(f"{class_path(named)}, which Greenroom does not trust with keys")
    best = _best_now()
    core.set_keyring(best)
    return best


def _best_now() -> Any:
    """The best of those that are not plain files, among them one that has started since keyring looked."""
    from keyring.backend import KeyringBackend

    viable = [kind for kind in KeyringBackend.get_viable_backends() if _path(kind) in NAMES]
    if not viable:
        raise absent()
    return max(viable, key=lambda kind: float(kind.priority))()


def _first_of_chain(backend: Any) -> Any:
    """Where a chain of keyrings writes: one alone can be asked how it stands."""
    if class_path(backend) != CHAINER:
        return backend
    links: list[Any] = backend.backends
    return next((link for link in links if is_trusted(link)), backend)


def absent(why: str = "") -> KeyringUnusableError:
    """There is no keyring; `why` is a sentence, where more is known than that."""
    hint = f"{why} {START_ONE}".strip()
    return KeyringUnusableError(KeyringView(KeyringState.ABSENT, NO_KEYRING, hint))


def _refused(chosen: str) -> KeyringUnusableError:
    hint = f"PYTHON_KEYRING_BACKEND or keyringrc.cfg names {chosen}. Remove that setting."
    return KeyringUnusableError(KeyringView(KeyringState.ABSENT, NO_KEYRING, hint))
