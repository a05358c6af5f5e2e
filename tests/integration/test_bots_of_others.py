"""Bots as people write them, in the panel's process and in one of their own, alone and several at once."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.domain import facts as f
from app.domain.access import ServerAccess
from tests.support.agents import Talk, caller_for, question
from tests.support.bot_rooms import bot_file, bot_in
from tests.support.bots.corpus import KEYS, Bots, keys, point
from tests.support.isolated_rooms import IsolatedTalk, isolated_file, isolated_in
from tests.support.posted import until
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What

MODES = pytest.mark.parametrize("mode", ["in process", "isolated"])
Spoken = Talk | IsolatedTalk


@pytest.fixture
def providers() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(llm_first_token_ms=100, stt_final_ms=50, tts_first_audio_ms=80)
        yield host


@asynccontextmanager
async def running(
    mode: str, server: ServerAccess, room: str, program: Path, environment: Mapping[str, str]
) -> AsyncGenerator[Spoken]:
    if mode == "isolated":
        bot = isolated_file(program)
        async with isolated_in(server, room, bot, environment=environment) as talk:
            yield talk
    else:
        async with bot_in(server, room, bot_file(program), environment) as talk:
            yield talk


def answers(talk: Spoken) -> list[str]:
    return [turn.agent.text for turn in talk.call().turns if turn.agent and turn.agent.final]


async def said(talk: Spoken, text: str) -> None:
    await until(lambda: text in " ".join(answers(talk)), 20, f"“{text}”")


@MODES
async def test_a_bot_with_tools_looks_up_the_weather_and_tells_it(
    livekit_server: ServerAccess,
    room: str,
    bots: Bots,
    providers: SpeakingHost,
    tmp_path: Path,
    mode: str,
):
    program = bots.written("with_tools", tmp_path)
    point(program, providers.address, {})
    providers.script.set_transcripts(["How is the weather in Paris?"])
    providers.script.set_answers(["Hello, ask me about the weather.", "It is nice in Paris."])
    environment = keys("tools")

    async with running(mode, livekit_server, room, program, environment) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        caller.ask(question("opening_hours"))
        await said(talk, "It is nice in Paris.")
        await caller.leave()

    called = talk.sink.of(f.ToolCalled)
    assert {call.name for call in called} == {"get_current_weather"}
    assert called[-1].kind == "completed"
    assert "celsius" in next(call.arguments for call in called if call.arguments)
    assert "75" in called[-1].result
    assert not talk.sink.of(f.ErrorRaised)
    asked = providers.orders().entries(What.ASKED)
    # The greeting, the question, and the result of the tool: none lost, none twice.
    assert [entry.text for entry in asked][:2] == [
        "Please introduce yourself.",
        "How is the weather in Paris?",
    ]
    assert len(asked) == 3
    assert providers.orders().keys() <= {*environment.values()}


@MODES
async def test_a_bot_with_its_own_runner_and_its_own_log_talks(
    livekit_server: ServerAccess,
    room: str,
    bots: Bots,
    providers: SpeakingHost,
    tmp_path: Path,
    mode: str,
):
    program = bots.written("own_runner", tmp_path)
    point(program, providers.address, {})
    providers.script.set_transcripts(["Can you mend my bicycle?"])
    providers.script.set_answers(["Of course, bring it in."])

    async with running(mode, livekit_server, room, program, keys("shop")) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        caller.ask(question("opening_hours"))
        await said(talk, "Of course, bring it in.")
        await caller.leave()

    (asked,) = providers.orders().entries(What.ASKED)
    assert asked.text == "Can you mend my bicycle?"
    spoken = [entry.text for entry in providers.orders().entries(What.SPOKEN)]
    assert " ".join(spoken) == "Hi there, how can I help? Of course, bring it in."
    assert not talk.sink.of(f.ErrorRaised)


@MODES
async def test_two_bots_at_once_keep_their_modules_keys_and_words_apart(
    livekit_server: ServerAccess,
    room: str,
    bots: Bots,
    providers: SpeakingHost,
    tmp_path: Path,
    mode: str,
):
    lines = {"one": "Ada speaking, the library.", "two": "This is Bob, at the garage."}
    programs = {name: bots.written(f"siblings_{name}", tmp_path) for name in lines}
    for name, program in programs.items():
        point(program, providers.address, {"CARTESIA_VOICE_ID": f"voice-{name}"})

    async def greeted(name: str) -> Spoken:
        place = f"{room}-{name}"
        async with running(mode, livekit_server, place, programs[name], keys(name)) as talk:
            caller = caller_for(livekit_server, place)
            await caller.join()
            await talk.answers(1)
            await caller.leave()
            return talk

    talks = await asyncio.gather(*(greeted(name) for name in lines))

    for talk, (name, line) in zip(talks, lines.items(), strict=True):
        spoken = providers.orders().entries(What.SPOKEN, key=f"{name}-cartesia")
        assert [entry.text for entry in spoken] == [line]
        told = repr(talk.sink.facts)
        other = "two" if name == "one" else "one"
        assert lines[other] not in told
        assert not any(keys(other)[key] in told for key in KEYS)
        assert not talk.sink.of(f.ErrorRaised)
    assert providers.orders().keys() == {"one-cartesia", "two-cartesia"}


@MODES
async def test_a_bot_that_hears_and_speaks_by_itself_greets_and_answers(
    livekit_server: ServerAccess,
    room: str,
    bots: Bots,
    providers: SpeakingHost,
    tmp_path: Path,
    mode: str,
):
    program = bots.realtime(tmp_path)
    point(program, providers.address, {})
    asked = ["When are you open?", "Do you have meeting rooms?"]
    replies = ["Hello, I am Joe.", "From nine to six.", "Yes, we have three of them."]
    providers.script.set_transcripts(asked)
    providers.script.set_answers(replies)

    async with running(mode, livekit_server, room, program, keys("speaker")) as talk:
        caller = caller_for(livekit_server, room)
        await caller.join()
        await talk.answers(1)
        for name, reply in zip(("opening_hours", "meeting_rooms"), replies[1:], strict=True):
            caller.ask(question(name))
            await said(talk, reply)
        await caller.leave()

    callers = [turn.caller.text for turn in talk.call().turns if turn.caller]
    assert callers == asked
    assert answers(talk) == replies
    assert talk.sink.of(f.ServiceUsed)
    assert not talk.sink.of(f.ErrorRaised)
    assert providers.orders().keys() == {"speaker-openai"}
