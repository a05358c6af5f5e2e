"""Bots in processes of their own talk with a caller in a real room."""

import asyncio
import os
import signal
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.agent.stop_ladder import StopRung
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.domain.live_changes import LiveChange, LiveSetting
from app.media.rooms import Rooms
from tests.support.agents import CLOCK, IDENTITY, caller_for, question
from tests.support.bots import corpus
from tests.support.bots.corpus import KEYS, Bots, keys, point
from tests.support.isolated_rooms import isolated_file, isolated_in
from tests.support.livekit import until_only
from tests.support.posted import report, until
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What

QUESTIONS = ("opening_hours", "meeting_rooms", "closing_time")
SAID = ["When are you open?", "Do you have meeting rooms?", "When do you close?"]
PROMPT = (
    (Path(corpus.__file__).parent / "written" / "own_runner" / "prompt.txt").read_text().strip()
)
ANSWERS = ["Hello, I am Joe.", "From nine to six.", "Yes, we have three of them.", "At six."]


@pytest.fixture
def providers() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(llm_first_token_ms=100, stt_final_ms=50, tts_first_audio_ms=80)
        host.script.set_answers(ANSWERS)
        host.script.set_transcripts(SAID)
        yield host


@pytest.mark.parametrize("kind", ["quickstart", "scaffold"])
async def test_a_stock_bot_greets_and_answers_three_spoken_questions(
    livekit_server: ServerAccess,
    room: str,
    bots: Bots,
    providers: SpeakingHost,
    tmp_path: Path,
    kind: str,
):
    program: Path = getattr(bots, kind)(tmp_path)
    point(program, providers.address, {})
    environment = {**keys("an-isolated-bot"), "ELEVENLABS_VOICE_ID": "a-voice"}
    began = CLOCK.now()

    async with isolated_in(
        livekit_server, room, isolated_file(program), environment=environment
    ) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        for count, name in enumerate(QUESTIONS, start=2):
            caller.ask(question(name))
            await talk.answers(count, 30)
        await until(lambda: all(t.agent and t.agent.final for t in talk.call().turns), 5, "texts")
        await caller.leave()
        stopped = await talk.stopped()
        over = CLOCK.now()
        await until_only(talk.server, talk.room)

    steps = talk.sink.of(f.StepProgressed)
    report(f"{[(s.label, s.detail) for s in steps]} {stopped}")
    greeting, *exchanges = talk.call().turns
    assert greeting.caller is None
    assert greeting.agent is not None
    assert greeting.agent.text == ANSWERS[0]
    assert [turn.caller.text for turn in exchanges if turn.caller] == SAID
    assert [turn.agent.text for turn in exchanges if turn.agent] == ANSWERS[1:]
    for turn in exchanges:
        assert turn.reported_ms is not None
        assert sum(s.duration_ms for s in turn.stages) == pytest.approx(turn.reported_ms, abs=1.0)
    assert {used.kind for used in talk.sink.of(f.ServiceUsed)} == {"stt", "llm", "tts"}
    assert not talk.sink.of(f.ErrorRaised)
    assert not talk.sink.of(f.TroubleFound)
    assert talk.sink.sampled(f.LevelMeasured)
    assert talk.states()[0] is AgentState.STARTING
    assert talk.states()[-1] is AgentState.STOPPED
    assert stopped.rung is StopRung.ENDED
    # The process tells the panel's time.
    assert all(began <= fact.at <= over for fact in talk.sink.facts)
    used = {entry.key for entry in providers.script.entries() if entry.key}
    assert used <= {*environment.values()}
    assert len(used) == len(KEYS) - 1


async def test_a_typed_line_is_answered_and_another_call_dies_without_a_trace_in_this_one(
    livekit_server: ServerAccess, room: str, bots: Bots, providers: SpeakingHost, tmp_path: Path
):
    talker = bots.written("with_tools", tmp_path)
    point(talker, providers.address, {})
    mute = bots.written("swallows_end", tmp_path)
    rooms = Rooms(livekit_server)
    other = f"{room}-other"
    await rooms.create(other)
    environment = keys("an-isolated-bot")

    async with (
        isolated_in(livekit_server, room, isolated_file(talker), environment=environment) as talk,
        isolated_in(livekit_server, other, isolated_file(mute)) as dying,
    ):
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        os.kill(dying.pid, signal.SIGKILL)
        await until(lambda: AgentState.FAILED in dying.states(), 2, "the other's failure")
        talk.agent.type_as_caller("When are you open?").result(5)
        await talk.answers(2)
        await caller.leave()
        assert AgentState.FAILED not in talk.states()
    await rooms.delete(other)

    assert not dying.sink.of(f.AgentSaid)
    assert [said.text for said in talk.sink.of(f.CallerSaid)] == ["When are you open?"]


async def test_instructions_model_and_voice_change_in_a_bots_own_process(
    livekit_server: ServerAccess, room: str, bots: Bots, providers: SpeakingHost, tmp_path: Path
):
    program = bots.written("own_runner", tmp_path)
    point(program, providers.address, {})
    environment = keys("an-isolated-bot")

    async with isolated_in(
        livekit_server, room, isolated_file(program), environment=environment
    ) as talk:
        for setting, value in (
            (LiveSetting.INSTRUCTIONS, "Be long."),
            (LiveSetting.MODEL, "gpt-4.1-nano"),
            (LiveSetting.VOICE, "another-voice"),
        ):
            talk.agent.change(LiveChange(setting, value)).result(5)
        talk.agent.type_as_caller("When are you open?").result(5)
        await talk.answers(1)
        with pytest.raises(UserError, match="silence before an answer"):
            talk.agent.change(LiveChange(LiveSetting.SILENCE_S, 0.4)).result(5)
    with pytest.raises(UserError, match="not running"):
        talk.agent.change(LiveChange(LiveSetting.MODEL, "gpt-4.1")).result(5)

    (asked,) = [each.body for each in providers.script.entries() if each.what is What.ASKED]
    assert asked["model"] == "gpt-4.1-nano"
    assert "Be long." in str(asked["messages"])
    assert PROMPT not in str(asked["messages"])
    changed = talk.sink.of(f.SettingChanged)
    assert [(fact.name, fact.after) for fact in changed] == [
        ("instructions", "Be long."),
        ("model", "gpt-4.1-nano"),
        ("voice", "another-voice"),
    ]
    assert PROMPT in changed[0].before


async def test_a_bot_runs_with_the_environment_of_its_own_project(
    livekit_server: ServerAccess, room: str, bots: Bots, tmp_path: Path
):
    program = bots.written("swallows_end", tmp_path)
    own = program.parent / ".venv"
    await asyncio.to_thread(venv.create, own, symlinks=True)
    (packages,) = own.glob("lib/python*/site-packages")
    # What it would have installed, without installing it.
    (packages / "theirs.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    python = own / "bin" / "python"

    async with isolated_in(livekit_server, room, isolated_file(program), python=python) as talk:
        assert psutil.Process(talk.pid).cmdline()[0] == str(python)
        await until_only(talk.server, talk.room, IDENTITY)
