"""Keeps who is in a room, so that a reconnect is no leave."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.facts import ParticipantJoined, ParticipantLeft, Role
from app.domain.ports import Clock, FactSink

BELIEVED_AFTER_S = 2.0
"""A participant who makes a full reconnect leaves like any other and is back within half a second."""
BELIEVED_AFTER_RECONNECT_S = 3.0
"""After our own reconnect the others may come back later than we do."""


@dataclass(frozen=True, slots=True)
class _Leave:
    at: float
    reason: str
    timer: asyncio.TimerHandle


class Presence:
    """Posts who joined and who left. One loop.

    `reconnecting` says whether our own connection is being restored: nobody is believed to have left meanwhile.
    """

    def __init__(self, sink: FactSink, clock: Clock, reconnecting: Callable[[], bool]) -> None:
        self._sink = sink
        self._clock = clock
        self._reconnecting = reconnecting
        self._inside: set[str] = set()
        self._leaves: dict[str, _Leave] = {}

    def joined(self, identity: str, name: str, role: Role) -> None:
        """Somebody is in the room; heard again of somebody who is, nothing happens."""
        if leave := self._leaves.pop(identity, None):
            leave.timer.cancel()
        if identity not in self._inside:
            self._inside.add(identity)
            at = self._clock.now()
            self._sink.post(ParticipantJoined(at=at, identity=identity, name=name, role=role))

    def left(self, identity: str, reason: str) -> None:
        """Somebody seems to have left; it is believed when they do not come back."""
        if identity in self._inside and identity not in self._leaves:
            self._hold(identity, self._clock.now(), reason, BELIEVED_AFTER_S)

    def reconnected(self) -> None:
        """Our own connection has been restored."""
        for identity, leave in tuple(self._leaves.items()):
            leave.timer.cancel()
            self._hold(identity, leave.at, leave.reason, BELIEVED_AFTER_RECONNECT_S)

    def close(self) -> None:
        """Believe at once what is still held back."""
        for identity in tuple(self._leaves):
            self._believe(identity)

    def _hold(self, identity: str, at: float, reason: str, wait_s: float) -> None:
        timer = asyncio.get_running_loop().call_later(wait_s, self._judge, identity)
        self._leaves[identity] = _Leave(at, reason, timer)

    def _judge(self, identity: str) -> None:
        if self._reconnecting():
            leave = self._leaves[identity]
            self._hold(identity, leave.at, leave.reason, BELIEVED_AFTER_S)
        else:
            self._believe(identity)

    def _believe(self, identity: str) -> None:
        leave = self._leaves.pop(identity)
        leave.timer.cancel()
        self._inside.discard(identity)
        self._sink.post(ParticipantLeft(at=leave.at, identity=identity, reason=leave.reason))
