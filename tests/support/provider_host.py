"""A host that stands for the providers: real HTTP and WebSocket on loopback, behaving as a test says.

Each provider lives under its id: `ProviderHost.base("openai")` is what replaces `https://api.openai.com`. What
stands under a path is a `Behaviour`, any aiohttp handler, WebSocket ones included; the longest path that fits
wins. Until told otherwise a provider answers the call that tests its key as its documentation says: good to a key
in `ProviderHost.keys`, its own refusal to any other.

In a process of its own, with the behaviours named in `NAMED` set by `PUT /_behaviour/PATH?name=stall`:
`python -m tests.support.provider_host` prints its address.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from aiohttp import web

from app.runtime.loop_thread import LoopThread
from tests.support.provider_answers import ANSWERS, ProviderAnswers

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD_KEY = "good-key-of-the-tests-0123456789"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached the host."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def says(status: int, body: object, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer with JSON."""

    async def behave(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return behave


def says_text(status: int, text: str, content_type: str = "text/plain") -> Behaviour:
    async def behave(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type=content_type)

    return behave


def rate_limits(retry_after: str = "7") -> Behaviour:
    body = {"error": {"message": "Rate limit reached.", "code": "rate_limit_exceeded"}}
    return says(429, body, {"Retry-After": retry_after})


def redirects(to: str) -> Behaviour:
    async def behave(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to})

    return behave


async def stalls(_request: web.Request) -> web.StreamResponse:
    """Say nothing until the caller goes away or the host ends."""
    await asyncio.Event().wait()
    raise AssertionError


async def stalls_in_the_body(request: web.Request) -> web.StreamResponse:
    """Begin a good answer and never end it."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"data": [')
    await asyncio.Event().wait()
    return response


async def drops(request: web.Request) -> web.StreamResponse:
    """Close the socket without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def drops_in_the_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": "1000"}
    )
    await response.prepare(request)
    await response.write(b'{"data": [')
    assert request.transport is not None
    request.transport.abort()
    return response


async def garbles(request: web.Request) -> web.StreamResponse:
    """Write octets that are no HTTP."""
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.write(b"\x16\x03\x01\x02\x00 no HTTP at all \xff\xfe\r\n\r\n")
    transport.close()
    return web.Response()


async def echoes_the_key(request: web.Request) -> web.StreamResponse:
    """Refuse, with all that was sent in the error, as careless providers do."""
    sent = dict(request.headers)
    message = f"Incorrect API key provided: {sent}"
    return web.json_response(
        {"error": {"message": message, "sent": sent}}, status=401, headers={"X-Sent": str(sent)}
    )


WEB_PAGE = says_text(200, "<!DOCTYPE html><title>Sign in to the network</title>", "text/html")
SERVER_ERROR = says(500, {"error": {"message": "The server had an error.", "type": "server_error"}})

NAMED: Mapping[str, Behaviour] = {
    "rate_limits": rate_limits(),
    "stalls": stalls,
    "stalls_in_the_body": stalls_in_the_body,
    "drops": drops,
    "drops_in_the_body": drops_in_the_body,
    "garbles": garbles,
    "echoes_the_key": echoes_the_key,
    "web_page": WEB_PAGE,
    "server_error": SERVER_ERROR,
}


class ProviderHost:
    """The host on a thread of its own; a context manager. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._thread = LoopThread("provider host of the tests")
        self._lock = Lock()
        self._behaviours: dict[str, Behaviour] = {}
        self._seen: list[Seen] = []
        self._runner: web.AppRunner | None = None
        self._address = ""
        self.keys: set[str] = {GOOD_KEY}

    def __enter__(self) -> Self:
        self._thread.start()
        self._address = self._thread.submit(self._serve()).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.submit(self._end()).result(10)
        assert self._thread.stop()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._address

    def base(self, provider_id: str) -> str:
        """The address that stands for a provider's host."""
        return f"{self._address}/{provider_id}"

    def hosts(self) -> dict[str, str]:
        """All providers' bases, as GREENROOM_PROVIDER_HOSTS gives them."""
        return {provider_id: self.base(provider_id) for provider_id in ANSWERS}

    def environment(self) -> dict[str, str]:
        pairs = (f"{provider_id}={base}" for provider_id, base in self.hosts().items())
        return {"GREENROOM_PROVIDER_HOSTS": ",".join(pairs)}

    def set(self, path: str, behaviour: Behaviour) -> None:
        """Let everything under `path` behave so, as in `openai` or `openai/v1/models`."""
        with self._lock:
            self._behaviours["/" + path.strip("/")] = behaviour

    def reset(self) -> None:
        """Forget all behaviours and what was seen."""
        with self._lock:
            self._behaviours.clear()
            self._seen.clear()

    def seen(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    async def _serve(self) -> str:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_put("/_behaviour/{path:.+}", self._set_by_name)
        application.router.add_route("*", "/{path:.*}", self._answer)
        # A stalled request is cancelled when its caller goes, and does not hold up the end.
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port: int = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    async def _end(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _set_by_name(self, request: web.Request) -> web.StreamResponse:
        self.set(request.match_info["path"], NAMED[request.query["name"]])
        return web.Response(status=204)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        body = b"" if upgrade else await request.read()
        with self._lock:
            self._seen.append(
                Seen(
                    request.method, request.path, request.query_string, dict(request.headers), body
                )
            )
        return await self._behaviour(request.path)(request)

    def _behaviour(self, path: str) -> Behaviour:
        with self._lock:
            fitting = [each for each in self._behaviours if f"{path}/".startswith(f"{each}/")]
            if fitting:
                return self._behaviours[max(fitting, key=len)]
        return self._as_documented

    async def _as_documented(self, request: web.Request) -> web.StreamResponse:
        provider_id, _, rest = request.path.lstrip("/").partition("/")
        answers = ANSWERS.get(provider_id)
        if answers is None or (request.method, "/" + rest) != (answers.method, answers.path):
            return web.json_response({"error": "There is nothing here."}, status=404)
        if self._key_of(request, answers) in self.keys:
            return web.json_response(answers.good)
        return web.json_response(answers.unknown_key, status=answers.unknown_key_status)

    def _key_of(self, request: web.Request, answers: ProviderAnswers) -> str | None:
        value = request.headers.get(answers.header, "")
        missing = any(request.headers.get(name) is None for name in answers.also_needs)
        return (
            None
            if missing or not value.startswith(answers.scheme)
            else value[len(answers.scheme) :]
        )


def main() -> None:
    """Serve until standard input ends; the address is the first line written, as JSON."""
    with ProviderHost() as host:
        sys.stdout.write(json.dumps({"address": host.address, "key": GOOD_KEY}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
