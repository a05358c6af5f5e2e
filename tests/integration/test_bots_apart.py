# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
"""Two bots at once in one process: no fact, log line or key of one in the other's call."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from loguru import logger

from app.domain import facts as f
from app.domain.access import ServerAccess
from tests.support.agents import Talk, caller_for, question
from tests.support.bot_rooms import bot_file, bot_in
from tests.support.bots.corpus import Bots, keys, point
from tests.support.posted import report, until
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What

pytestmark = pytest.mark.alone

QUESTIONS = ("opening_hours", "meeting_rooms")


@pytest.fixture
def providers() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(llm_first_token_ms=100, stt_final_ms=50, tts_first_audio_ms=80)
        yield host


async def talk_with(talk: Talk, server: ServerAccess) -> None:
    caller = caller_for(server, talk.room)
    await caller.join()
    await talk.answers(1, 30)
    for count, name in enumerate(QUESTIONS, start=2):
        caller.ask(question(name))
        await talk.answers(count, 40)
    await until(lambda: _settled(talk), 10, "the texts")
    await caller.leave()


def _settled(talk: Talk) -> bool:
    return all(turn.agent is not None and turn.agent.final for turn in talk.call().turns)


async def test_nothing_of_one_bot_is_in_the_call_of_another(
    livekit_server: ServerAccess, room: str, bots: Bots, providers: SpeakingHost, tmp_path: Path
):
    names = ("ada", "bob")
    before = dict(os.environ)
    lines: list[tuple[int, str]] = []
    handler = logger.add(
        lambda m: lines.append((m.record["thread"].id, m.record["message"])), level="DEBUG"
    )
    for name in names:
        owned = keys(name)
        said = [f"Hello from {name}.", f"{name} says one.", f"{name} says two."]
        providers.script.set_answers(said, only=owned["OPENAI_API_KEY"])
        asked = [f"First of {name}.", f"Second of {name}."]
        providers.script.set_transcripts(asked, only=owned["DEEPGRAM_API_KEY"])
    try:
        async with AsyncExitStack() as stack:
            talks: list[Talk] = []
            for name in names:
                program = bots.quickstart(_made(tmp_path / name))
                # One has its keys in its own .env, the other blank there and given by the panel.
                in_file = keys(name) if name == "ada" else dict.fromkeys(keys(), "")
                point(program, providers.address, in_file)
                given = {} if name == "ada" else keys(name)
                hosting = bot_in(livekit_server, f"{room}-{name}", bot_file(program), given)
                talks.append(await stack.enter_async_context(hosting))
            async with asyncio.TaskGroup() as group:
                for talk in talks:
                    group.create_task(talk_with(talk, livekit_server))
    finally:
        logger.remove(handler)

    for name, other, talk in zip(names, reversed(names), talks, strict=True):
        call = talk.call()
        texts = [turn.agent.text for turn in call.turns if turn.agent]
        assert texts == [f"Hello from {name}.", f"{name} says one.", f"{name} says two."]
        heard = [turn.caller.text for turn in call.turns if turn.caller]
        assert heard == [f"First of {name}.", f"Second of {name}."]
        assert other not in repr(talk.sink.facts)
        assert not talk.sink.of(f.ErrorRaised)
    entries = providers.script.entries()
    assert {entry.key for entry in entries if entry.what is What.CONNECTED} == {
        value
        for name in names
        for variable, value in keys(name).items()
        if variable != "ELEVENLABS_API_KEY"
    }
    spoken = [entry for entry in entries if entry.what is What.SPOKEN]
    assert spoken
    assert all(entry.key.split("-")[0] in entry.text for entry in spoken)
    assert dict(os.environ) == before
    threads = [talk.agent._run.thread_ident for talk in talks]
    logged = [[line for ident, line in lines if ident == thread] for thread in threads]
    for name, other, own in zip(names, reversed(names), logged, strict=True):
        assert any(f"Hello from {name}" in line for line in own)
        assert not [line for line in own if other in line]
    report(
        f"log lines of each: {[len(own) for own in logged]}, facts: {[len(t.sink.facts) for t in talks]}"
    )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def test_two_bots_with_neighbours_of_one_name_at_once(
    livekit_server: ServerAccess, room: str, bots: Bots, providers: SpeakingHost, tmp_path: Path
):
    async with AsyncExitStack() as stack:
        talks: list[Talk] = []
        for name in ("siblings_one", "siblings_two"):
            program = bots.written(name, tmp_path)
            point(program, providers.address, {**keys(name), "CARTESIA_VOICE_ID": "a-voice"})
            hosting = bot_in(livekit_server, f"{room}-{name}", bot_file(program))
            talks.append(await stack.enter_async_context(hosting))
        callers = [caller_for(livekit_server, talk.room) for talk in talks]
        for caller in callers:
            await caller.join()
        for talk in talks:
            await talk.answers(1)
        for caller in callers:
            await caller.leave()

    spoken = {
        entry.key: entry.text for entry in providers.script.entries() if entry.what is What.SPOKEN
    }
    assert spoken["siblings_one-cartesia"].startswith("Ada speaking")
    assert len(spoken) == len({*spoken.values()}) == 2
