"""A real browser without a display, with a microphone that plays a file, driven over its debugging protocol."""

import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = "chromium"
START_S = 20.0
ANSWER_S = 15.0
POLL_S = 0.1


class Page:
    """The one page of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self.said: list[str] = []
        """What the page and its security policy wrote to the console."""

    async def send(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(answer, ANSWER_S)

    async def open(self, url: str) -> None:
        # Another page in between: a new fragment alone would not load the page again.
        await self.send("Page.navigate", url="about:blank")
        await self.send("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        answer = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    async def text(self, element: str) -> str:
        """What an element shows; nothing when it is hidden or not there yet."""
        return await self.value(f"document.getElementById('{element}')?.innerText ?? ''") or ""

    async def click(self, element: str) -> None:
        """Press an element with the mouse, as a person does."""
        box = await self.value(
            f"(r => [r.x + r.width / 2, r.y + r.height / 2])"
            f"(document.getElementById('{element}').getBoundingClientRect())"
        )
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        await self.send("Input.dispatchMouseEvent", type="mousePressed", **where)
        await self.send("Input.dispatchMouseEvent", type="mouseReleased", **where)

    async def press(self, key: str) -> None:
        text = {"Enter": "\r"}.get(key, "")
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    async def until(self, expression: str, within_s: float) -> Any:
        """Wait until an expression is true; fail with what the page shows when it does not come true."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not (value := await self.value(expression)):
            if asyncio.get_running_loop().time() > deadline:
                shown = await self.value("document.body.innerText")
                raise AssertionError(
                    f"{expression} within {within_s} s; shown: {shown!r}; {self.said}"
                )
            await asyncio.sleep(POLL_S)
        return value

    async def until_text(self, element: str, text: str, within_s: float) -> None:
        expression = f"document.getElementById('{element}')?.innerText.includes({json.dumps(text)})"
        await self.until(expression, within_s)

    async def picture(self, path: Path, *, dark: bool, width: int = 720, height: int = 720) -> None:
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.send("Emulation.setEmulatedMedia", features=scheme)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.send("Emulation.setDeviceMetricsOverride", **size)
        shot = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if (answer := self._answers.pop(said.get("id", 0), None)) and not answer.done():
                answer.set_result(said.get("result", said))
            elif said.get("method") == "Log.entryAdded":
                self.said.append(said["params"]["entry"]["text"])
            elif said.get("method") == "Runtime.exceptionThrown":
                self.said.append(str(said["params"]["exceptionDetails"]))


@asynccontextmanager
async def browser(microphone: Path, *switches: str) -> AsyncGenerator[Page]:
    """A browser whose microphone plays a WAV file once, from when it is first opened."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = _start(Path(home), microphone, switches)
        try:
            url = await _page_socket(Path(home), process)
            async with (
                aiohttp.ClientSession() as http,
                http.ws_connect(url, max_msg_size=0) as socket,
            ):
                page = Page(socket)
                for domain in ("Page", "Runtime", "Log"):
                    await page.send(f"{domain}.enable")
                yield page
                await page.close()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _start(home: Path, microphone: Path, switches: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    command = [
        # A test run that is killed takes its browser with it.
        *("setpriv", "--pdeathsig", "KILL"),
        *(PROGRAM, "--headless=new", f"--user-data-dir={home}", "--remote-debugging-port=0"),
        # Root has no sandbox to offer it.
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *switches,
        "about:blank",
    ]
    return subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


async def _page_socket(home: Path, process: "subprocess.Popen[bytes]") -> str:
    """The debugging socket of the browser's one page."""
    port_file = home / "DevToolsActivePort"
    async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
        while not (port_file.exists() and port_file.read_text().strip()):
            assert process.poll() is None, f"{PROGRAM} ended with {process.returncode}"
            await asyncio.sleep(POLL_S)
        port = port_file.read_text().split()[0]
        while True:
            async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [found for found in await answer.json() if found["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
            await asyncio.sleep(POLL_S)
