"""A provider's side of a WebSocket: the handshake, the key, and the ways to misbehave that all sockets share."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from tests.support.speaking.faults import Fault, Kind, instead_of_an_answer
from tests.support.speaking.script import Ledger, Script, What

GARBAGE = "\x16\x03\x01 this is no JSON {"


class Socket:
    """One open connection and the tasks that answer on it, which end with it."""

    def __init__(self, request: web.Request, ledger: Ledger) -> None:
        self.request = request
        self.ledger = ledger
        self._socket = web.WebSocketResponse(max_msg_size=0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Task[WSMessage] | None = None
        self._close_with: tuple[int, str] | None = None

    @property
    def script(self) -> Script:
        return self.ledger.script

    async def open(self) -> None:
        await self._socket.prepare(self.request)

    def spawn(self, answer: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(_until_gone(answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def send(self, message: Mapping[str, object]) -> None:
        await self._socket.send_str(json.dumps(message))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection in good order: what reads it goes on reading until the client has closed as well."""
        self._close_with = (code, reason)
        if self._reading is not None:
            self._reading.cancel()

    async def messages(self) -> AsyncIterator[bytes | dict[str, Any]]:
        """What the client sends: octets, and JSON objects, until either side closes."""
        while self._close_with is None:
            self._reading = asyncio.get_running_loop().create_task(self._socket.receive())
            try:
                message = await self._reading
            except asyncio.CancelledError:
                if self._close_with is None:
                    raise
                return
            if message.type is WSMsgType.BINARY:
                yield message.data
            elif message.type is WSMsgType.TEXT:
                yield json.loads(message.data)
            else:
                return

    async def misbehave(self, fault: Fault) -> None:
        """Break the connection, or say nothing; refusals are each protocol's own matter."""
        if fault.kind is Kind.GARBAGE:
            await self._socket.send_str(GARBAGE)
        elif fault.kind in {Kind.DROP, Kind.DROP_MIDWAY}:
            assert self.request.transport is not None
            self.request.transport.abort()

    async def end(self) -> web.WebSocketResponse:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        code, reason = self._close_with or (1000, "")
        await self._socket.close(code=code, message=reason.encode())
        return self._socket


@asynccontextmanager
async def opened(request: web.Request, ledger: Ledger) -> AsyncGenerator[Socket]:
    """An open socket; its beginning and end stand in the record."""
    socket = Socket(request, ledger)
    await socket.open()
    ledger.write(What.CONNECTED, request.query_string)
    try:
        yield socket
    finally:
        await socket.end()
        ledger.write(What.DISCONNECTED)


async def refuse_handshake(request: web.Request, ledger: Ledger) -> web.StreamResponse | None:
    """The answer to a handshake that is hit by a fault; None lets it through."""
    fault = ledger.script.handshake_fault(ledger.service)
    if fault is None:
        return None
    ledger.write(What.MISBEHAVED, fault.kind)
    return await instead_of_an_answer(request, fault)


async def _until_gone(answer: Coroutine[Any, Any, None]) -> None:
    """A client that hangs up in the middle of an answer is nothing to report."""
    try:
        await answer
    except ConnectionError:
        return
