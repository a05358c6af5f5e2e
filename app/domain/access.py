"""What a participant needs to enter a room."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """A server's URL, a room and a token for one identity in it. The token stays out of `repr`."""

    url: str
    room: str
    identity: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerAccess:
    """A server's URL and the key that mints tokens for it. The secret stays out of `repr`."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
