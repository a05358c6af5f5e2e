"""Bots that know nothing of Greenroom talk with a caller in a real room, in the panel's process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.facts import AgentState
from tests.support.agents import Talk, caller_for, question
from tests.support.bot_rooms import bot_file, bot_in
from tests.support.bots.corpus import Bots, keys, point
from tests.support.posted import report, until
from tests.support.speaking.host import SpeakingHost

QUESTIONS = ("opening_hours", "meeting_rooms", "closing_time")
SAID = ["When are you open?", "Do you have meeting rooms?", "When do you close?"]
ANSWERS = ["Hello, I am Joe.", "From nine to six.", "Yes, we have three of them.", "At six."]


@pytest.fixture
def providers() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(llm_first_token_ms=100, stt_final_ms=50, tts_first_audio_ms=80)
        yield host


async def three_questions(talk: Talk, server: ServerAccess, room: str) -> None:
    caller = caller_for(server, room)
    await caller.join()
    await talk.answers(1)
    for count, name in enumerate(QUESTIONS, start=2):
        caller.ask(question(name))
        await talk.answers(count, 30)
    await until(lambda: _settled(talk), 5, "the texts")
    await caller.leave()


def _settled(talk: Talk) -> bool:
    return all(turn.agent is not None and turn.agent.final for turn in talk.call().turns)


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
    point(program, providers.address, {**keys(), "ELEVENLABS_VOICE_ID": "a-voice"})
    providers.script.set_answers(ANSWERS)
    providers.script.set_transcripts(SAID)
    before = dict(os.environ)

    async with bot_in(livekit_server, room, bot_file(program)) as talk:
        await three_questions(talk, livekit_server, room)
        # The stock handler ends the bot when its caller has left.
        await until(lambda: talk.states()[-1] is AgentState.STOPPED, 6, "its own end")
    call = talk.call()
    for turn in call.turns:
        report(f"{turn.reported_ms} ms: {turn.stages}")

    greeting, *exchanges = call.turns
    assert greeting.caller is None
    assert greeting.agent is not None
    assert greeting.agent.text == ANSWERS[0]
    assert [turn.caller.text for turn in exchanges if turn.caller] == SAID
    assert [turn.agent.text for turn in exchanges if turn.agent] == ANSWERS[1:]
    for turn in exchanges:
        assert turn.reported_ms is not None
        assert sum(stage.duration_ms for stage in turn.stages) == pytest.approx(
            turn.reported_ms, abs=1.0
        )
    assert {used.kind for used in talk.sink.of(f.ServiceUsed)} == {"stt", "llm", "tts"}
    assert all(timed.duration_ms > 0 for timed in talk.sink.of(f.ServiceTimed))
    assert not talk.sink.of(f.AgentInterrupted)
    assert not talk.sink.of(f.ErrorRaised)
    assert not talk.sink.of(f.TroubleFound)
    assert talk.sink.sampled(f.LevelMeasured)
    assert talk.sink.of(f.AgentStateChanged)[-1].why == "Its program has ended."
    assert {entry.key for entry in providers.script.entries() if entry.key} <= {*keys().values()}
    assert dict(os.environ) == before
