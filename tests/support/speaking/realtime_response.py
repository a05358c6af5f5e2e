"""One response of a Realtime session: words with their sound, or the call of a tool."""

import secrets
from base64 import b64encode
from typing import Any

from tests.support.speaking.faults import MIDWAY, Fault
from tests.support.speaking.pace import Pace
from tests.support.speaking.script import What
from tests.support.speaking.sockets import Socket
from tests.support.speaking.sound import voice
from tests.support.speaking.thinking import Answer, Calls, Message, Tool, plain, think, tokens
from tests.support.speaking.voices import CHUNK_S, Spoken

RATE_HZ = 24_000
AUDIO_TOKENS_A_SECOND = 20


class RealtimeResponse:
    """Its first sound comes when a first token and then a first sound would."""

    def __init__(self, socket: Socket, items: list[Message], properties: Message) -> None:
        self._socket = socket
        self._items = items
        self._properties = properties
        self.id = f"resp_{secrets.token_hex(6)}"
        self._output: list[Message] = []
        self._said_s = 0.0

    async def run(self) -> None:
        fault = self._socket.ledger.next_turn()
        if fault is not None and fault.kind not in MIDWAY:
            await self._fail(fault)
            return
        messages = [_message(item) for item in self._items] or [{"role": "system", "content": ""}]
        if messages[-1]["role"] == "system" and self._items:
            # So Pipecat gives what is typed to a conversation under way.
            messages[-1]["role"] = "user"
        answer = think(self._socket.ledger, messages, self._tools())
        await self._send("response.created", response=self._as_json("in_progress"))
        delays = self._socket.script.delays
        pace = Pace(delays.llm_first_token_ms + delays.tts_first_audio_ms)
        if await self._answer(answer, pace, fault):
            await self.ended("completed")
            said = answer.name if isinstance(answer, Calls) else answer.text
            self._socket.ledger.write(What.ANSWERED, said)

    async def ended(self, status: str, details: Message | None = None) -> None:
        """Say that the response has ended so, with what was used."""
        response = {**self._as_json(status), "status_details": details, "usage": self._usage()}
        await self._send("response.done", response=response)

    async def _answer(self, answer: Answer, pace: Pace, fault: Fault | None) -> bool:
        if isinstance(answer, Calls):
            await pace.wait()
            await self._call(answer)
            return True
        return await self._say(answer.words, pace, fault)

    async def _fail(self, fault: Fault) -> None:
        if not fault.refuses:
            await self._socket.misbehave(fault)
            return
        await self._send("response.created", response=self._as_json("in_progress"))
        error = {"type": fault.code, "code": fault.code, "message": fault.message}
        await self.ended("failed", {"type": "failed", "error": error})

    async def _say(self, words: list[str], pace: Pace, fault: Fault | None) -> bool:
        text = "".join(words)
        spoken = Spoken(text, voice(text, RATE_HZ), RATE_HZ, 0.0)
        item: Message = {"id": f"item_{secrets.token_hex(6)}", "type": "message"}
        item |= {"role": "assistant", "status": "in_progress", "content": []}
        await pace.wait()
        await self._begin(item)
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        chunks = list(spoken.chunks())
        for index, pcm in enumerate(chunks):
            await pace.wait()
            if fault is not None and index >= len(chunks) // 2:
                await self._socket.misbehave(fault)
                return False
            for word in words[_share(words, chunks, index) : _share(words, chunks, index + 1)]:
                await self._delta("output_audio_transcript", word, place)
            await self._delta("output_audio", b64encode(pcm).decode(), place)
            self._said_s += CHUNK_S
            pace.after(CHUNK_S * 1000 / self._socket.script.delays.tts_speed)
        await self._send("response.output_audio.done", response_id=self.id, **place)
        item |= {"status": "completed", "content": [{"type": "output_audio", "transcript": text}]}
        await self._finish(item)
        return True

    async def _call(self, call: Calls) -> None:
        call_id = f"call_{secrets.token_hex(6)}"
        item: Message = {"id": f"item_{secrets.token_hex(6)}", "type": "function_call"}
        item |= {"status": "in_progress", "name": call.name, "call_id": call_id, "arguments": ""}
        await self._begin(item)
        place = {"item_id": item["id"], "output_index": 0, "call_id": call_id}
        for piece in call.pieces:
            await self._delta("function_call_arguments", piece, place)
        item |= {"status": "completed", "arguments": call.arguments}
        kind = "response.function_call_arguments.done"
        await self._send(kind, response_id=self.id, **place, arguments=call.arguments)
        await self._finish(item)

    async def _begin(self, item: Message) -> None:
        self._items.append(item)
        self._output.append(item)
        place = {"response_id": self.id, "output_index": 0}
        await self._send("response.output_item.added", **place, item=item)
        await self._send("conversation.item.added", previous_item_id=None, item=item)

    async def _finish(self, item: Message) -> None:
        place = {"response_id": self.id, "output_index": 0}
        await self._send("response.output_item.done", **place, item=item)
        await self._send("conversation.item.done", previous_item_id=None, item=item)

    async def _delta(self, kind: str, delta: str, place: Message) -> None:
        await self._send(f"response.{kind}.delta", response_id=self.id, **place, delta=delta)

    def _as_json(self, status: str) -> Message:
        response = {"id": self.id, "object": "realtime.response", "status": status}
        return {**response, "output": self._output, "output_modalities": ["audio"]}

    def _usage(self) -> Message:
        asked = sum(tokens(plain(_message(item)["content"])) for item in self._items)
        audio = int(self._said_s * AUDIO_TOKENS_A_SECOND)
        return {
            "total_tokens": asked + audio,
            "input_tokens": asked,
            "output_tokens": audio,
            "input_token_details": {"text_tokens": asked, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": 0, "audio_tokens": audio},
        }

    def _tools(self) -> list[Tool]:
        offered: list[Message] = self._properties.get("tools") or []
        return [Tool(each["name"], each.get("parameters") or {}) for each in offered]

    async def _send(self, kind: str, **more: Any) -> None:
        await self._socket.send({"type": kind, "event_id": f"event_{secrets.token_hex(6)}", **more})


def _share(words: list[str], chunks: list[bytes], index: int) -> int:
    """How many words have been said when so many pieces of sound have."""
    return round(len(words) * index / len(chunks))


def _message(item: Message) -> Message:
    """An item of the conversation as a plain message."""
    if item["type"] == "function_call_output":
        return {"role": "tool", "content": item.get("output", "")}
    if item["type"] == "function_call":
        return {"role": "assistant", "content": item["name"]}
    parts: list[Message] = item.get("content") or []
    return {"role": item["role"], "content": [part for part in parts if part.get("text")]}
