"""The `livekit-server` that Greenroom runs on this computer."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import aiohttp

from app.domain.access import ServerAccess
from app.domain.errors import MissingRequirementError, UserError
from app.domain.facts import Fact, ServerDied, ServerRestarted
from app.domain.ports import Clock
from app.domain.rooms import NewRoom
from app.media.network import require_network_interface
from app.media.rooms import Rooms
from app.media.server_config import LOOPBACK, ServerConfig, new_server_config
from app.media.server_process import ServerProcess
from app.media.webhooks import Webhooks

log = logging.getLogger(__name__)

READY_S = 10.0
POLL_S = 0.05
PROBE_S = 1.0
PORT_ATTEMPTS = 5
PORT_TAKEN = "address already in use"
RESTART_PAUSES_S = (0.0, 0.25, 1.0, 2.0)
"""Before the first, second, ... restart in a row. Clients come back by themselves within 20 s."""
DEATHS_TO_GIVE_UP = 5
DEATHS_WITHIN_S = 60.0
DELETE_ROOMS_S = 2.0

Listener = Callable[[Fact], None]
RoomListener = Callable[[str], None]


class ServerState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    FAILED = "failed"


class KeptRooms(Rooms):
    """Rooms that are made again, as they were, when their server has to be restarted.

    One that has closed by itself meanwhile comes back too, and closes by itself again.
    """

    def __init__(self, server: ServerAccess) -> None:
        super().__init__(server)
        self._kept: dict[str, NewRoom] = {}

    async def open(self, new: NewRoom) -> None:
        await super().open(new)
        # One that was open already has stayed as it was.
        self._kept.setdefault(new.name, new)

    async def set_metadata(self, name: str, metadata: str) -> None:
        await super().set_metadata(name, metadata)
        if name in self._kept:
            self._kept[name] = replace(self._kept[name], metadata=metadata)

    async def delete(self, name: str) -> None:
        self._kept.pop(name, None)
        await super().delete(name)

    async def make_again(self) -> None:
        """Open every room that was kept. Raises UserError."""
        for new in tuple(self._kept.values()):
            await self.open(new)


class EmbeddedServer:
    """Owns a `livekit-server` on loopback with ports, a key and a secret of its own run.

    When it dies it is started again at once on the same ports with the same key, its rooms are made again, and
    listeners hear of it; whoever was inside comes back by itself. Use it on one loop.
    """

    def __init__(
        self,
        binary: Path,
        clock: Clock,
        configure: Callable[[], ServerConfig] = new_server_config,
    ) -> None:
        self._binary = binary
        self._clock = clock
        self._configure = configure
        self._listeners: list[Listener] = []
        self._process: ServerProcess | None = None
        self._rooms: KeptRooms | None = None
        self._watching: asyncio.Task[None] | None = None
        self._webhooks = Webhooks(self._heard)
        self._room_listeners: list[RoomListener] = []
        self._deaths: deque[float] = deque(maxlen=DEATHS_TO_GIVE_UP)
        self.state = ServerState.STOPPED

    @property
    def pid(self) -> int | None:
        """Of the running server; None when there is none."""
        return self._process.pid if self._process is not None else None

    @property
    def rooms(self) -> KeptRooms:
        """The rooms on this server; only after `start` has returned."""
        assert self._rooms is not None
        return self._rooms

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` each `ServerDied` and `ServerRestarted`; the returned callable ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def add_room_listener(self, listener: RoomListener) -> Callable[[], None]:
        """Tell `listener` the name of each room in which something happens; the returned callable ends that."""
        self._room_listeners.append(listener)
        return lambda: self._room_listeners.remove(listener)

    async def start(self) -> ServerAccess:
        """Start the server and return once it answers.

        Raises MissingRequirementError without a network interface or on a system without /bin/sh, UserError when
        the server does not come up within 10 s or exits.
        """
        _require_shell()
        require_network_interface()
        self.state = ServerState.STARTING
        try:
            config = await self._start_on_free_ports(await self._webhooks.listen(LOOPBACK))
        except BaseException:
            self.state = ServerState.FAILED
            await self._end_process()
            await self._webhooks.close()
            raise
        self._webhooks.believe(config.access)
        self._rooms = KeptRooms(config.access)
        self.state = ServerState.RUNNING
        self._watching = asyncio.get_running_loop().create_task(self._watch(config), name="server")
        return config.access

    async def stop(self) -> None:
        """Close its rooms, end it, and return when it is gone; within 8 s."""
        running = self.state is ServerState.RUNNING
        self.state = ServerState.STOPPED
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        if running:
            await self._delete_rooms()
        await self._end_process()
        await self._webhooks.close()

    def _heard(self, _event: str, room: str) -> None:
        for listener in tuple(self._room_listeners):
            listener(room)

    async def _start_on_free_ports(self, webhook_url: str) -> ServerConfig:
        """Start on ports that were free a moment ago, on others when one has been taken since."""
        for _ in range(PORT_ATTEMPTS - 1):
            config = replace(self._configure(), webhook_url=webhook_url)
            try:
                await self._launch(config)
            except UserError as error:
                if PORT_TAKEN not in str(error):
                    raise
                log.info("a port of livekit-server was taken meanwhile, trying others")
            else:
                return config
        config = replace(self._configure(), webhook_url=webhook_url)
        await self._launch(config)
        return config

    async def _launch(self, config: ServerConfig) -> None:
        """Start the process and wait until it serves."""
        try:
            process = self._process = await ServerProcess.start(self._binary, config)
        except OSError as error:
            raise UserError("livekit-server could not be started.", str(error)) from error
        try:
            async with asyncio.timeout(READY_S):
                await _until_ready(process, config)
        except TimeoutError as error:
            await process.stop()
            hint = f"It did not answer within {READY_S:g} s. {process.last_words}"
            raise UserError("livekit-server does not come up.", hint) from error
        if not process.running:
            await process.ended()
            raise UserError("livekit-server stopped at once.", process.last_words)

    async def _watch(self, config: ServerConfig) -> None:
        """Restart the server as often as it dies, until it dies too often."""
        while True:
            assert self._process is not None
            await self._process.ended()
            died_at = self._clock.now()
            reason = self._process.last_words
            log.error("livekit-server died: %s", reason)
            self._tell(ServerDied(at=died_at, reason=reason))
            self.state = ServerState.RESTARTING
            if not await self._restart(config, died_at):
                self.state = ServerState.FAILED
                self._tell(ServerDied(at=self._clock.now(), reason=f"given up, last: {reason}"))
                return
            self.state = ServerState.RUNNING
            now = self._clock.now()
            self._tell(ServerRestarted(at=now, after_ms=(now - died_at) * 1000.0))

    async def _restart(self, config: ServerConfig, died_at: float) -> bool:
        """Bring the server back with its rooms. False when it has died too often to try again."""
        self._deaths.append(died_at)
        for pause_s in (*RESTART_PAUSES_S, RESTART_PAUSES_S[-1]):
            if self._died_too_often():
                return False
            await asyncio.sleep(pause_s)
            try:
                await self._launch(config)
                await self.rooms.make_again()
            except UserError as error:
                log.warning("livekit-server did not come back: %s", error)
                await self._end_process()
                self._deaths.append(self._clock.now())
            else:
                return True
        return False

    def _died_too_often(self) -> bool:
        full = len(self._deaths) == DEATHS_TO_GIVE_UP
        return full and self._clock.now() - self._deaths[0] < DEATHS_WITHIN_S

    async def _delete_rooms(self) -> None:
        """Put everybody out: the server waits for them otherwise."""
        try:
            async with asyncio.timeout(DELETE_ROOMS_S):
                for listing in await self.rooms.listed():
                    await self.rooms.delete(listing.name)
        except (TimeoutError, UserError) as error:
            log.warning("stopping livekit-server with rooms open: %s", error)

    async def _end_process(self) -> None:
        if self._process is not None:
            await self._process.stop()
            self._process = None

    def _tell(self, fact: Fact) -> None:
        for listener in tuple(self._listeners):
            listener(fact)


def _require_shell() -> None:
    if os.name != "posix":
        raise MissingRequirementError(
            "The embedded server runs on Linux and macOS only.",
            "Use a LiveKit server elsewhere, or run Greenroom in the Windows Subsystem for Linux.",
        )


async def _until_ready(process: ServerProcess, config: ServerConfig) -> None:
    """Return when the server answers, or has ended."""
    probe_timeout = aiohttp.ClientTimeout(total=PROBE_S)
    async with aiohttp.ClientSession(timeout=probe_timeout) as http:
        while process.running:
            if await _healthy(http, config.health_url) and await _is_ours(config):
                return
            await asyncio.sleep(POLL_S)


async def _healthy(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _is_ours(config: ServerConfig) -> bool:
    """Whether the server that answers knows our key: another one may have taken the port."""
    try:
        await Rooms(config.access, PROBE_S).listed()
    except UserError:
        return False
    return True
