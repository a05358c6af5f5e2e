"""The panel's end, with small programs in the place of the child's."""

import sys
import threading
import time
import venv
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from app.agent.isolated import agent as isolated
from app.agent.isolated.agent import IsolatedAgent
from app.agent.stop_ladder import StopReport, StopRung
from app.domain import facts as f
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.domain.live_changes import LiveChange, LiveSetting
from app.runtime.clock import AnchoredClock
from tests.support.posted import Posted

CLOCK = AnchoredClock()
TOKEN = "a-token-of-the-agent-0123456789"
KEY = "a-key-of-the-bot-0123456789"
STAND_IN = """\
#!{python}
import json, os, sys, threading, time
facts = int(sys.argv[-1])
def tell(*parts):
    os.write(facts, json.dumps(parts).encode() + b"\\n")
def state(name, why=""):
    tell("fact", "AgentStateChanged", json.dumps(dict(at=time.time(), state=name, why=why)))
def orders():
    for line in sys.stdin:
        if line.strip():
            yield json.loads(line)
tell("hello", time.monotonic() + {ahead_s})
orders = orders()
start = next(orders)[1]
def joins():
    tell("loaded"); tell("joined"); state("listening")
def obeys():
    for name, *rest in orders:
        if name == "type":
            tell("done", rest[0], "", "")
        if name == "change":
            tell("done", rest[0], "No " + rest[1], str(rest[2]))
        if name == "stop":
            tell("stopping"); state("stopped", "ended politely")
            tell("stopped", "ended politely", True)
            return
{program}
"""


class Rig:
    """An isolated agent whose child is a stand-in."""

    def __init__(
        self, folder: Path, program: str, *, ahead_s: float = 0.0, python: Path | None = None
    ):
        self.sink = Posted()
        self.evictions: list[float] = []
        self.refuses_eviction = False
        bot = folder / "bot.py"
        bot.write_text("")
        (folder / ".env").write_text("SERVICE_PASSWORD=a-password-in-env\n")
        stand_in = folder / "stand-in"
        stand_in.write_text(
            STAND_IN.format(python=sys.executable, program=program, ahead_s=ahead_s)
        )
        stand_in.chmod(0o700)
        self.agent = IsolatedAgent(
            BotFile(id="a", name="A bot", path=bot, sha256=""),
            RoomAccess("ws://127.0.0.1:1", "room", "agent-1", TOKEN),
            sink=self.sink,
            clock=CLOCK,
            evict=self._evict,
            environment={"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-4.1-mini"},
            python=python or stand_in,
        )

    def states(self) -> list[AgentState]:
        return [fact.state for fact in self.sink.of(f.AgentStateChanged)]

    def why(self) -> str:
        return self.sink.of(f.AgentStateChanged)[-1].why

    def stop(self) -> StopReport:
        return self.agent.stop().result(13)

    def _evict(self) -> "Future[None]":
        self.evictions.append(CLOCK.now())
        done: Future[None] = Future()
        if self.refuses_eviction:
            done.set_exception(UserError("The server is gone."))
        else:
            done.set_result(None)
        return done


def eventually(condition: Callable[[], object], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refusal(future: "Future[None]") -> UserError:
    error = future.exception(10)
    assert isinstance(error, UserError)
    return error


def test_a_healthy_life(tmp_path: Path):
    rig = Rig(tmp_path, "joins(); obeys()")
    rig.agent.start().result(10)
    rig.agent.type_as_caller("Hello?").result(5)
    rig.agent.type_as_caller("   ").result(0)
    report = rig.stop()

    assert report.rung is StopRung.ENDED
    assert report.thread_ended
    assert rig.states() == [
        AgentState.STARTING,
        AgentState.LISTENING,
        AgentState.STOPPING,
        AgentState.STOPPED,
    ]
    assert len(rig.evictions) == 1
    assert rig.sink.of(f.StepProgressed)[-1].took_s is not None
    assert not [t for t in threading.enumerate() if "agent-1" in t.name]


@pytest.mark.parametrize("ahead_s", [0.0, 5000.0, -5000.0])
def test_the_child_tells_the_panels_time(tmp_path: Path, ahead_s: float):
    now = f"start['clock_offset_s'] + time.monotonic() + {ahead_s}"
    program = f"tell('fact', 'Flagged', json.dumps(dict(at={now}, note='')))\njoins(); obeys()"
    rig = Rig(tmp_path, program, ahead_s=ahead_s)
    before = CLOCK.now()
    rig.agent.start().result(10)
    after = CLOCK.now()
    rig.stop()

    (told,) = rig.sink.of(f.Flagged)
    late_s = 0.001 if ahead_s == 0.0 else 0.1
    assert before < told.at < after + late_s


def test_the_child_gets_its_keys_over_the_pipe_alone(tmp_path: Path):
    program = (
        "seen = json.dumps([sys.argv, dict(os.environ)])\n"
        "tell('fact', 'Flagged', json.dumps(dict(at=1.0, note=seen)))\n"
        "tell('fact', 'Flagged', json.dumps(dict(at=1.0, note=json.dumps(start))))\n"
        "joins(); obeys()"
    )
    rig = Rig(tmp_path, program)
    rig.agent.start().result(10)
    rig.stop()

    outside, start = (flagged.note for flagged in rig.sink.of(f.Flagged))
    assert TOKEN not in outside
    assert KEY not in outside
    assert TOKEN in start
    assert KEY in start


def test_a_death_tells_why_without_secrets(tmp_path: Path):
    program = (
        "joins()\n"
        "sys.stderr.write('DEBUG x: noise\\nbad key ' + start['environment']['OPENAI_API_KEY'])\n"
        "sys.stderr.write('\\nnor a-password-in-env for gpt-4.1-mini\\n')\n"
        "sys.stderr.flush()\n"
        "os._exit(3)"
    )
    rig = Rig(tmp_path, program)
    rig.agent.start().result(10)
    eventually(lambda: AgentState.FAILED in rig.states())

    assert rig.why() == (
        "The agent has gone. Its process ended with code 3. It wrote last: bad key •••"
        " / nor ••• for gpt-4.1-mini"
    )
    assert len(rig.evictions) == 1
    assert "not running" in str(refusal(rig.agent.type_as_caller("Hello?")))
    assert rig.stop().rung is StopRung.ENDED
    assert rig.states()[-1] is AgentState.FAILED


def test_a_start_that_is_refused_says_why(tmp_path: Path):
    rig = Rig(tmp_path, "tell('refused', 'No room.', 'Make one.'); obeys()")

    assert str(refusal(rig.agent.start())) == "No room. Make one."
    assert rig.states() == [AgentState.STARTING, AgentState.FAILED]
    assert rig.stop().rung is StopRung.ENDED


def test_a_start_that_takes_too_long_says_what_it_was_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(isolated, "START_S", 1.0)
    step = "dict(at=1.0, step='pipeline', label='Build its pipeline', detail='its models')"
    rig = Rig(tmp_path, f"tell('fact', 'StepProgressed', json.dumps({step})); time.sleep(600)")

    error = refusal(rig.agent.start())

    assert "after 1 s" in error.title
    assert "Build its pipeline: its models" in error.hint
    eventually(lambda: rig.evictions)
    assert rig.stop().rung is StopRung.ENDED


def test_a_child_that_hears_nothing_is_killed_and_put_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(isolated, "ANSWERS_S", 0.3)
    rig = Rig(tmp_path, "joins(); time.sleep(600)")
    rig.agent.start().result(10)
    report = rig.stop()

    assert report.rung is StopRung.KILLED
    assert report.thread_ended
    assert len(rig.evictions) == 2
    assert rig.states()[-1] is AgentState.STOPPED


def test_a_child_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isolated, "POLITE_S", 0.3)
    rig = Rig(tmp_path, "joins(); next(orders); tell('stopping'); time.sleep(600)")
    rig.agent.start().result(10)

    assert rig.stop().rung is StopRung.KILLED


def test_a_stop_goes_through_where_the_server_does_not_answer(tmp_path: Path):
    rig = Rig(tmp_path, "joins(); tell('evict'); obeys()")
    rig.refuses_eviction = True
    rig.agent.start().result(10)
    eventually(lambda: rig.evictions)

    assert rig.stop().rung is StopRung.ENDED


def test_what_was_typed_into_a_dying_bot_is_refused(tmp_path: Path):
    rig = Rig(tmp_path, "joins(); next(orders); os._exit(1)")
    rig.agent.start().result(10)

    assert "not running" in str(refusal(rig.agent.type_as_caller("Hello?")))
    rig.stop()


def test_a_change_is_carried_out_by_the_process_or_refused_in_its_words(tmp_path: Path):
    rig = Rig(tmp_path, "joins(); obeys()")
    change = LiveChange(LiveSetting.VOICE, "amy")
    assert "not running" in str(refusal(rig.agent.change(change)))
    rig.agent.start().result(10)

    assert str(refusal(rig.agent.change(change))) == "No voice amy"
    rig.stop()


def test_an_order_that_is_longer_than_the_pipe_says_so(tmp_path: Path):
    rig = Rig(tmp_path, "joins(); time.sleep(600)")
    rig.agent.start().result(10)
    change = LiveChange(LiveSetting.INSTRUCTIONS, "x" * 1_000_000)

    assert "took no order" in str(refusal(rig.agent.change(change)))
    rig.agent._link.kill()  # pyright: ignore[reportPrivateUsage]
    rig.stop()


def test_a_bot_that_never_started_stops_at_once(tmp_path: Path):
    rig = Rig(tmp_path, "")

    assert "not running" in str(refusal(rig.agent.type_as_caller("Hello?")))
    report = rig.stop()

    assert report.rung is StopRung.ENDED
    assert report.took_s < 1


def test_messages_that_are_none_harm_nothing(tmp_path: Path):
    program = (
        "tell('fact'); tell('stopped', 'a rung', True); tell('done', 7, '', ''); tell(3)\n"
        "tell('hello', 'now'); tell('fact', 'CallerSaid', '{}'); joins(); obeys()"
    )
    rig = Rig(tmp_path, program)
    rig.agent.start().result(10)

    assert rig.stop().rung is StopRung.ENDED


def test_an_environment_without_pipecat_says_what_it_lacks(tmp_path: Path):
    own = tmp_path / "own"
    venv.create(own, symlinks=True)
    rig = Rig(tmp_path, "", python=own / "bin" / "python")

    error = refusal(rig.agent.start())

    assert "environment" in error.title
    assert "“pipecat”" in error.hint or "“pydantic”" in error.hint
    assert str(own) in error.hint
    assert "pip install" in error.hint
    assert rig.stop().thread_ended
