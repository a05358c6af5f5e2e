"""Tests a provider's key with its cheapest real call."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from urllib.parse import urlsplit

import aiohttp
import truststore

from app.agent import key_answers
from app.agent.key_answers import Answer, Judgement
from app.agent.key_recipes import RECIPES, Recipe
from app.domain.errors import UsageError
from app.domain.keys import KeyTest, Verdict
from app.domain.ports import Clock
from app.domain.providers import Provider, provider

HOSTS_VARIABLE = "GREENROOM_PROVIDER_HOSTS"
DEADLINE_S = 8.0
LONGEST_WAIT_S = 86_400.0
BODY_LIMIT = 4 * 1024 * 1024
"""Octets of an answer that are read; the longest of them, a list of all models, has some hundred thousand."""
_NOWHERE: Mapping[str, str] = MappingProxyType({})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def check_key(
    provider: Provider,
    key: str,
    clock: Clock,
    *,
    hosts: Mapping[str, str] = _NOWHERE,
    deadline_s: float = DEADLINE_S,
) -> KeyTest:
    """Make the provider's cheapest real call with `key`; never raises for what the provider or network does.

    `hosts` says by the provider's id where else than at its public address to call. The round trip is the
    whole call, from looking its host up to the end of the answer. A redirect is not followed. Any loop.
    """
    started = clock.now()
    verdict, sentence = await _judged(
        _Test(provider, key, hosts.get(provider.id)), clock, deadline_s
    )
    ended = clock.now()
    took_ms = (ended - started) * 1000 if verdict is Verdict.WORKS else None
    return KeyTest(ended, verdict, sentence, took_ms)


def hosts_from(environ: Mapping[str, str]) -> dict[str, str]:
    """Where to call providers instead, from `GREENROOM_PROVIDER_HOSTS="openai=http://127.0.0.1:1234,..."`.

    Raises UsageError for an unknown provider, and for an address that would carry keys over a network in clear.
    """
    pairs = (pair.strip() for pair in environ.get(HOSTS_VARIABLE, "").split(","))
    return dict(_host(pair) for pair in pairs if pair)


def _host(pair: str) -> tuple[str, str]:
    name, _, address = (part.strip() for part in pair.partition("="))
    if not _safe(address):
        raise UsageError(
            f"{HOSTS_VARIABLE} has no usable address for “{name}”.",
            "Write ID=https://HOST, or ID=http://127.0.0.1:PORT for this computer, separated by commas.",
        )
    return provider(name).id, address.rstrip("/")


def _safe(address: str) -> bool:
    try:
        url = urlsplit(address)
        url.port  # noqa: B018 - it raises for a port that is none
    except ValueError:
        return False
    return bool(url.hostname) and (
        url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Test:
    """A test to be made. It has no repr, because that would show the key."""

    provider: Provider
    key: str
    host: str | None

    @property
    def recipe(self) -> Recipe:
        return RECIPES[self.provider.id]

    @property
    def url(self) -> str:
        return (self.host or self.recipe.host) + self.recipe.path


async def _judged(test: _Test, clock: Clock, deadline_s: float) -> Judgement:
    name = test.provider.name
    if not _sendable(test.key):
        return key_answers.malformed(name)
    try:
        async with asyncio.timeout(deadline_s):
            answer = await _ask(test, clock)
    except TimeoutError:
        return key_answers.silent(name, deadline_s)
    except aiohttp.ClientSSLError:
        return key_answers.untrusted(name)
    except aiohttp.ClientConnectorError:
        return key_answers.unreachable(name, urlsplit(test.url).hostname or name)
    except aiohttp.ClientResponseError:
        return key_answers.garbled(name)
    except (aiohttp.ClientError, OSError):
        return key_answers.broken_off(name)
    return key_answers.judge(name, test.recipe, answer)


def _sendable(key: str) -> bool:
    return bool(key) and all("!" <= sign <= "~" for sign in key)


async def _ask(test: _Test, clock: Clock) -> Answer:
    recipe = test.recipe
    started = clock.now()
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.request(
            "GET" if recipe.body is None else "POST",
            test.url,
            headers={
                "Accept": "application/json",
                **recipe.headers,
                recipe.header: recipe.scheme + test.key,
            },
            json=recipe.body,
            allow_redirects=False,
            ssl=_os_roots(),
        ) as response,
    ):
        body = await _beginning(response.content)
        text = body.decode("utf-8", "replace").replace(test.key, "")
        return Answer(
            status=response.status,
            text=text,
            web_page=response.content_type == "text/html" or text.lstrip()[:1] == "<",
            round_trip_ms=(clock.now() - started) * 1000,
            retry_after_s=_retry_after_s(response.headers.get("Retry-After", ""), clock),
        )


def _os_roots() -> ssl.SSLContext:
    """The operating system's own verification, which knows the roots that a company or a person added."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    while len(body) < BODY_LIMIT and (chunk := await content.read(BODY_LIMIT - len(body))):
        body += chunk
    return bytes(body)


def _retry_after_s(header: str, clock: Clock) -> float | None:
    """RFC 9110, 10.2.3: seconds, or the time at which to try again."""
    try:
        wait_s = float(header) if header.isdecimal() else _until_s(header, clock)
    except ValueError:
        return None
    return min(max(wait_s, 0.0), LONGEST_WAIT_S)


def _until_s(date: str, clock: Clock) -> float:
    at = parsedate_to_datetime(date)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - clock.now()
