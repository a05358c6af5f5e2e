"""The whole thing: a server, a room, an agent with real models, a caller, the panel and the report."""

import json
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import yaml

from tests.support.demo_process import ROOT, Greenroom, document, run

pytestmark = [pytest.mark.timeout(300), pytest.mark.local_models]
STAGES_TILE_WITHIN_MS = 1.0
PNG = b"\x89PNG"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Greenroom]]:
    started: list[Greenroom] = []

    def _start(*arguments: str) -> Greenroom:
        started.append(Greenroom(tmp_path / "home", *arguments))
        return started[-1]

    yield _start
    for greenroom in started:
        greenroom.close()


def test_three_spoken_turns_are_answered_measured_and_reported(
    start: Callable[..., Greenroom], tmp_path: Path
) -> None:
    out = tmp_path / "out"

    demo = start("demo", "--headless", "--report", str(out))

    assert demo.wait() == 0, demo.said
    call = document(out / "call.json")
    assert call["schema"] == 1
    assert [turn["index"] for turn in call["turns"]] == [1, 2, 3]
    for turn in call["turns"]:
        _assert_whole(turn)
    _assert_speech_on_both_channels(out / "call.wav")
    assert (out / "screenshot.png").read_bytes().startswith(PNG)
    assert "<html" in (out / "report.html").read_text()


def test_another_client_joins_by_the_join_info_and_is_answered(
    start: Callable[..., Greenroom], tmp_path: Path
) -> None:
    info, out, question = tmp_path / "join.json", tmp_path / "out", tmp_path / "question.wav"
    speak(question, "When do you open on Saturday?")

    demo = start(
        "demo",
        "--headless",
        "--turns",
        "1",
        "--hold",
        "120",
        "--join-info",
        str(info),
        "--report",
        str(out),
    )
    demo.wait_until(lambda: "stays open" in demo.said, 90)
    assert info.stat().st_mode & 0o777 == 0o600
    measured = outside_caller(info, question)
    demo.process.send_signal(signal.SIGINT)

    assert demo.wait() == 0, demo.said
    assert measured["answered"]
    heard_ms = document(out / "call.json")["turns"][-1]["latency"]["listener_audio_ms"]
    assert heard_ms == pytest.approx(measured["gap_ms"], abs=60)


def test_killed_in_the_second_turn_the_first_is_kept_and_nothing_runs_on(
    start: Callable[..., Greenroom],
) -> None:
    demo = start("demo", "--headless")
    demo.wait_until(lambda: "  1  Caller" in demo.said, 90)
    children = psutil.Process(demo.process.pid).children(recursive=True)

    demo.process.kill()
    demo.process.wait()

    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    [call] = json.loads(run(demo.home, "calls", "list", "--json").stdout)
    shown = json.loads(run(demo.home, "calls", "show", call["call_id"], "--json").stdout)
    assert shown["turns"][0]["agent"]["text"]
    recordings = list(demo.home.rglob("*.wav"))
    with wave.open(str(recordings[0])) as recording:
        assert recording.getnframes() / recording.getframerate() > 4


def test_only_loopback_listens_and_no_secret_shows(
    start: Callable[..., Greenroom], tmp_path: Path
) -> None:
    demo = start("demo", "--headless", "--turns", "1", "--report", str(tmp_path / "out"))
    demo.wait_until(lambda: "  1  Caller" in demo.said, 90)
    processes = [psutil.Process(demo.process.pid)]
    processes += processes[0].children(recursive=True)

    arguments = " ".join(word for process in processes for word in process.cmdline())
    secrets = _server_secrets(processes)
    sockets = [s for p in processes[0].children(recursive=True) for s in p.net_connections()]

    # The ICE sockets of our own participants are libwebrtc's: on every interface, and no setting of the SDK
    # changes that. The server itself must be out of reach.
    assert secrets
    assert sockets
    assert {socket.laddr.ip for socket in sockets if socket.laddr} <= {"127.0.0.1", "::1"}
    assert not any(secret in arguments for secret in secrets)
    assert demo.wait() == 0, demo.said
    kept = [
        path for path in (*demo.home.rglob("*"), *(tmp_path / "out").rglob("*")) if path.is_file()
    ]
    for path in kept:
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in secrets), path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_call_in_order(
    start: Callable[..., Greenroom], number: signal.Signals
) -> None:
    demo = start("demo", "--headless")
    demo.wait_until(lambda: "  1  Caller" in demo.said, 90)

    demo.process.send_signal(number)

    assert demo.wait(30) == 1
    [call] = json.loads(run(demo.home, "calls", "list", "--json").stdout)
    assert call["ended_at"] is not None


def _assert_whole(turn: dict[str, Any]) -> None:
    latency = turn["latency"]
    assert turn["caller"]["text"]
    assert turn["agent"]["text"]
    total_ms = sum(stage["duration_ms"] for stage in latency["stages"])
    assert total_ms == pytest.approx(latency["reported_ms"], abs=STAGES_TILE_WITHIN_MS)
    assert latency["agent_audio_ms"] > 0
    assert latency["listener_audio_ms"] > 0


def _assert_speech_on_both_channels(path: Path) -> None:
    with wave.open(str(path)) as recording:
        assert recording.getnchannels() == 2
        frames = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    caller, agent = frames.reshape(-1, 2).astype(np.float64).T / 32768
    for channel in (caller, agent):
        loud = np.abs(channel) > 0.03
        assert loud.sum() > 4_000


def _server_secrets(processes: list[psutil.Process]) -> list[str]:
    """The key and the secret that the embedded server runs with, from its own environment."""
    for process in processes:
        if config := process.environ().get("LIVEKIT_CONFIG"):
            return list(yaml.safe_load(config)["keys"].values())
    return []


def speak(path: Path, text: str) -> None:
    """Have another voice than the shipped ones say `text` into a WAV file."""
    command = ["espeak-ng", "-v", "en-us+f3", "-s", "150", "-w", str(path), text]
    subprocess.run(command, check=True, timeout=20)


def outside_caller(info: Path, question: Path) -> dict[str, Any]:
    script = ROOT / "tests" / "support" / "outside_caller.py"
    finished = subprocess.run(
        [sys.executable, "-P", str(script), str(info), str(question)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])
