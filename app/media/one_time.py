"""Addresses that lead somewhere once."""

import secrets
from dataclasses import dataclass

from app.domain.ports import Clock

LIFE_S = 60.0
"""A browser that has to be started first takes seconds."""


@dataclass(frozen=True, slots=True)
class _Door:
    leads_to: str
    until: float


class OneTimeKeys:
    """Owns keys that are each good for one address, once, for a minute. One loop.

    A key may stand where others can read it, as in a program's arguments: by the time that they do, it is used up.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._doors: dict[str, _Door] = {}

    def offer(self, leads_to: str) -> str:
        """A new key for an address."""
        now = self._clock.now()
        self._doors = {key: door for key, door in self._doors.items() if door.until > now}
        key = secrets.token_urlsafe(16)
        self._doors[key] = _Door(leads_to, now + LIFE_S)
        return key

    def take(self, key: str) -> str | None:
        """The address that a key leads to, for the first who asks; None for anybody after, or after a minute."""
        door = self._doors.pop(key, None)
        return door.leads_to if door is not None and door.until > self._clock.now() else None
