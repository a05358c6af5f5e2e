"""Cartesia's voice over a WebSocket: contexts, chunks of sound, times of words."""

from base64 import b64encode

from aiohttp import web

from tests.support.speaking.faults import Fault
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.sockets import Socket, opened, refuse_handshake
from tests.support.speaking.thinking import Message
from tests.support.speaking.voices import Contexts, Spoken, Wire


def key_of(request: web.Request) -> str:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return request.headers.get("X-API-Key", bearer)


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    refused = await refuse_handshake(request, ledger)
    if refused is not None:
        return refused
    async with opened(request, ledger) as socket:
        await _Talker(socket).run()
    return await socket.end()


class _Talker:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._rates: dict[str, int] = {}
        self._contexts = Contexts(socket, _Messages(socket), lambda name: self._rates[name])

    async def run(self) -> None:
        async for message in self._socket.messages():
            assert isinstance(message, dict)
            self._obey(message)

    def _obey(self, message: Message) -> None:
        name: str = message["context_id"]
        if message.get("cancel"):
            self._socket.ledger.write(What.TOLD, "cancel")
            self._contexts.cancel(name)
            return
        self._rates[name] = message["output_format"]["sample_rate"]
        if message["transcript"].strip():
            self._contexts.say(name, message["transcript"])
        if not message.get("continue", False) and name in self._contexts:
            self._contexts.end(name)


class _Messages(Wire):
    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def begin(self, context: str, spoken: Spoken) -> None:
        words = spoken.text.split()
        each_s = spoken.length_s / max(1, len(words))
        starts = [spoken.starts_at_s + index * each_s for index in range(len(words))]
        ends = [start + each_s for start in starts]
        timed = {"words": words, "start": starts, "end": ends}
        await self._send(context, "timestamps", 206, word_timestamps=timed)

    async def sound(self, context: str, spoken: Spoken, index: int, pcm: bytes) -> None:
        await self._send(context, "chunk", 206, data=b64encode(pcm).decode(), step_time=1.0)

    async def finish(self, context: str, spoken: Spoken) -> None:
        await self._send(context, "flush_done", 206, flush_done=True, flush_id=1)

    async def done(self, context: str) -> None:
        await self._send(context, "done", 200)

    async def refuse(self, context: str, fault: Fault) -> None:
        await self._send(
            context,
            "error",
            fault.status,
            title=fault.code,
            message=fault.message,
            error=fault.message,
        )

    async def _send(self, context: str, kind: str, status: int, **more: object) -> None:
        done = kind in {"done", "error"}
        await self._socket.send(
            {"type": kind, "context_id": context, "status_code": status, "done": done, **more}
        )
