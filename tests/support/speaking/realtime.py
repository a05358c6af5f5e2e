"""OpenAI's Realtime: a session that hears by its own voice activity or by the client's commits, and speaks."""

import asyncio
import secrets
from base64 import b64decode
from typing import Any

from aiohttp import web

from tests.support.speaking.chat import key_of
from tests.support.speaking.hearing import Utterances
from tests.support.speaking.realtime_response import RealtimeResponse
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.sockets import Socket, opened, refuse_handshake
from tests.support.speaking.thinking import Message, plain

__all__ = ["key_of", "serve"]

RATE_HZ = 24_000
SILENCE_S = 0.7
"""What ends an utterance, where the session does not say `silence_duration_ms`."""


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    refused = await refuse_handshake(request, ledger)
    if refused is not None:
        return refused
    async with opened(request, ledger) as socket:
        await _Session(socket).run()
    return await socket.end()


class _Session:
    """One connection: what was set, the conversation so far, the ear, and the response under way."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._properties: Message = {"type": "realtime", "model": socket.request.query.get("model")}
        self._items: list[Message] = []
        self._ear = Utterances(RATE_HZ)
        self._user_item = ""
        self._responding: asyncio.Task[None] | None = None
        self._response: RealtimeResponse | None = None
        self._does = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.truncate": self._truncate,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    async def run(self) -> None:
        await self._send("session.created", session=self._properties)
        async for message in self._socket.messages():
            assert isinstance(message, dict)
            does = self._does.get(message["type"])
            if does is None:
                await self._error("unknown_event", f"No event {message['type']}.")
            else:
                await does(message)

    async def _update(self, message: Message) -> None:
        self._socket.ledger.write(What.TOLD, "session.update", body=message["session"])
        self._properties = {**self._properties, **message["session"]}
        await self._send("session.updated", session=self._properties)

    @property
    def _detection(self) -> Message | None:
        """How the session finds the ends of turns; None leaves it to the client."""
        heard = self._input
        return (heard["turn_detection"] or None) if "turn_detection" in heard else {}

    @property
    def _input(self) -> Message:
        audio: Message = self._properties.get("audio") or {}
        return audio.get("input") or {}

    async def _append(self, message: Message) -> None:
        before_s = self._ear.position_s
        loud = self._ear.hear(b64decode(message["audio"]))
        self._socket.ledger.hears(self._ear.position_s - before_s, loud=loud)
        detection = self._detection
        if not self._ear.speaking or detection is None:
            return
        if not self._user_item:
            await self._speech_started()
        if self._ear.silent_for_s > detection.get("silence_duration_ms", SILENCE_S * 1000) / 1000:
            await self._speech_stopped()

    async def _speech_started(self) -> None:
        self._user_item = _new_id("item")
        await self._cancel_response({})
        at_ms = int(self._ear.position_s * 1000)
        await self._send(
            "input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=self._user_item
        )

    async def _speech_stopped(self) -> None:
        at_ms = int(self._ear.last_loud_s * 1000)
        await self._send(
            "input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=self._user_item
        )
        await self._take_in()
        await self._respond()

    async def _commit(self, _message: Message) -> None:
        if not self._ear.speaking:
            await self._error("input_audio_buffer_commit_empty", "The buffer is too small.")
            return
        self._user_item = self._user_item or _new_id("item")
        await self._take_in()

    async def _clear(self, _message: Message) -> None:
        self._ear.loud_s = 0.0
        self._user_item = ""
        await self._send("input_audio_buffer.cleared")

    async def _take_in(self) -> None:
        """Let what was said be an item of the conversation, and its words come when they are recognised."""
        item_id, self._user_item = self._user_item, ""
        loud_s = self._ear.end()
        words = self._socket.ledger.coming_transcript()
        self._socket.ledger.delivered_transcript()
        self._socket.ledger.write(What.HEARD, words, loud_s)
        await self._send("input_audio_buffer.committed", item_id=item_id)
        content = [{"type": "input_audio", "transcript": None}]
        item: Message = {"id": item_id, "type": "message", "role": "user", "content": content}
        await self._add(item)
        item["content"] = [{"type": "input_audio", "text": words}]
        if self._input.get("transcription"):
            self._socket.spawn(self._transcribe(item_id, words))

    async def _transcribe(self, item_id: str, words: str) -> None:
        await asyncio.sleep(self._socket.script.delays.stt_final_ms / 1000)
        place = {"item_id": item_id, "content_index": 0}
        kind = "conversation.item.input_audio_transcription"
        await self._send(f"{kind}.delta", **place, delta=words)
        await self._send(f"{kind}.completed", **place, transcript=words)

    async def _create_item(self, message: Message) -> None:
        await self._add(message["item"])

    async def _truncate(self, message: Message) -> None:
        self._socket.ledger.write(What.TOLD, "conversation.item.truncate")
        place = {name: message[name] for name in ("item_id", "content_index", "audio_end_ms")}
        await self._send("conversation.item.truncated", **place)

    async def _add(self, item: Message) -> None:
        before = self._items[-1]["id"] if self._items else None
        self._items.append(item)
        await self._send("conversation.item.added", previous_item_id=before, item=item)
        await self._send("conversation.item.done", previous_item_id=before, item=item)

    async def _create_response(self, _message: Message) -> None:
        if self._responding is not None and not self._responding.done():
            await self._error(
                "conversation_already_has_active_response", "There is a response already."
            )
            return
        await self._respond()

    async def _respond(self) -> None:
        last = plain(self._items[-1].get("content")) if self._items else ""
        body: Message = {
            "items": [dict(item) for item in self._items],
            "session": dict(self._properties),
        }
        self._socket.ledger.write(What.ASKED, last, body=body)
        self._response = RealtimeResponse(self._socket, self._items, self._properties)
        self._responding = self._socket.spawn(self._response.run())

    async def _cancel_response(self, message: Message) -> None:
        if self._responding is None or self._responding.done() or self._response is None:
            if message:
                await self._error("response_cancel_not_active", "There is no response to cancel.")
            return
        self._responding.cancel()
        self._socket.ledger.write(What.CANCELLED, self._response.id)
        await self._response.ended("cancelled")

    async def _error(self, code: str, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message}
        await self._send("error", error=error)

    async def _send(self, kind: str, **more: Any) -> None:
        await self._socket.send({"type": kind, "event_id": _new_id("event"), **more})


def _new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(6)}"
