# pyright: reportMissingTypeArgument=false, reportUnknownMemberType=false
# jeepney ships no types.
"""A Secret Service that never answers: `python -m tests.support.hung_keyring`, on the session's bus."""

import sys
import time

from jeepney import message_bus
from jeepney.io.blocking import open_dbus_connection

REPLACE_AND_DO_NOT_QUEUE = 2 | 4


def main() -> None:
    bus = open_dbus_connection(bus="SESSION")
    bus.send_and_get_reply(
        message_bus.RequestName("org.freedesktop.secrets", REPLACE_AND_DO_NOT_QUEUE)
    )
    sys.stdout.write("hangs\n")
    sys.stdout.flush()
    time.sleep(3600)


if __name__ == "__main__":
    main()
