"""Two agents in two rooms at once, one of local models, one of services elsewhere, each with a caller of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.domain.access import ServerAccess
from app.domain.call import Call
from app.domain.call_plan import LOCAL_PRESET, CallPlan
from app.domain.errors import UserError
from app.domain.facts import Fact, Lane, LevelMeasured
from app.domain.presets import Preset
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.runtime.mailbox import Mailbox
from app.runtime.redaction import Redactor
from app.runtime.resources import resource
from app.session.agent_start import AgentStart
from app.session.desk import StudioDesk
from app.session.studio import Studio
from tests.support.agents import start_of
from tests.support.demo_process import ROOT, environment
from tests.support.posted import until
from tests.support.relayed import KEYS, cloud_preset
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What

pytestmark = [pytest.mark.timeout(240), pytest.mark.alone]

OPENING, MEETING, CLOSING = (
    resource(f"audio/{name}.wav") for name in ("opening_hours", "meeting_rooms", "closing_time")
)
HOSTED = "hosted"
OF_OPENING, OF_MEETING = ("open", "monday"), ("meeting",)
HOSTED_YAML = """
name: Hosted
services:
  stt: {{service: deepgram_stt, url: "{stt}"}}
  llm: {{service: openai_llm, model: gpt-4.1, url: "{llm}/v1"}}
  tts: {{service: cartesia_tts, voice: a-voice, url: "{tts}/tts/websocket"}}
instructions: Answer.
"""


@dataclass
class Line:
    """A call of the desk and what the panel would show of it."""

    key: str
    call: Call
    facts: list[Fact]


class Desk:
    """A desk with its mailbox, whose facts a test folds as the panel does."""

    def __init__(self, folder: Path, hosted: Preset) -> None:
        self.mailbox = Mailbox()
        self.folder = folder
        self.studio = Studio(AnchoredClock(), folder, Redactor(), lambda _: None)
        self.desk = StudioDesk(
            self.studio, self.mailbox.sink, _no_access, self._start_of, operator_is_caller=False
        )
        self.lines: dict[str, Line] = {}
        self._hosted = hosted

    async def start(self, key: str, preset: str = LOCAL_PRESET) -> Line:
        line = self.lines[key] = Line(key, Call(), [])
        await self.desk.start_call(key, CallPlan(preset))
        self.fold()
        return line

    def fold(self) -> None:
        for key, facts in self.mailbox.drain().items():
            self.lines[key].call.apply(facts)
            self.lines[key].facts += facts

    async def folded_until(
        self, condition: Callable[[], object], within_s: float, what: str
    ) -> None:
        """Fold what comes until a condition holds."""

        def holds() -> object:
            self.fold()
            return condition()

        await until(holds, within_s, what)

    def kept(self, line: Line) -> Call:
        """What the library has of a call."""
        return self.studio.library.load(line.call.id)

    async def _start_of(self, name: str) -> AgentStart:
        return AgentStart(self._hosted, KEYS) if name == HOSTED else await start_of(name)


@pytest.fixture
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        running.script.set_transcripts(["Is there a meeting room?"] * 2)
        yield running


@pytest.fixture
async def desk(tmp_path: Path, host: SpeakingHost) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path, cloud_preset(host))
    desk.studio.start()
    yield desk
    await desk.desk.end_all()
    await desk.studio.close()


async def test_two_agents_answer_two_callers_at_once_and_nothing_crosses(
    desk: Desk, host: SpeakingHost
) -> None:
    first, second = await asyncio.gather(desk.start("a"), desk.start("b", HOSTED))
    assert first.call.room != second.call.room
    agents = [t.name for t in threading.enumerate() if t.name.startswith("agent")]
    assert len(agents) >= 2

    answers = await asyncio.gather(
        desk.desk.speak("a", [OPENING], 2), desk.desk.speak("b", [MEETING], 2)
    )
    desk.fold()

    assert all(answer.answered for each in answers for answer in each)
    _assert_asked(first.call, OF_OPENING, not_of=OF_MEETING)
    _assert_asked(second.call, OF_MEETING, not_of=OF_OPENING)
    for line in (first, second):
        lanes = {fact.lane for fact in line.facts if isinstance(fact, LevelMeasured)}
        assert lanes >= {Lane.CALLER, Lane.AGENT}
        identities = [person.identity for person in line.call.participants.values()]
        assert sorted(identities) == sorted(set(identities))
    asked = [entry.text for entry in host.script.entries() if entry.what is What.ASKED]
    assert asked == [turn.caller.text for turn in second.call.exchanges if turn.caller]
    await asyncio.gather(desk.desk.end_call("a"), desk.desk.end_call("b"))
    desk.fold()
    for line, own, other in ((first, OF_OPENING, OF_MEETING), (second, OF_MEETING, OF_OPENING)):
        kept = desk.kept(line)
        assert kept.room == line.call.room
        assert _asked(kept) == _asked(line.call)
        _assert_asked(kept, own, not_of=other)
        assert kept.closed_at is not None
    await asyncio.gather(
        *(
            asyncio.to_thread(desk.desk.export, line.key, desk.folder / line.key, {})
            for line in (first, second)
        )
    )
    assert _rooms_in(desk.folder / "a") == {first.call.room}
    assert _rooms_in(desk.folder / "b") == {second.call.room}
    assert not _same_speech(first.call.recording_path, second.call.recording_path)


async def test_the_end_of_one_leaves_the_other_as_it_is(desk: Desk) -> None:
    first, second = await asyncio.gather(desk.start("a"), desk.start("b", HOSTED))
    talking = asyncio.get_running_loop().create_task(desk.desk.speak("b", [MEETING], 2))
    await desk.folded_until(lambda: second.call.exchanges, 40, "the second call's first turn")

    await desk.desk.end_call("a")
    desk.fold()
    answers = await talking
    desk.fold()

    assert first.call.closed_at is not None
    assert second.call.live
    assert [answer.answered for answer in answers] == [True, True]
    assert not [alert for alert in second.call.alerts if "failed" in alert.text.lower()]
    assert [call.venue.room for call in desk.desk.calls] == [second.call.room]


async def test_a_server_that_is_killed_brings_both_back(desk: Desk, host: SpeakingHost) -> None:
    host.script.set_transcripts(["Is there a meeting room?", "What time do you open on Monday?"])
    first, second = await asyncio.gather(desk.start("a"), desk.start("b", HOSTED))
    await asyncio.gather(desk.desk.speak("a", [OPENING], 1), desk.desk.speak("b", [MEETING], 1))
    pid = desk.studio.embedded.pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    lines = (first, second)
    await desk.folded_until(
        lambda: all(line.call.server_down for line in lines), 5, "both are told"
    )
    await desk.folded_until(
        lambda: all(_connected(line.call) for line in lines), 30, "both are back"
    )
    answers = await asyncio.gather(
        desk.desk.speak("a", [CLOSING], 1), desk.desk.speak("b", [OPENING], 1)
    )
    desk.fold()

    assert [answer.answered for each in answers for answer in each] == [True, True]
    assert _nearest(" ".join(_asked(first.call)[1:])) == CLOSING.stem
    assert _nearest(" ".join(_asked(second.call)[1:])) == OPENING.stem
    await desk.desk.end_all()
    desk.fold()
    assert all(line.call.closed_at is not None for line in lines)
    assert desk.desk.calls == ()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("agent")]


async def test_a_room_has_one_call_and_there_are_eight_at_most(desk: Desk) -> None:
    line = await desk.start("a")
    room = CallPlan(preset="", room=line.call.room)
    with pytest.raises(UserError, match=f"There is a call in the room {line.call.room} already"):
        desk.desk.admit(room)
    with pytest.raises(UserError, match="already"):
        await desk.desk.start_call("b", room)

    await desk.desk.end_call("a")

    desk.desk.admit(room)


async def test_a_call_given_up_while_it_starts_leaves_the_other_alone(desk: Desk) -> None:
    first = await desk.start("a")
    starting = asyncio.get_running_loop().create_task(desk.start("b"))
    await until(lambda: len(desk.desk.calls) == 2, 10, "the second start")

    await desk.desk.end_call("b")
    await starting
    desk.fold()

    assert first.call.live
    assert [call.venue.room for call in desk.desk.calls] == [first.call.room]
    access = desk.studio.running_access
    assert access is not None
    assert {room.name for room in await Rooms(access).listed()} == {first.call.room}


def _assert_asked(call: Call, words: tuple[str, ...], not_of: tuple[str, ...]) -> None:
    """What was heard is what this caller said, and nothing of what the other one did."""
    asked = " ".join(_asked(call))
    assert any(word in asked for word in words), asked
    assert not any(word in asked for word in not_of), asked


def _asked(call: Call) -> list[str]:
    return [turn.caller.text.lower() for turn in call.exchanges if turn.caller is not None]


def _nearest(heard: str) -> str:
    """The name of the shipped question that is most like what was heard, a word of which may be wrong."""
    listed = yaml.safe_load(resource("audio/questions.yaml").read_text(encoding="utf-8"))
    likeness = {
        Path(each["file"]).stem: SequenceMatcher(None, heard, each["text"].lower()).ratio()
        for each in listed
    }
    return max(likeness, key=lambda name: likeness[name])


def _connected(call: Call) -> bool:
    states = call.connections.values()
    return not call.server_down and bool(states) and "reconnecting" not in states


def _rooms_in(folder: Path) -> set[str]:
    return {json.loads((folder / "call.json").read_text())["room"]}


def _same_speech(one: str, other: str) -> bool:
    """Whether the callers' channels of two recordings carry the same sound at any shift of up to a second."""
    left, right = (_caller_envelope(path) for path in (one, other))
    size = min(len(left), len(right)) - 100
    best = max(
        float(np.corrcoef(left[shift : shift + size], right[:size])[0, 1]) for shift in range(100)
    )
    return best > 0.9


def _caller_envelope(path: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    with wave.open(path) as recording:
        frames = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
        block = recording.getframerate() // 100
    caller = frames.reshape(-1, 2)[:, 0].astype(np.float64)
    whole = len(caller) // block
    return np.sqrt(np.mean(caller[: whole * block].reshape(whole, block) ** 2, axis=1))


async def _no_access(server: str) -> ServerAccess:
    raise UserError(f"There is no server {server}.")


def test_a_panel_holds_two_calls_while_somebody_goes_to_and_fro(
    tmp_path: Path, host: SpeakingHost
) -> None:
    home, out, preset = tmp_path / "home", tmp_path / "out", tmp_path / "hosted.yaml"
    home.mkdir()
    out.mkdir()
    preset.write_text(
        HOSTED_YAML.format(
            stt=host.socket("deepgram"), llm=host.base("openai"), tts=host.socket("cartesia")
        )
    )

    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.two_calls", str(out), str(preset)],
        cwd=ROOT,
        env=environment(home) | KEYS,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout.splitlines()[-1])
    assert (result["up"], result["answered"]) == ([True, True], [True, True])
    assert (result["other_lives"], result["strays"]) == (True, 0)
    first, second = result["calls"]
    assert "meeting" not in " ".join(first["asked"]).lower()
    assert "meeting" in " ".join(second["asked"]).lower()
    for call in (first, second):
        assert _rooms_in(out / call["key"]) == {call["room"]}
        assert (out / f"{call['key']}.png").stat().st_size > 10_000
