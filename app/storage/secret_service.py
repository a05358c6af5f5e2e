# pyright: reportMissingTypeArgument=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# jeepney, the D-Bus library of SecretStorage, ships no types.
"""Asks the Secret Service of a Linux session how it stands, without making it ask for a password.

What keyring does instead, opening it first, puts a password prompt before a person who only looked at a page. These
block for as long as the service does.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

from app.domain.keys import KeyringState
from app.storage.keyring_choice import absent

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

BUS_NAME = "org.freedesktop.secrets"
UNNAMED = "Secret Service"
NAMES_OF_PROGRAMS = {
    "gnome-keyring": "GNOME Keyring",
    "keepassxc": "KeePassXC",
    "ksecretd": "KWallet",
    "kwalletd": "KWallet",
}
"""How the name of the process that owns the service begins; Linux cuts it off after 15 characters."""


def state() -> KeyringState:
    """READY, LOCKED or NOT_MADE. Raises KeyringUnusableError when the service or its bus is gone."""
    import secretstorage

    with _connection() as bus:
        try:
            locked = secretstorage.Collection(bus).is_locked()
        except secretstorage.ItemNotFoundException:
            return KeyringState.NOT_MADE
        return KeyringState.LOCKED if locked else KeyringState.READY


def name() -> str:
    """The keyring as its users know it, by the program that owns the service, which is started when it is not."""
    from jeepney import message_bus
    from secretstorage import util

    with _connection() as bus:
        bus.send_and_get_reply(message_bus.StartServiceByName(util.BUS_NAME))
        reply = bus.send_and_get_reply(message_bus.GetConnectionUnixProcessID(util.BUS_NAME))
    try:
        program = psutil.Process(int(reply.body[0])).name()
    except (
        psutil.Error,
        ValueError,
    ):  # Gone again, or the bus has said in words that there is none.
        return UNNAMED
    for beginning, known in NAMES_OF_PROGRAMS.items():
        if program.startswith(beginning):
            return known
    return UNNAMED


def unlock() -> None:
    """Have the service ask for its password, or for a first one; returns when that is answered or dismissed."""
    import secretstorage

    with _connection() as bus:
        try:
            secretstorage.get_default_collection(bus).unlock()
        except secretstorage.PromptDismissedException:
            return


@contextmanager
def _connection() -> "Generator[DBusConnection]":
    import secretstorage

    try:
        bus = secretstorage.dbus_init()
        try:
            yield bus
        finally:
            bus.close()
    except (secretstorage.SecretServiceNotAvailableException, OSError) as error:
        raise absent("The keyring went away.") from error
