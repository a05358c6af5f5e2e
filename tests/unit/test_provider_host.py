"""The host that stands for providers is itself relied upon."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.support.provider_host import GOOD_KEY, ProviderHost, says

ROOT = Path(__file__).parents[2]


@pytest.fixture
def host() -> Iterator[ProviderHost]:
    with ProviderHost() as running:
        yield running


async def test_the_longest_path_that_fits_decides(host: ProviderHost) -> None:
    host.set("openai", says(500, {}))
    host.set("openai/v1/models", says(418, {}))

    async with aiohttp.ClientSession(host.address) as session:
        statuses = [
            (await session.get(path)).status
            for path in (
                "/openai/v1/models",
                "/openai/v1/models/one",
                "/openai/v1/modelsx",
                "/openaix",
            )
        ]

    assert statuses == [418, 418, 500, 404]


async def test_it_speaks_websocket(host: ProviderHost) -> None:
    async def parrot(request: web.Request) -> web.StreamResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        async for message in stream:
            await stream.send_str(f"{message.data} again")
        return stream

    host.set("cartesia/tts/websocket", parrot)

    async with (
        aiohttp.ClientSession(host.address) as session,
        session.ws_connect("/cartesia/tts/websocket", headers={"X-API-Key": GOOD_KEY}) as stream,
    ):
        await stream.send_str("hello")
        assert await stream.receive_str(timeout=5) == "hello again"

    assert host.seen()[0].headers["X-API-Key"] == GOOD_KEY


def test_it_runs_as_a_process_and_is_told_how_to_behave_over_http() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.provider_host"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        set_and_ask = (
            "import sys, urllib.request as r, urllib.error\n"
            "a = sys.argv[1]\n"
            "r.urlopen(r.Request(a + '/_behaviour/openai?name=server_error', method='PUT'))\n"
            "try: r.urlopen(a + '/openai/v1/models')\n"
            "except urllib.error.HTTPError as error: print(error.code)\n"
        )
        asked = subprocess.run(
            [sys.executable, "-c", set_and_ask, address], capture_output=True, text=True, timeout=20
        )
        assert asked.stdout == "500\n", asked.stderr
    finally:
        process.communicate(timeout=20)
    assert process.returncode == 0
