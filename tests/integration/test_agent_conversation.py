"""A local agent talks with a caller in a real room."""

import threading

import pytest

from app.agent.local_models import LoadedModels
from app.agent.preset_file import find_preset, load_preset
from app.agent.stop_ladder import StopRung
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.facts import AgentState, Lane, Tap
from tests.support.agents import Talk, agent_in, caller_for, question, silent_preset
from tests.support.livekit import silence
from tests.support.posted import report, until

QUESTIONS = ("opening_hours", "meeting_rooms", "closing_time")


async def test_three_spoken_questions_are_answered_aloud(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    preset = load_preset(find_preset("local"))
    async with agent_in(livekit_server, room, local_models, preset) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        for count, name in enumerate(QUESTIONS, start=2):
            caller.ask(question(name))
            await talk.answers(count)
        await until(lambda: len(talk.sink.of(f.AgentSaid)) and _all_final(talk), 5, "the texts")
        await caller.leave()
    _figures(talk)

    call = talk.call()
    greeting, *exchanges = call.turns
    assert greeting.caller is None
    assert greeting.agent is not None
    assert greeting.agent.text == preset.greeting
    assert len(exchanges) == 3
    for turn in exchanges:
        assert turn.caller is not None
        assert turn.agent is not None
        assert turn.caller.final
        assert turn.agent.final
        assert not turn.agent.interrupted
        assert turn.reported_ms is not None
        assert sum(stage.duration_ms for stage in turn.stages) == pytest.approx(
            turn.reported_ms, abs=1.0
        )
        assert turn.gaps[Tap.AGENT].ms > 0.0
    heard = [turn.caller.text for turn in exchanges if turn.caller is not None]
    assert "Monday" in heard[0]
    assert "meeting" in heard[1]
    said = [turn.agent.text for turn in exchanges if turn.agent is not None]
    assert "nine" in said[0]
    assert "rooms" in said[1]
    assert not any(mark in " ".join(said) for mark in "*#`")


def _all_final(talk: Talk) -> bool:
    return all(turn.agent is not None and turn.agent.final for turn in talk.call().turns)


def _figures(talk: Talk) -> None:
    for turn in talk.call().exchanges:
        stages = ", ".join(f"{stage.key} {stage.duration_ms:.0f}" for stage in turn.stages)
        gap = turn.gaps.get(Tap.AGENT)
        report(f"reported {turn.reported_ms:.0f} ms, in its audio {gap and gap.ms:.0f}: {stages}")


async def test_what_happens_is_told_as_it_happens(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    async with agent_in(livekit_server, room, local_models, silent_preset()) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        caller.ask(silence(0.5))
        caller.ask(question("opening_hours"))
        await talk.answers(1)
        stopped = talk.agent.stop()
        await until(stopped.done, 15, "the stop")
        await caller.leave()
    sink = talk.sink

    assert stopped.result().rung is StopRung.ENDED
    assert talk.states() == [
        AgentState.STARTING,
        AgentState.LISTENING,
        AgentState.THINKING,
        AgentState.SPEAKING,
        AgentState.LISTENING,
        AgentState.STOPPING,
        AgentState.STOPPED,
    ]
    partials = [said for said in sink.of(f.CallerSaid) if not said.final]
    assert partials[0].at < sink.of(f.CallerTurnStopped)[0].at + 0.5
    assert {used.kind for used in sink.of(f.ServiceUsed)} == {"stt", "llm", "tts"}
    assert all(timed.duration_ms > 0 for timed in sink.of(f.ServiceTimed))
    assert {edge.lane for edge in sink.of(f.SpeechEdge)} == {Lane.CALLER, Lane.AGENT}
    assert len(sink.of(f.StartupTimed)) == 1
    assert sink.sampled(f.PipelineLagged)
    ear = sink.sampled(f.LevelMeasured)
    assert {level.lane for level in ear} == {Lane.EAR}
    assert max(level.peak_dbfs for level in ear) > -20.0
    spent_s = sink.facts[-1].at - sink.facts[0].at
    assert len(ear) <= 31 * spent_s
    assert not [t for t in threading.enumerate() if t.name.startswith(("agent", "stop"))]


async def test_the_agent_falls_silent_when_the_caller_speaks_over_it(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    async with agent_in(livekit_server, room, local_models, silent_preset()) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        caller.ask(question("meeting_rooms"))
        await until(lambda: talk.sink.of(f.AgentSpeechStarted), 15, "an answer")
        caller.ask(question("closing_time"))
        await talk.answers(2)
        await until(lambda: len(talk.call().exchanges) == 2 and _all_final(talk), 5, "the texts")
        await caller.leave()
    first, second = talk.call().exchanges

    assert len(talk.sink.of(f.AgentInterrupted)) == 1
    interrupted_at = talk.sink.of(f.AgentInterrupted)[0].at
    assert first.agent is not None
    assert first.agent.interrupted
    assert first.agent.text
    assert first.agent.stopped_at is not None
    assert second.caller is not None
    assert second.caller.started_at is not None
    report(f"silent {1000 * (first.agent.stopped_at - second.caller.started_at):.0f} ms later")
    assert first.agent.stopped_at - second.caller.started_at < 1.0
    written = [e for e in talk.sink.of(f.SpeechEdge) if e.lane is Lane.AGENT]
    last_before = [edge for edge in written if edge.at < interrupted_at + 0.5][-1]
    assert last_before.edge is f.Edge.OFFSET
    assert second.agent is not None
    assert not second.agent.interrupted
    assert second.agent.text


async def test_typed_words_are_answered_like_spoken_ones(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    async with agent_in(livekit_server, room, local_models, silent_preset()) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        talk.agent.type_as_caller("  Do you have meeting rooms? ").result(5)
        talk.agent.type_as_caller("   ").result(5)
        await talk.answers(1)
        await until(lambda: _all_final(talk), 5, "the text")
        await caller.leave()
    (turn,) = talk.call().exchanges

    assert turn.caller is not None
    assert (turn.caller.text, turn.caller.typed) == ("Do you have meeting rooms?", True)
    assert turn.agent is not None
    assert "rooms" in turn.agent.text
    assert turn.reported_ms is None
