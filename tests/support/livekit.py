"""A real livekit-server for tests, and participants in its rooms that use LiveKit's SDK alone."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray

from app.domain.access import RoomAccess, ServerAccess
from app.media.rooms import Rooms
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.media.server_config import new_server_config
from app.media.server_process import PID_MARK, WATCHED
from app.runtime.clock import AnchoredClock
from app.runtime.loop_thread import LoopThread
from tests.support.posted import until_async

RATE_HZ = 48_000
BLOCK = RATE_HZ // 100
QUEUE_MS = 50
LOUD_DBFS = -45.0
OUT_WITHIN_S = 1.0
"""Nobody who has been stopped may be in the room for longer."""
Pcm = NDArray[np.int16]


@pytest.fixture(scope="session")
def livekit_server() -> Iterator[ServerAccess]:
    """A server that our own code started, for all tests of the run. Without a binary the tests fail."""
    thread = LoopThread("livekit-server of the tests")
    thread.start()
    server = EmbeddedServer(find_livekit_server(), AnchoredClock())
    try:
        yield thread.submit(server.start()).result(15)
    finally:
        thread.submit(server.stop()).result(10)
        assert thread.stop()


@pytest.fixture
async def room(livekit_server: ServerAccess) -> AsyncIterator[str]:
    """A room of the test's own."""
    rooms = Rooms(livekit_server)
    name = f"test-{secrets.token_hex(4)}"
    await rooms.create(name)
    yield name
    await rooms.delete(name)


async def until_only(server: ServerAccess, room: str, *identities: str) -> None:
    """Wait until nobody but these is in the room. The server hears of a leaving a moment after who has left."""

    async def are_there() -> bool:
        return tuple(who.identity for who in await Rooms(server).people(room)) == identities

    await until_async(are_there, OUT_WITHIN_S, f"nobody but {identities} in {room}")


class SelfHostedServer:
    """A livekit-server on loopback with a known key, as somebody else would run it; Greenroom does not start it.

    It ends with the process that started it. Any thread, one at a time; starting blocks for some 0.3 s.
    """

    def __init__(
        self, folder: Path, webhook_urls: Sequence[str], settings: dict[str, object]
    ) -> None:
        ports = new_server_config()
        self.access = ports.access
        self.udp_port = ports.udp_port
        own: dict[str, object] = json.loads(ports.to_yaml())
        del own["room"]
        if webhook_urls:
            own["webhook"] = {"api_key": ports.api_key, "urls": list(webhook_urls)}
        self._settings = {**own, **settings}
        self._health_url = ports.health_url
        self._log = folder / "livekit-server.log"
        self._child: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @property
    def log(self) -> str:
        """What it has written since it was started last."""
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        """Start it, on the same ports each time, and return once it answers."""
        keys = {self.access.api_key: self.access.api_secret}
        config = json.dumps({**self._settings, "keys": keys})
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", str(find_livekit_server())],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.defpath, "LIVEKIT_CONFIG": config},
                start_new_session=True,
            )
        _wait_for(self._answers, 10, lambda: f"livekit-server does not come up: {self.log}")
        self.pid = int(self.log.partition(PID_MARK)[2].split()[0])

    def kill(self) -> None:
        """End it as `kill -9` does and return when it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def freeze(self) -> None:
        """Keep it from answering, with its ports open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def change_key(self) -> None:
        """Restart it with another secret for the same key; `access` holds the new one."""
        self.kill()
        self.access = ServerAccess(self.access.url, self.access.api_key, secrets.token_urlsafe(48))
        self.start()

    def stop(self) -> None:
        if self._child is not None:
            self.kill()

    def _reap(self) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(10)
        self._child = None

    def _answers(self) -> bool:
        assert self._child is not None
        assert self._child.poll() is None, f"livekit-server stopped at once: {self.log}"
        try:
            with urllib.request.urlopen(self._health_url, timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def self_hosted_server(
    webhook_urls: Sequence[str] = (), **settings: object
) -> Generator[SelfHostedServer]:
    """A second server of the test's own, which it may kill, freeze and restart.

    `settings` are keys at the top of livekit-server's configuration, each in place of the one that it has here.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = SelfHostedServer(Path(folder), webhook_urls, settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def self_hosted() -> Iterator[ServerAccess]:
    """A second server, for all tests of the run that leave it running."""
    with self_hosted_server() as server:
        yield server.access


def _wait_for(condition: Callable[[], bool], within_s: float, what: Callable[[], str]) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def tone(seconds: float, hz: float = 500.0, peak_dbfs: float = -12.0) -> Pcm:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    amplitude = 32768.0 * 10 ** (peak_dbfs / 20)
    return np.round(amplitude * np.sin(2 * np.pi * hz * times)).astype(np.int16)


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def rms_dbfs(pcm: Pcm) -> float:
    mean_square = float(np.mean((pcm.astype(np.float64) / 32768.0) ** 2)) if pcm.size else 0.0
    return 10 * float(np.log10(max(1e-12, mean_square)))


def strength(pcm: Pcm, hz: float) -> float:
    """The share of a tone in the power of `pcm`, 0 to 1, over windows of 50 ms: its phase may jump on the way."""
    window = RATE_HZ // 20
    blocks = pcm[: pcm.size // window * window].reshape(-1, window).astype(np.float64)
    wave = np.exp(-2j * np.pi * hz * np.arange(window) / RATE_HZ)
    total = float(np.sum(blocks**2))
    return 2 * float(np.sum(np.abs(blocks @ wave) ** 2)) / (window * total) if total else 0.0


class Participant:
    """Joins a room, speaks PCM and keeps all that it hears."""

    def __init__(self, access: RoomAccess, queue_ms: int = QUEUE_MS) -> None:
        """`queue_ms` of sound stand ready to leave, against a loop that comes late."""
        self._access = access
        self.room = rtc.Room()
        self.source = rtc.AudioSource(RATE_HZ, 1, queue_size_ms=queue_ms)
        self.heard: list[Pcm] = []
        """Blocks of 10 ms, of every track."""
        self._streams: list[rtc.AudioStream] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self) -> None:
        on(self.room, "track_subscribed", self._subscribed)
        await self.room.connect(self._access.url, self._access.token)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)

    async def leave(self) -> None:
        for stream in self._streams:
            await stream.aclose()
        await asyncio.gather(*self._tasks)
        await self.room.disconnect()
        await self.source.aclose()

    async def say(self, pcm: Pcm) -> None:
        for start in range(0, pcm.size - BLOCK + 1, BLOCK):
            block = pcm[start : start + BLOCK].tobytes()
            await self.source.capture_frame(rtc.AudioFrame(block, RATE_HZ, 1, BLOCK))

    def all_heard(self) -> Pcm:
        return np.concatenate(self.heard) if self.heard else silence(0)

    def on_block(self, block: Pcm) -> None:
        """Called with each block that is heard."""
        self.heard.append(block)

    def _subscribed(self, track: rtc.RemoteAudioTrack) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1, frame_size_ms=10)
        self._streams.append(stream)
        task = asyncio.get_running_loop().create_task(self._listen(stream))
        self._tasks.add(task)

    async def _listen(self, stream: rtc.AudioStream) -> None:
        async for event in stream:
            self.on_block(np.frombuffer(bytes(event.frame.data), np.int16))


class AnsweringAgent(Participant):
    """Greets with a tone and answers with one, `delay_s` after it has heard somebody stop."""

    def __init__(self, access: RoomAccess, *, delay_s: float = 0.4, answers: int = 100) -> None:
        super().__init__(access)
        self._delay_s = delay_s
        self._answers = answers
        self._loud_blocks = 0
        self._quiet_blocks = 0
        self._queue: asyncio.Queue[Pcm] = asyncio.Queue()
        self._speaking: asyncio.Task[None] | None = None

    async def join(self) -> None:
        await super().join()
        self._speaking = asyncio.get_running_loop().create_task(self._speak())

    async def leave(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
        await super().leave()

    def greet(self) -> None:
        self._queue.put_nowait(tone(0.4, 900))

    def on_block(self, block: Pcm) -> None:
        if rms_dbfs(block) > LOUD_DBFS:
            self._loud_blocks += 1
            self._quiet_blocks = 0
            return
        self._quiet_blocks += 1
        if self._loud_blocks >= 10 and self._quiet_blocks >= self._delay_s * 100:
            self._loud_blocks = 0
            if self._answers > 0:
                self._answers -= 1
                self._queue.put_nowait(tone(0.6, 900))

    async def _speak(self) -> None:
        while True:
            await self.say(await self._queue.get())


class _Emitter(Protocol):
    def on(self, event: str, callback: Callable[..., None]) -> object: ...


def on(room: rtc.Room, event: str, callback: Callable[..., None]) -> None:
    """`Room.on` with its types."""
    cast("_Emitter", room).on(event, callback)
