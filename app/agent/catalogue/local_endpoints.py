"""Finds the servers on this computer that speak OpenAI's protocol, and the models that they offer."""

import asyncio
import json
import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp

from app.domain.services import LocalEndpoint

log = logging.getLogger(__name__)

DEADLINE_S = 1.5
"""For one server, from connecting to the end of its answer."""
BODY_LIMIT = 1024 * 1024
"""Octets of a list of models; one with a hundred models has some ten thousand."""
MOST_MODELS = 500
LONGEST_NAME = 200
OLLAMA_HOST = "OLLAMA_HOST"
OLLAMA_PORT = 11434
LOOPBACK = "127.0.0.1"
USUAL_PORTS = (OLLAMA_PORT, 1234, 8080, 8000, 1337, 4891, 5001, 5000, 30000)
"""Of Ollama, LM Studio, llama.cpp, vLLM, Jan, GPT4All, KoboldCpp, text-generation-webui and SGLang."""
OK = 200
_THIS_COMPUTER = ("localhost", "0.0.0.0", "::", "")  # noqa: S104 - an address to replace, not to listen at
_OF_LM_STUDIO = ('"compatibility_type"', '"max_context_length"')


def usual_places(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Where such servers are unless told otherwise, and first where Ollama's own variable says that it is."""
    told = _ollama_place(environ.get(OLLAMA_HOST, ""))
    usual = (f"http://{LOOPBACK}:{port}" for port in USUAL_PORTS)
    return tuple(dict.fromkeys((*([told] if told else []), *usual)))


async def endpoints(
    places: Sequence[str] | None = None, *, deadline_s: float = DEADLINE_S
) -> tuple[LocalEndpoint, ...]:
    """Those that answer now, in the order of `places`; by default `usual_places` of this process's environment.

    All are asked side by side, each for `deadline_s` at most and as long again for which program it is. What does not
    answer with a list of models in time and in 1 MiB is no endpoint; no error is raised for it. Any loop.
    """
    asked = usual_places(os.environ) if places is None else places
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        auto_decompress=False,
    ) as session:
        found = await asyncio.gather(*(_endpoint(session, each, deadline_s) for each in asked))
    return tuple(each for each in found if each is not None)


def _ollama_place(host: str) -> str | None:
    """Where `OLLAMA_HOST` says that Ollama is: a host, a port or both, with a scheme or without."""
    text = host.strip().strip("\"'").rstrip("/")
    if not text:
        return None
    scheme, _, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"{scheme or 'http'}://{rest}")
        port = parts.port
    except ValueError:
        log.info("%s has no usable address", OLLAMA_HOST)
        return None
    if parts.scheme not in ("http", "https") or parts.username:
        return None
    name = LOOPBACK if (parts.hostname or "") in _THIS_COMPUTER else str(parts.hostname)
    shown = f"[{name}]" if ":" in name else name
    usual = {"http": 80, "https": 443}[parts.scheme] if scheme else OLLAMA_PORT
    return f"{parts.scheme}://{shown}:{port or usual}"


async def _endpoint(
    session: aiohttp.ClientSession, place: str, deadline_s: float
) -> LocalEndpoint | None:
    try:
        async with (
            asyncio.timeout(deadline_s),
            session.get(f"{place}/v1/models", allow_redirects=False) as response,
        ):
            models = _models(await _body(response)) if response.status == OK else None
            server = response.headers.get("Server", "")
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    if models is None:
        return None
    name = _told(models, server) or await _asked(session, place, deadline_s)
    return LocalEndpoint(
        name or f"Server at {urlsplit(place).netloc}", f"{place}/v1", _names(models)
    )


async def _body(response: aiohttp.ClientResponse) -> object:
    """The answer's JSON. Raises ValueError for what is none, or is too long."""
    read = bytearray()
    async for part in response.content.iter_chunked(64 * 1024):
        read += part
        if len(read) > BODY_LIMIT:
            raise ValueError("longer than a list of models is")
    try:
        return json.loads(read)
    except RecursionError as error:
        raise ValueError("nested deeper than a list of models is") from error


def _models(answer: object) -> list[dict[str, Any]] | None:
    """The models that an answer lists; None where it is no such list."""
    if not isinstance(answer, dict):
        return None
    listed = cast("dict[str, object]", answer).get("data")
    # Ollama without a model answers null.
    if listed is None and cast("dict[str, object]", answer).get("object") == "list":
        return []
    if not isinstance(listed, list):
        return None
    models = [
        cast("dict[str, Any]", each)
        for each in cast("list[object]", listed)
        if isinstance(each, dict)
    ]
    named = [each for each in models if isinstance(each.get("id"), str)]
    return named if named or not listed else None


def _names(models: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = dict.fromkeys(str(each["id"]).strip() for each in models)
    usable = [name for name in names if name and len(name) <= LONGEST_NAME and name.isprintable()]
    return tuple(usable[:MOST_MODELS])


_OWNERS = {
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "koboldcpp": "KoboldCpp",
}


def _told(models: Sequence[Mapping[str, Any]], server: str) -> str:
    """Who the answer itself says that it is from."""
    if "llama.cpp" in server.lower():
        return "llama.cpp"
    owners = {str(each.get("owned_by", "")).lower() for each in models}
    return next((name for owner, name in _OWNERS.items() if owner in owners), "")


async def _asked(session: aiohttp.ClientSession, place: str, deadline_s: float) -> str:
    """Who it is by a path that only one of them has; empty when that does not tell."""
    try:
        async with asyncio.timeout(deadline_s):
            if await _text(session, f"{place}/") == "Ollama is running":
                return "Ollama"
            own = await _text(session, f"{place}/api/v0/models")
            return "LM Studio" if any(sign in own for sign in _OF_LM_STUDIO) else ""
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return ""


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    """The beginning of an answer."""
    async with session.get(url, allow_redirects=False) as response:
        if response.status != OK:
            return ""
        return (await response.content.read(4096)).decode(errors="replace").strip()
