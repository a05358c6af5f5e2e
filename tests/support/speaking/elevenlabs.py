"""ElevenLabs' voice over a WebSocket with several contexts: sound with the times of its characters."""

from base64 import b64encode

from aiohttp import web

from tests.support.speaking.faults import Fault
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.sockets import Socket, opened, refuse_handshake
from tests.support.speaking.thinking import Message
from tests.support.speaking.voices import Contexts, Spoken, Wire


def key_of(request: web.Request) -> str:
    return request.headers.get("xi-api-key", "")


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    refused = await refuse_handshake(request, ledger)
    if refused is not None:
        return refused
    async with opened(request, ledger) as socket:
        await _Talker(socket).run()
    return await socket.end()


class _Talker:
    def __init__(self, socket: Socket) -> None:
        # As in pcm_24000.
        rate_hz = int(socket.request.query.get("output_format", "pcm_24000").split("_")[1])
        self._socket = socket
        self._contexts = Contexts(socket, _Messages(socket), lambda _name: rate_hz)

    async def run(self) -> None:
        async for message in self._socket.messages():
            assert isinstance(message, dict)
            if message.get("close_socket"):
                return
            if message.get("context_id"):
                self._obey(message["context_id"], message)

    def _obey(self, name: str, message: Message) -> None:
        if message.get("close_context"):
            self._socket.ledger.write(What.TOLD, "close_context")
            self._contexts.end(name)
        elif message.get("text", "").strip():
            self._contexts.say(name, message["text"])


class _Messages(Wire):
    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def sound(self, context: str, spoken: Spoken, index: int, pcm: bytes) -> None:
        first = {"alignment": _alignment(spoken)} if index == 0 else {"alignment": None}
        audio = b64encode(pcm).decode()
        await self._socket.send({"contextId": context, "audio": audio, "isFinal": False, **first})

    async def done(self, context: str) -> None:
        await self._socket.send({"contextId": context, "isFinal": True})

    async def refuse(self, context: str, fault: Fault) -> None:
        await self._socket.send(
            {"contextId": context, "error": fault.code, "message": fault.message, "code": 1008}
        )
        self._socket.close(1008, fault.message)


def _alignment(spoken: Spoken) -> Message:
    """Characters and their times within this piece; the words are ended by a space."""
    text = f"{spoken.text.strip()} "
    each_ms = spoken.length_s * 1000 / len(text)
    return {
        "chars": list(text),
        "charStartTimesMs": [index * each_ms for index in range(len(text))],
        "charDurationsMs": [each_ms] * len(text),
    }
