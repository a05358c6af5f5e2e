"""One connection of ours to a room: joined safely, watched, left within a deadline."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

from livekit import rtc

from app.domain.access import RoomAccess
from app.domain.errors import UserError
from app.domain.facts import ConnectionChanged
from app.domain.ports import Clock, FactSink

log = logging.getLogger(__name__)

CONNECT_ATTEMPT_S = 5.0
"""Of one attempt to reach the server; the SDK makes up to four."""
JOIN_S = 20.0
LEAVE_S = 3.0

EAR_OPTIONS = rtc.RoomOptions(
    connect_timeout=CONNECT_ATTEMPT_S,
    single_peer_connection=False,
    rtc_config=rtc.RtcConfiguration(
        continual_gathering_policy=rtc.ContinualGatheringPolicy.GATHER_ONCE
    ),
)
"""Three file descriptors a room where the defaults take thirty, and half of what each connect leaks."""
SPEAKER_OPTIONS = rtc.RoomOptions(connect_timeout=CONNECT_ATTEMPT_S)

_abandoned: set[asyncio.Task[None]] = set()

REASONS: dict[int, str] = {
    rtc.DisconnectReason.CLIENT_INITIATED: "it left",
    rtc.DisconnectReason.DUPLICATE_IDENTITY: "somebody else joined under the same name",
    rtc.DisconnectReason.SERVER_SHUTDOWN: "the server shut down",
    rtc.DisconnectReason.PARTICIPANT_REMOVED: "it was removed from the room",
    rtc.DisconnectReason.ROOM_DELETED: "the room was closed",
    rtc.DisconnectReason.ROOM_CLOSED: "the room was closed because nobody was in it",
    rtc.DisconnectReason.STATE_MISMATCH: "it lost step with the server",
    rtc.DisconnectReason.JOIN_FAILURE: "it could not join",
    rtc.DisconnectReason.MIGRATION: "it moved to another server",
    rtc.DisconnectReason.SIGNAL_CLOSE: "its connection to the server broke",
    rtc.DisconnectReason.CONNECTION_TIMEOUT: "its connection timed out",
    rtc.DisconnectReason.MEDIA_FAILURE: "its media connection failed",
}


def reason_in_words(reason: int | None) -> str:
    """What a `DisconnectReason` says of a participant."""
    return REASONS.get(reason or 0, "the connection was lost")


class _Emitter(Protocol):
    """`Room.on` with its types, which the SDK leaves open."""

    def on(self, event: str, callback: Callable[..., None]) -> object: ...


class RoomConnection:
    """Owns an `rtc.Room` and posts `ConnectionChanged` for it: connected, reconnecting, lost or left.

    Register handlers before `open`, so that nothing is missed. Use it on the loop that it is built on.
    """

    def __init__(
        self, access: RoomAccess, sink: FactSink, clock: Clock, options: rtc.RoomOptions
    ) -> None:
        self._access = access
        self._sink = sink
        self._clock = clock
        self._options = options
        self._leaving = False
        self.room = rtc.Room()

    @property
    def identity(self) -> str:
        return self._access.identity

    @property
    def reconnecting(self) -> bool:
        return self.room.connection_state == rtc.ConnectionState.CONN_RECONNECTING

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Call `handler` at an event of the room. It must neither block nor raise: the SDK drops exceptions."""
        cast("_Emitter", self.room).on(event, handler)

    async def open(self) -> None:
        """Join the room. Raises UserError when that fails or takes more than 20 s.

        `Room.connect` must not be cancelled: the native side would end this process with SIGTERM 15 s later. Given
        up or cancelled, it goes on by itself and is left as soon as it has joined.
        """
        self._watch()
        connecting = asyncio.get_running_loop().create_task(
            self.room.connect(self._access.url, self._access.token, self._options),
            name=f"connect {self._access.identity}",
        )
        try:
            await asyncio.wait({connecting}, timeout=JOIN_S)
        finally:
            if not connecting.done():
                self._abandon(connecting)
        if not connecting.done():
            raise _could_not_join(self._access, f"It took more than {JOIN_S:g} s.")
        self._check(connecting)
        self._post("connected")

    async def close(self) -> None:
        """Leave the room; returns within 3 s whatever the server does."""
        self._leaving = True
        was_inside = self.room.isconnected()
        await _disconnect(self.room, self._access.identity)
        if was_inside:
            self._post("left")

    def _check(self, connecting: asyncio.Task[None]) -> None:
        try:
            connecting.result()
        except rtc.ConnectError as error:
            raise _could_not_join(self._access, _hint(error.message)) from error

    def _watch(self) -> None:
        self.on("reconnecting", self._on_reconnecting)
        self.on("reconnected", self._on_reconnected)
        self.on("disconnected", self._on_disconnected)

    def _on_reconnecting(self) -> None:
        self._post("reconnecting")

    def _on_reconnected(self) -> None:
        self._post("connected", "it came back")

    def _on_disconnected(self, reason: int) -> None:
        if not self._leaving:
            self._post("lost", reason_in_words(reason))

    def _abandon(self, connecting: asyncio.Task[None]) -> None:
        self._leaving = True
        identity = self._access.identity
        log.warning("no longer waiting for %s to join %s", identity, self._access.room)
        task = asyncio.get_running_loop().create_task(
            _leave_once_joined(connecting, self.room, identity), name=f"abandon {identity}"
        )
        _abandoned.add(task)
        task.add_done_callback(_abandoned.discard)

    def _post(self, state: str, reason: str = "") -> None:
        identity = self._access.identity
        self._sink.post(
            ConnectionChanged(at=self._clock.now(), identity=identity, state=state, reason=reason)
        )


async def settle_abandoned() -> None:
    """Wait until no given-up `connect` is under way any more. Await it before this loop is stopped."""
    loop = asyncio.get_running_loop()
    if ours := {task for task in _abandoned if task.get_loop() is loop}:
        await asyncio.wait(ours)


async def _leave_once_joined(connecting: asyncio.Task[None], room: rtc.Room, identity: str) -> None:
    await asyncio.wait({connecting})
    if (error := connecting.exception()) is not None:
        log.info("%s did not join after all: %s", identity, error)
    await _disconnect(room, identity)


async def _disconnect(room: rtc.Room, identity: str) -> None:
    try:
        async with asyncio.timeout(LEAVE_S):
            await room.disconnect()
    except TimeoutError:
        log.warning("%s did not leave its room within %s s", identity, LEAVE_S)


def _could_not_join(access: RoomAccess, hint: str) -> UserError:
    return UserError(f"{access.identity} could not join the room {access.room}.", hint)


def _hint(message: str) -> str:
    """What to make of the SDK's error text."""
    if "401" in message:
        return "The server rejects the token: it is of another server, or has expired."
    if "404" in message:
        return "The server has no such room open, and opens none by itself."
    if "refused" in message:
        return "No server answers at this address."
    if "500" in message:
        return "The server refuses: the room may be full."
    if "wait_pc_connection" in message:
        return "The server is there, but no audio gets through: is a network interface up?"
    return message
