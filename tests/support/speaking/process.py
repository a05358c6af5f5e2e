"""A host in a process of its own, told what to do by HTTP.

`python -m tests.support.speaking.process` prints its address as a line of JSON and serves until its standard input
ends. `PUT /_orders/NAME` with a JSON object carries out an order of `Orders`, `GET /_orders/seen` says what it has
seen. The tests of the keys keep their `PUT /_behaviour/PATH?name=`.
"""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from aiohttp import web

from tests.support.provider_host import GOOD_KEY
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.orders import Orders

ORDERS = "_orders"
ANSWER_S = 10
END_S = 10


class SpeakingProcess(Orders):
    """A context manager; as a `SpeakingHost`, it has an address, bases and sockets."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.support.speaking.process"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.address = json.loads(self._process.stdout.readline())["address"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        try:
            self._process.communicate(timeout=END_S)
        finally:
            self._process.kill()

    def base(self, provider_id: str) -> str:
        return f"{self.address}/{provider_id}"

    def socket(self, provider_id: str) -> str:
        return self.base(provider_id).replace("http://", "ws://", 1)

    def tell(self, order: str, **arguments: Any) -> None:
        body = json.dumps(arguments).encode()
        self._ask(Request(f"{self.address}/{ORDERS}/{order}", body, method="PUT"))

    def seen(self) -> dict[str, Any]:
        return json.loads(self._ask(Request(f"{self.address}/{ORDERS}/seen")))

    def _ask(self, request: Request) -> bytes:
        with urlopen(request, timeout=ANSWER_S) as response:
            return response.read()


def controlled() -> SpeakingHost:
    """A host that carries out orders that come by HTTP."""
    host = SpeakingHost()
    orders = host.orders()

    async def behave(request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        if request.method == "GET" and name == "seen":
            return web.json_response(orders.seen())
        orders.tell(name, **await request.json())
        if name == "reset":
            host.set(ORDERS, behave)
        return web.Response(status=204)

    host.set(ORDERS, behave)
    return host


def main() -> None:
    with controlled() as host:
        sys.stdout.write(json.dumps({"address": host.address, "key": GOOD_KEY}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
