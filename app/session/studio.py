"""What outlives a call: the media loop, the embedded server, the models and the call library."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from app.agent.local_models import LocalModels
from app.domain.access import ServerAccess
from app.domain.errors import MissingRequirementError, UserError
from app.domain.facts import StepProgressed
from app.domain.ports import Clock, FactSink
from app.media.connection import settle_abandoned
from app.media.server import EmbeddedServer, ServerState
from app.media.server_binary import find_livekit_server, version_of
from app.runtime.loop_thread import LoopThread
from app.runtime.redaction import Redactor
from app.runtime.shutdown import stop_within
from app.session.masked_facts import masked_error
from app.session.room_news import RoomNews
from app.storage.call_library import CallLibrary

log = logging.getLogger(__name__)
T = TypeVar("T")

SERVER_STOP_S = 8.0
SETTLE_S = 20.0
"""A connection attempt must not be cancelled: it ends by itself, at the latest after its own tries."""


class Studio:
    """Owns the media loop and all that several calls share. Build it once; `start` before any call."""

    def __init__(
        self,
        clock: Clock,
        data_folder: Path,
        redactor: Redactor,
        on_trouble: Callable[[str | None], None],
    ) -> None:
        """`redactor` is told each secret before it could reach a log, `on_trouble` what `CallLibrary` tells.

        Raises UserError for a damaged library.
        """
        self.clock = clock
        self.redactor = redactor
        self.media = LoopThread("media")
        self.models = LocalModels()
        self.room_news = RoomNews()
        self.recordings_folder = data_folder / "recordings"
        self.library = CallLibrary(data_folder / "calls.db", on_trouble)
        self.server_version = ""
        """Of the livekit-server on this computer; empty without one."""
        self._server: EmbeddedServer | None = None
        self._access: ServerAccess | None = None
        self._starting = asyncio.Lock()

    def start(self) -> None:
        """Begin. Blocks for as long as livekit-server takes to say its version."""
        self.recordings_folder.mkdir(parents=True, exist_ok=True)
        self.server_version = _version_here()
        self.media.start()

    async def server(self, sink: FactSink) -> ServerAccess:
        """The embedded server's access, started at the first call. Media loop only.

        Raises MissingRequirementError without a livekit-server or without a network interface, UserError when it
        does not come up.
        """
        async with self._starting:
            if self._access is None:
                self._access = await self._start_server(sink)
            else:
                sink.post(_step(self.clock.now(), "ready", 0.0))
        return self._access

    async def ask_media(self, coro: Coroutine[Any, Any, T], *, to_its_end: bool = True) -> T:
        """Run on the media loop and wait for it on another.

        Ending the wait ends the work only where it need not go on `to_its_end`. A UserError comes back without
        secrets: a provider or a server may have quoted one.
        """
        work = asyncio.wrap_future(self.media.submit(coro))
        try:
            return await (asyncio.shield(work) if to_its_end else work)
        except UserError as error:
            raise masked_error(error, self.redactor) from error

    @property
    def running_access(self) -> ServerAccess | None:
        """The embedded server's access; None before it was started. Any thread."""
        return self._access

    @property
    def server_state(self) -> ServerState:
        """How the embedded server stands. Any thread."""
        return ServerState.STOPPED if self._server is None else self._server.state

    @property
    def embedded(self) -> EmbeddedServer:
        """The running server; only after `server` has returned. Media loop only."""
        assert self._server is not None
        return self._server

    async def _start_server(self, sink: FactSink) -> ServerAccess:
        begun = self.clock.now()
        sink.post(_step(begun, "Starting livekit-server"))
        binary = await asyncio.to_thread(find_livekit_server)
        self._server = EmbeddedServer(binary, self.clock)
        access = await self._server.start()
        self.redactor.register(access.api_secret)
        took_s = self.clock.now() - begun
        sink.post(_step(self.clock.now(), f"ready, {took_s:.1f} s", took_s))
        return access

    async def close(self) -> None:
        """Stop the server, then the loop, then the library; each has its deadline. UI loop only."""
        if self._server is not None:
            stopping = asyncio.wrap_future(self.media.submit(self._server.stop()))
            await stop_within(SERVER_STOP_S, "livekit-server", stopping)
        settling = asyncio.wrap_future(self.media.submit(settle_abandoned()))
        await stop_within(SETTLE_S, "connections given up", settling)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.models.close)
        await loop.run_in_executor(None, self.media.stop)
        await loop.run_in_executor(None, self.library.close)


def _step(at: float, detail: str, took_s: float | None = None) -> StepProgressed:
    return StepProgressed(at=at, step="server", label="Server", detail=detail, took_s=took_s)


def _version_here() -> str:
    try:
        return version_of(find_livekit_server())
    except MissingRequirementError:
        return ""
