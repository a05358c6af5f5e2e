"""OpenAI's chat completions, streamed as server-sent events."""

import asyncio
import json
import secrets
from typing import Any

from aiohttp import web

from tests.support.speaking.faults import Fault, Kind, instead_of_an_answer
from tests.support.speaking.pace import Pace
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.thinking import Answer, Calls, Message, Tool, plain, think, tokens


def key_of(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    body: Message = await request.json()
    ledger.write(What.ASKED, plain(body["messages"][-1].get("content")), body=body)
    fault = ledger.next_turn()
    if fault is not None and (fault.refuses or fault.kind in {Kind.STALL, Kind.DROP}):
        return await instead_of_an_answer(request, fault)
    answer = think(ledger, body["messages"], _tools(body))
    if not body.get("stream"):
        return await _at_once(request, ledger, body, answer)
    return await _Stream(request, ledger, body).run(answer, fault)


def _tools(body: Message) -> list[Tool]:
    offered: list[Message] = body.get("tools") or []
    functions: list[Message] = [tool["function"] for tool in offered]
    return [Tool(each["name"], each.get("parameters", {})) for each in functions]


def _usage(body: Message, answer: Answer) -> Message:
    prompt = sum(tokens(plain(message.get("content"))) for message in body["messages"])
    completion = tokens(answer.arguments if isinstance(answer, Calls) else answer.text)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


async def _at_once(
    request: web.Request, ledger: Ledger, body: Message, answer: Answer
) -> web.StreamResponse:
    delays = ledger.script.delays
    await asyncio.sleep(delays.llm_first_token_ms / 1000)
    text = answer.arguments if isinstance(answer, Calls) else answer.text
    ledger.write(What.ANSWERED, text)
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return web.json_response(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": choices,
            "usage": _usage(body, answer),
        }
    )


class _Stream:
    """One answer, in pieces."""

    def __init__(self, request: web.Request, ledger: Ledger, body: Message) -> None:
        self._request = request
        self._ledger = ledger
        self._body = body
        self._id = f"chatcmpl-{secrets.token_hex(4)}"
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

    async def run(self, answer: Answer, fault: Fault | None) -> web.StreamResponse:
        await self._response.prepare(self._request)
        pace = Pace(self._ledger.script.delays.llm_first_token_ms)
        deltas = _deltas(answer)
        for index, delta in enumerate(deltas):
            await pace.wait()
            if fault is not None and (fault.kind is Kind.GARBAGE or index >= len(deltas) // 2):
                return await self._break(fault)
            await self._send([{"index": 0, "delta": delta, "finish_reason": None}])
            pace.after(self._ledger.script.delays.llm_token_ms)
        await self._end(answer)
        return self._response

    async def _end(self, answer: Answer) -> None:
        reason = "tool_calls" if isinstance(answer, Calls) else "stop"
        await self._send([{"index": 0, "delta": {}, "finish_reason": reason}])
        options: Message = self._body.get("stream_options") or {}
        if options.get("include_usage"):
            await self._send([], usage=_usage(self._body, answer))
        await self._response.write(b"data: [DONE]\n\n")
        said = answer.name if isinstance(answer, Calls) else answer.text
        self._ledger.write(What.ANSWERED, said)

    async def _break(self, fault: Fault) -> web.StreamResponse:
        if fault.kind is Kind.GARBAGE:
            await self._response.write(b'data: {"id": "chatcmpl-\xff\xfe no JSON\n\n')
            return self._response
        if fault.kind is Kind.DROP_MIDWAY:
            assert self._request.transport is not None
            self._request.transport.abort()
            return self._response
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, choices: list[Any], **more: object) -> None:
        chunk = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": 1,
            "model": self._body["model"],
            "choices": choices,
            **more,
        }
        await self._response.write(f"data: {json.dumps(chunk)}\n\n".encode())


def _deltas(answer: Answer) -> list[Message]:
    if isinstance(answer, Calls):
        head = {"name": answer.name, "arguments": ""}
        call_id = f"call_{secrets.token_hex(4)}"
        first = {"index": 0, "id": call_id, "type": "function", "function": head}
        rest = [{"index": 0, "function": {"arguments": piece}} for piece in answer.pieces]
        return [{"role": "assistant", "content": None, "tool_calls": [first]}] + [
            {"tool_calls": [each]} for each in rest
        ]
    first, *rest = answer.words
    return [{"role": "assistant", "content": first}, *({"content": word} for word in rest)]
