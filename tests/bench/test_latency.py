"""What being watched costs the agent's answers, and how fast those are."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.fixed_llm import ADDRESS
from tests.support.demo_process import ROOT, Greenroom, document, environment

pytestmark = pytest.mark.timeout(1200)
Report = Callable[[str, str, str], None]
ROUNDS = 4
TURNS = 5
SPOKEN = 10


@pytest.fixture
def fixed_llm() -> Iterator[str]:
    """The address of a model that always answers the same after the same time."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.fixed_llm"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.kill()
    server.wait()
    server.stdout.close()


def test_reported_latency_in_greenroom_against_the_bot_alone(
    figure: Report, tmp_path: Path, fixed_llm: str
) -> None:
    alone: list[float] = []
    watched: list[float] = []
    for number in range(ROUNDS):
        out = tmp_path / f"out-{number}"
        demo = ("app", "demo", "--headless", "--turns", str(TURNS), "--report", str(out))
        spoken = _with_fixed_llm(fixed_llm, tmp_path, "tests.bench.bot_alone", str(TURNS))
        alone += json.loads(spoken.splitlines()[-1])
        _with_fixed_llm(fixed_llm, tmp_path, *demo)
        watched += [_less_turn_detection(turn) for turn in document(out / "call.json")["turns"]]

    ratio = statistics.median(watched) / statistics.median(alone)
    value = (
        f"{ratio:.3f} x ({statistics.median(watched):.0f}/{statistics.median(alone):.0f} ms), "
        f"n={len(watched)}/{len(alone)}"
    )
    figure("reported less turn detection, Greenroom : bot alone", value, "1.03 x")


def test_ten_spoken_turns(figure: Report, tmp_path: Path) -> None:
    turns = [turn["latency"] for turn in _watched(tmp_path)["turns"]]

    for key, budget in (("reported_ms", "1000 ms"), ("listener_audio_ms", "1250 ms")):
        readings = sorted(turn[key] for turn in turns if turn[key] is not None)
        value = f"median {statistics.median(readings):.0f} ms, worst {readings[-1]:.0f} ms, n={len(readings)}"
        figure(f"ten spoken turns: {key}", value, f"{budget} median, none over 2500 ms")
    keys = {stage["key"]: None for turn in turns for stage in turn["stages"]}
    for key in keys:
        durations = [s["duration_ms"] for turn in turns for s in turn["stages"] if s["key"] == key]
        figure(
            f"    {key}",
            f"median {statistics.median(durations):.0f} ms, n={len(durations)}",
            "none",
        )


def _with_fixed_llm(address: str, home: Path, *module: str) -> str:
    """What a module printed that ran with the fixed model in place of SmolLM2."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench.fixed_llm", *module],
        cwd=ROOT,
        env=environment(home) | {ADDRESS: address},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return finished.stdout


def _watched(folder: Path) -> dict[str, Any]:
    out = folder / "out"
    demo = Greenroom(
        folder / "home", "demo", "--headless", "--turns", str(SPOKEN), "--report", str(out)
    )
    assert demo.wait(240) == 0, demo.said
    return document(out / "call.json")


def _less_turn_detection(turn: dict[str, Any]) -> float:
    latency = turn["latency"]
    decided = [s["duration_ms"] for s in latency["stages"] if s["key"] == "turn_detection"]
    return latency["reported_ms"] - sum(decided)
