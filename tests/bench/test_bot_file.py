"""What being run by Greenroom costs a bot file, and what it gains: against the same file run alone."""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.commands.demo import shipped_questions
from app.domain.access import ServerAccess
from app.domain.facts import Edge, Fact, Lane, SpeechEdge, Tap
from app.media import tokens
from app.media.headless_caller import HeadlessCaller
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.storage.call_library import CallLibrary
from tests.bench import bot_readings
from tests.support.bots.corpus import Bots, bots, keys, pointing
from tests.support.demo_process import ROOT, environment
from tests.support.livekit import livekit_server
from tests.support.posted import Posted
from tests.support.speaking.process import SpeakingProcess

__all__ = ["bots", "livekit_server"]

pytestmark = pytest.mark.timeout(1800)
Report = Callable[[str, str, str], None]
ROUNDS = 4
TURNS = 5
CONNECTS_S = 30.0
ENDS_S = 20.0


@dataclass
class Arm:
    """Readings of one way to run the bot, over all rounds."""

    answers_ms: list[float] = field(default_factory=list[float])
    heard_after_ms: list[float] = field(default_factory=list[float])
    """From the first sample of a question leaving its source to its arrival in the pipeline."""

    def take(self, readings: Path, facts: list[Fact]) -> None:
        lines = [json.loads(line) for line in readings.read_text().splitlines()]
        self.answers_ms += [v for each in lines if (v := each.get("less_turn_detection_ms"))]
        heard = [at for each in lines if (at := each.get("heard_at"))]
        for said_at in _onsets(facts):
            later = [at for at in heard if 0 <= at - said_at < 1]
            self.heard_after_ms += [1000 * (at - said_at) for at in later[:1]]


@pytest.fixture
def host() -> Iterator[SpeakingProcess]:
    with SpeakingProcess() as running:
        running.delays(llm_first_token_ms=150, stt_final_ms=50, tts_first_audio_ms=100)
        yield running


async def test_a_bot_file_in_greenroom_against_the_same_alone(
    figure: Report, livekit_server: ServerAccess, bots: Bots, host: SpeakingProcess, tmp_path: Path
) -> None:
    program = bots.scaffold(tmp_path)
    alone, run = Arm(), Arm()
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        variables = _variables(host, folder / "alone")
        alone.take(folder / "alone", await _alone(program, livekit_server, variables))
        variables = _variables(host, folder / "run")
        run.take(folder / "run", await asyncio.to_thread(_run, program, folder, variables))

    ratio = statistics.median(run.answers_ms) / statistics.median(alone.answers_ms)
    figure(
        "bot file, less turn detection, Greenroom : alone",
        f"{ratio:.3f} x ({_spread(run.answers_ms)} / {_spread(alone.answers_ms)})",
        "1.03 x",
    )
    gained_ms = statistics.median(alone.heard_after_ms) - statistics.median(run.heard_after_ms)
    figure(
        "bot file, the caller's speech reaches the pipeline earlier by",
        f"{gained_ms:.0f} ms ({_spread(run.heard_after_ms)} / {_spread(alone.heard_after_ms)})",
        "40 ms",
    )
    assert min(len(run.answers_ms), len(alone.answers_ms)) >= ROUNDS * (TURNS - 1)


def _variables(host: SpeakingProcess, readings: Path) -> dict[str, str]:
    pointed = pointing(host.address)
    files = f"{pointed['PIPECAT_SETUP_FILES']}{os.pathsep}{bot_readings.__file__}"
    return (
        keys()
        | {"ELEVENLABS_VOICE_ID": "a-voice"}
        | pointed
        | {"PIPECAT_SETUP_FILES": files, bot_readings.READINGS: str(readings)}
    )


async def _alone(program: Path, server: ServerAccess, variables: dict[str, str]) -> list[Fact]:
    rooms, room = Rooms(server), f"alone-{os.urandom(3).hex()}"
    await rooms.create(room)
    agent = tokens.agent_access(server, room, "agent")
    sink = Posted()
    with _bot_alone(variables, str(program), server.url, room, agent.token) as said:
        async with asyncio.timeout(CONNECTS_S):
            while not await rooms.people(room):
                assert not (error := said()), error
                await asyncio.sleep(0.1)
        caller = HeadlessCaller(sink, AnchoredClock())
        await caller.join(tokens.caller_access(server, room, "caller"))
        await caller.converse(_questions())
        await caller.leave()
    return sink.facts


@contextmanager
def _bot_alone(variables: dict[str, str], *arguments: str) -> Generator[Callable[[], str]]:
    """A bot that runs; gives what it printed before it ended, nothing while it runs."""
    log = Path(f"{variables[bot_readings.READINGS]}.log")
    with log.open("w") as output:
        bot = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bot_file_alone", *arguments],
            cwd=ROOT,
            env=os.environ | variables | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield lambda: "" if bot.poll() is None else log.read_text()
    finally:
        bot.send_signal(signal.SIGINT)
        try:
            bot.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            bot.kill()
            bot.wait()


def _run(program: Path, folder: Path, variables: dict[str, str]) -> list[Fact]:
    home = folder / "home"
    home.mkdir()
    demo = ("demo", "--headless", "--agent", str(program), "--turns", str(TURNS))
    ran = subprocess.run(
        [sys.executable, "-m", "app", *demo, "--report", str(folder / "out")],
        cwd=ROOT,
        env=environment(home) | variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    call_id = json.loads((folder / "out" / "call.json").read_text())["call_id"]
    (library,) = home.rglob("calls.db")
    kept = CallLibrary(library)
    try:
        return list(kept.facts(call_id))
    finally:
        kept.close()


def _questions() -> list[Path]:
    shipped = shipped_questions()
    return [shipped[number % len(shipped)] for number in range(TURNS)]


def _onsets(facts: list[Fact]) -> list[float]:
    return [
        fact.at
        for fact in facts
        if isinstance(fact, SpeechEdge)
        and (fact.tap, fact.lane, fact.edge) == (Tap.CALLER, Lane.CALLER, Edge.ONSET)
    ]


def _spread(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f}, worst {max(values):.0f} ms, n={len(values)}"
