"""OpenAI's Responses over a WebSocket: one connection, a response at a time, and the last ones remembered."""

import asyncio
import secrets
from typing import Any

from aiohttp import web

from tests.support.speaking.chat import key_of
from tests.support.speaking.faults import MIDWAY, Fault
from tests.support.speaking.pace import Pace
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.sockets import Socket, opened, refuse_handshake
from tests.support.speaking.thinking import Answer, Calls, Message, Tool, plain, think, tokens

__all__ = ["key_of", "serve"]


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    refused = await refuse_handshake(request, ledger)
    if refused is not None:
        return refused
    async with opened(request, ledger) as socket:
        await _Responder(socket).run()
    return await socket.end()


class _Responder:
    """One connection, and the inputs and outputs of the responses that were made on it."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._remembered: dict[str, list[Message]] = {}
        self._answering: asyncio.Task[None] | None = None
        self._response: Message = {}

    async def run(self) -> None:
        async for message in self._socket.messages():
            assert isinstance(message, dict)
            if message["type"] == "response.create":
                self._answering = self._socket.spawn(self._create(message))
            elif message["type"] == "response.cancel":
                await self._cancel()

    async def _cancel(self) -> None:
        if self._answering is None or self._answering.done():
            return
        self._answering.cancel()
        self._socket.ledger.write(What.CANCELLED, str(self._response.get("id")))
        stopped = {**self._response, "incomplete_details": {"reason": "cancelled"}}
        await self._send("response.incomplete", response={**stopped, "status": "incomplete"})

    async def _create(self, body: Message) -> None:
        before = body.get("previous_response_id")
        if before is not None and before not in self._remembered:
            await self._error(400, "previous_response_not_found", f"No response {before}.")
            return
        items: list[Message] = [*self._remembered.get(before or "", []), *body["input"]]
        messages = [_message(item) for item in items]
        self._socket.ledger.write(What.ASKED, plain(messages[-1]["content"]), body=body)
        fault = self._socket.ledger.next_turn()
        if fault is not None and fault.kind not in MIDWAY:
            await self._fail(fault)
            return
        answer = think(self._socket.ledger, messages, _tools(body))
        if await self._answer(body, answer, items, fault):
            said = answer.name if isinstance(answer, Calls) else answer.text
            self._socket.ledger.write(What.ANSWERED, said)

    async def _fail(self, fault: Fault) -> None:
        if fault.refuses:
            await self._error(fault.status, fault.code, fault.message)
        else:
            await self._socket.misbehave(fault)

    async def _error(self, status: int, code: str, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message}
        await self._send("error", status=status, error=error)

    async def _answer(
        self, body: Message, answer: Answer, items: list[Message], fault: Fault | None
    ) -> bool:
        """Stream the answer; false when the fault has cut it."""
        response_id = f"resp_{secrets.token_hex(6)}"
        self._response = {"id": response_id, "object": "response", "model": body["model"]}
        pace = Pace(self._socket.script.delays.llm_first_token_ms)
        await self._send("response.created", response={**self._response, "status": "in_progress"})
        item, events = _function_call(answer) if isinstance(answer, Calls) else _said(answer.words)
        for index, event in enumerate(events):
            await pace.wait()
            if fault is not None and index >= len(events) // 2:
                await self._socket.misbehave(fault)
                return False
            await self._socket.send(event)
            if event["type"].endswith(".delta"):
                pace.after(self._socket.script.delays.llm_token_ms)
        self._remembered[response_id] = [*items, item]
        done = {**self._response, "status": "completed", "output": [item]}
        await self._send("response.completed", response={**done, "usage": _usage(items, item)})
        return True

    async def _send(self, kind: str, **more: Any) -> None:
        await self._socket.send({"type": kind, **more})


def _said(words: list[str]) -> tuple[Message, list[Message]]:
    """A message that is said, and the events that carry it."""
    item_id = f"msg_{secrets.token_hex(6)}"
    content = [{"type": "output_text", "text": "".join(words)}]
    item: Message = {"id": item_id, "type": "message", "role": "assistant", "content": content}
    empty: Message = {**item, "content": [], "status": "in_progress"}
    place = {"item_id": item_id, "output_index": 0, "content_index": 0}
    deltas = [{"type": "response.output_text.delta", **place, "delta": word} for word in words]
    added: Message = {"type": "response.output_item.added", "output_index": 0, "item": empty}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    return item, [added, *deltas, done]


def _function_call(call: Calls) -> tuple[Message, list[Message]]:
    item_id, call_id = f"fc_{secrets.token_hex(6)}", f"call_{secrets.token_hex(6)}"
    item = {"id": item_id, "type": "function_call", "call_id": call_id, "name": call.name}
    place = {"item_id": item_id, "output_index": 0}
    kind = "response.function_call_arguments"
    deltas = [{"type": f"{kind}.delta", **place, "delta": piece} for piece in call.pieces]
    full = {**item, "arguments": call.arguments}
    started = {**item, "arguments": ""}
    return full, [
        {"type": "response.output_item.added", "output_index": 0, "item": started},
        *deltas,
        {"type": f"{kind}.done", **place, "arguments": call.arguments},
        {"type": "response.output_item.done", "output_index": 0, "item": full},
    ]


def _message(item: Message) -> Message:
    """An input item as a plain message."""
    if item.get("type") == "function_call_output":
        return {"role": "tool", "content": item["output"]}
    if item.get("type") == "function_call":
        return {"role": "assistant", "content": item["name"]}
    return {"role": item.get("role", "assistant"), "content": item.get("content", "")}


def _tools(body: Message) -> list[Tool]:
    offered: list[Message] = body.get("tools") or []
    return [Tool(each["name"], each.get("parameters") or {}) for each in offered]


def _usage(items: list[Message], output: Message) -> Message:
    asked = sum(tokens(plain(_message(item)["content"])) for item in items)
    said = tokens(plain(_message(output)["content"]))
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + said,
    }
