"""A PulseAudio server of a test's own: a microphone that one can speak into, a speaker that one can listen to."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
READY_WITHIN_S = 20.0
# Without norewinds the null sink renders up to 2 s ahead and the first samples come late or never.
NULL_SINK = "module-null-sink rate=48000 channels=1 norewinds=1"
CONFIGURATION = """
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module {null_sink} sink_name=speaker sink_properties=device.description=Speaker
load-module {null_sink} sink_name=feed sink_properties=device.description=Feed
load-module module-remap-source master=feed.monitor source_name=mic source_properties=device.description=Microphone
set-default-sink speaker
set-default-source mic
"""


class PulseServer:
    """A running server with one microphone and one speaker; no hardware, no bus, no files outside its folder."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("pulseaudio") is None:
            raise RuntimeError(
                "these tests need pulseaudio: apt-get install pulseaudio pulseaudio-utils"
            )
        self._folder = folder
        self._spoken = 0
        self._home = folder / "home"
        self._runtime = folder / "run"
        self._socket = self._runtime / "native"
        for part in (self._home, self._runtime):
            part.mkdir(mode=0o700, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        script = folder / "server.pa"
        script.write_text(CONFIGURATION.format(socket=self._socket, null_sink=NULL_SINK))
        self._process = subprocess.Popen(
            [
                # A test run that is killed takes its server with it.
                *("setpriv", "--pdeathsig", "KILL"),
                "pulseaudio",
                "-n",
                f"--file={script}",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                "--log-target=stderr",
            ],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_ready()

    def environment(self) -> dict[str, str]:
        """What a client needs; PULSE_SERVER alone is enough for one that reads no configuration."""
        return {
            **os.environ,
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._runtime),
            "XDG_CONFIG_HOME": str(self._home / ".config"),
            "PULSE_SERVER": self.url,
        }

    @property
    def url(self) -> str:
        return f"unix:{self._socket}"

    def control(self, *words: str) -> str:
        """Run pactl and give its answer back, such as the number of a loaded module."""
        done = subprocess.run(
            ["pactl", *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return done.stdout.strip()

    def plug_microphone(self, name: str) -> str:
        """Add a microphone beside the first one, with a feed `NAME-feed` of its own; the module to unload."""
        self.control(
            "load-module",
            *NULL_SINK.split(),
            f"sink_name={name}-feed",
            f"sink_properties=device.description={name}-feed",
        )
        return self.control(
            "load-module",
            "module-remap-source",
            f"master={name}-feed.monitor",
            f"source_name={name}",
            f"source_properties=device.description={name}",
        )

    def unplug(self, module: str) -> None:
        self.control("unload-module", module)

    @contextlib.contextmanager
    def speaking(self, pcm: NDArray[np.int16], feed: str = "feed") -> Generator[None]:
        """Speak mono 48 kHz samples into a microphone while the block runs."""
        self._spoken += 1
        said = self._folder / f"said-{self._spoken}.raw"
        pcm.tofile(said)
        play = subprocess.Popen(
            ["pacat", "--playback", f"--device={feed}", *_raw_format(), str(said)],
            env=self.environment(),
        )
        try:
            yield
        finally:
            _end(play)

    @contextlib.contextmanager
    def recording(self) -> Generator["Recording"]:
        """Record what the speaker plays while the block runs."""
        with Recording(self) as recording:
            yield recording

    def hang(self) -> None:
        """Stop answering, as a server does whose hardware blocks it."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.go_on()
        _end(self._process)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"pulseaudio ended with {self._process.returncode}")
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self._socket))
                return
            time.sleep(0.02)
        self.close()
        raise RuntimeError("pulseaudio did not come up")


class Recording:
    """What the speaker has played so far."""

    def __init__(self, server: PulseServer) -> None:
        self._process = subprocess.Popen(
            ["pacat", "--record", "--device=speaker.monitor", "--latency-msec=20", *_raw_format()],
            env=server.environment(),
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._raw = b""

    def samples(self) -> NDArray[np.int16]:
        self._raw += self._pipe.read() or b""
        return np.frombuffer(self._raw[: len(self._raw) // 2 * 2], np.int16)

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)


def _raw_format() -> list[str]:
    return ["--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1"]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(10)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def tone(
    frequency_hz: float, peak_dbfs: float, seconds: float, rate_hz: int = RATE_HZ
) -> NDArray[np.int16]:
    """A sine of a known peak."""
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    amplitude = 32767.0 * 10.0 ** (peak_dbfs / 20.0)
    return np.asarray(np.round(amplitude * np.sin(2.0 * np.pi * frequency_hz * at)), np.int16)
