"""Servers that really listen, with the answers of those that people run on their own computer."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from app.agent.catalogue import endpoints
from app.agent.catalogue.local_endpoints import BODY_LIMIT, MOST_MODELS, usual_places

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def model(name: object, **more: object) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 1, **more}


def listing(*models: dict[str, object], server: str = "") -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        headers = {"Server": server} if server else None
        return web.json_response({"object": "list", "data": list(models)}, headers=headers)

    return answer


def raw(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def stalls(_request: web.Request) -> web.Response:
    await asyncio.sleep(300)
    return web.Response()


async def drips(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def never_ends(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(64):
        await response.write(b" " * (BODY_LIMIT // 16))
    return response


@asynccontextmanager
async def served(routes: Mapping[str, Answer]) -> AsyncGenerator[str]:
    application = web.Application()
    for path, answer in routes.items():
        application.router.add_get(path, answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


OLLAMA = {
    "/v1/models": listing(model("llama3.2:latest", owned_by="library")),
    "/": raw(b"Ollama is running"),
}
LM_STUDIO = {
    "/v1/models": listing(model("qwen2.5-7b-instruct", owned_by="organization_owner")),
    "/api/v0/models": raw(
        b'{"data": [{"id": "qwen2.5-7b-instruct", "max_context_length": 32768}]}'
    ),
}
LLAMA_CPP = {"/v1/models": listing(model("model.gguf", owned_by="llamacpp"), server="llama.cpp")}
VLLM = {"/v1/models": listing(model("Qwen/Qwen3-8B", owned_by="vllm", max_model_len=4096))}
NOBODY = {"/v1/models": listing(model("a"), model("b"))}


@pytest.mark.parametrize(
    ("routes", "name", "models"),
    [
        (OLLAMA, "Ollama", ("llama3.2:latest",)),
        (LM_STUDIO, "LM Studio", ("qwen2.5-7b-instruct",)),
        (LLAMA_CPP, "llama.cpp", ("model.gguf",)),
        (VLLM, "vLLM", ("Qwen/Qwen3-8B",)),
        (NOBODY, "", ("a", "b")),
    ],
)
async def test_a_server_is_known_by_what_it_answers(
    routes: Mapping[str, Answer], name: str, models: tuple[str, ...]
) -> None:
    async with served(routes) as place:
        (found,) = await endpoints([place])

    assert found.name == (name or f"Server at {place.removeprefix('http://')}")
    assert found.url == f"{place}/v1"
    assert found.models == models


async def test_a_server_without_a_model_is_one_all_the_same() -> None:
    empty = {"/v1/models": raw(b'{"object": "list", "data": null}'), "/": raw(b"Ollama is running")}

    async with served(empty) as place:
        (found,) = await endpoints([place])

    assert (found.name, found.models) == ("Ollama", ())


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"<html>It works!</html>"),
        raw(b""),
        raw(b"[]"),
        raw(b"null"),
        raw(b'{"data": "models"}'),
        raw(b'{"data": {"id": "x"}}'),
        raw(b'{"data": [1, 2]}'),
        raw(b'{"data": [{"name": "x"}]}'),
        raw(b'{"error": "no key"}', status=401),
        raw(b'{"data": []}', status=500),
        raw(b"", status=302, headers={"Location": "http://127.0.0.1:1/v1/models"}),
        raw(b"\xff\xfe\x00"),
        raw(b"[" * 200_000),
        raw(gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"}),
        raw(b'{"data": ['),
        raw(json.dumps({"data": [{"id": "x"}], "more": "x" * BODY_LIMIT}).encode()),
        never_ends,
        stalls,
        drips,
    ],
)
async def test_what_answers_otherwise_is_no_endpoint(answer: Answer) -> None:
    async with served({"/v1/models": answer}) as place:
        assert await endpoints([place], deadline_s=1.0) == ()


async def test_what_is_no_web_server_is_no_endpoint() -> None:
    async def talks(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talks, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await endpoints([f"http://127.0.0.1:{port}"], deadline_s=1.0) == ()


async def test_where_nothing_listens_is_no_endpoint(unused_tcp_port: int) -> None:
    assert await endpoints([f"http://127.0.0.1:{unused_tcp_port}"]) == ()


async def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    async with AsyncExitStack() as stack:
        places = [
            await stack.enter_async_context(served(routes))
            for routes in ({"/v1/models": stalls}, OLLAMA, {"/v1/models": stalls}, VLLM)
        ]
        async with asyncio.timeout(10):
            found = await endpoints(places, deadline_s=1.0)

    assert [each.name for each in found] == ["Ollama", "vLLM"]


async def test_one_that_hangs_when_asked_who_it_is_keeps_its_models() -> None:
    async with served({"/v1/models": listing(model("a")), "/": stalls}) as place:
        (found,) = await endpoints([place], deadline_s=0.5)

    assert found.models == ("a",)


async def test_names_that_no_list_could_show_are_left_out() -> None:
    names = ["good", "", "x" * 5000, "two\nlines", "good", 7]
    async with served({"/v1/models": listing(*(model(name) for name in names))}) as place:
        (found,) = await endpoints([place])

    assert found.models == ("good",)


async def test_only_so_many_models_are_taken() -> None:
    many = [model(f"m{number}") for number in range(MOST_MODELS + 10)]
    async with served({"/v1/models": listing(*many)}) as place:
        (found,) = await endpoints([place])

    assert len(found.models) == MOST_MODELS


@pytest.mark.parametrize(
    ("host", "first"),
    [
        ("0.0.0.0:9999", "http://127.0.0.1:9999"),
        (":9999", "http://127.0.0.1:9999"),
        ("localhost", "http://127.0.0.1:11434"),
        ("ai.lan", "http://ai.lan:11434"),
        ("https://ai.lan", "https://ai.lan:443"),
        ("http://[::1]:9999/", "http://[::1]:9999"),
        ("", "http://127.0.0.1:11434"),
        ("http://ai.lan:port", "http://127.0.0.1:11434"),
        ("unix:///run/ollama", "http://127.0.0.1:11434"),
    ],
)
def test_ollama_is_looked_for_where_its_variable_says(host: str, first: str) -> None:
    places = usual_places({"OLLAMA_HOST": host})

    assert places[0] == first
    assert len(places) == len(set(places))
    assert {f"http://127.0.0.1:{port}" for port in (11434, 1234, 8080, 8000, 1337)} <= set(places)
