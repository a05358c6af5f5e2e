"""Presets of services elsewhere, in a real room: fallbacks, tools, changes and limits while a caller is there."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.call_course import GOODBYE
from app.agent.local_models import LoadedModels
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.preset_services import CatalogueService, PiperJoe, Services, WhisperTinyEn
from app.domain.presets import Idle, Limits, Preset
from app.domain.prices import Price
from tests.support.agents import Talk, agent_in, caller_for, question
from tests.support.posted import until
from tests.support.relayed import second_chat
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Service, What

TOOL = '''
def weather(place: str) -> str:
    """How the weather is.

    Args:
        place: Where.
    """
    return f"fine in {place}"
'''

FLOW_TOOL = '''
from pipecat.flows import TRANSITION_IN_YAML

async def weather(flow_manager, place: str):
    """How the weather is.

    Args:
        place: Where.
    """
    return {"weather": f"fine in {place}"}, TRANSITION_IN_YAML
'''
FLOW = """
initial_node: greet
nodes:
  greet:
    role_message: You take bookings.
    task_messages:
      - role: developer
        content: Ask when the caller wants to come.
    functions:
      - name: weather
        transition_to: book
  book:
    task_messages:
      - role: developer
        content: Book it.
"""


@pytest.fixture
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


def preset_at(host: SpeakingHost) -> Preset:
    """Ears and voice of this computer, a model at the provider host and another that stands by."""
    thinks = CatalogueService(
        service="openai_llm",
        model="gpt-4.1",
        url=f"{host.base('openai')}/v1",
        fallback=(second_chat(host),),
    )
    return Preset(
        id="desk",
        name="Desk",
        instructions="Be brief.",
        services=Services(
            stt=WhisperTinyEn(service="whisper-tiny-en"),
            llm=thinks,
            tts=PiperJoe(service="piper-joe"),
        ),
    )


async def typed(talk: Talk, text: str) -> str:
    """What the agent says to this."""
    said = len(final(talk))
    await asyncio.wrap_future(talk.agent.type_as_caller(text))
    await until(lambda: len(final(talk)) > said, 20, "an answer")
    return final(talk)[-1]


def final(talk: Talk) -> list[str]:
    return [fact.text for fact in talk.sink.of(f.AgentSaid) if fact.final]


async def test_a_spoken_turn_that_one_model_refuses_is_answered_by_the_other(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    host.script.set_answers(["We close at five."])
    host.script.set_fault(Service.CHAT, Fault(Kind.RATE_LIMIT))
    caller = caller_for(livekit_server, room)

    async with agent_in(livekit_server, room, local_models, preset_at(host)) as talk:
        await caller.join()
        try:
            caller.ask(question("closing_time"))
            await talk.answers(1)
        finally:
            await caller.leave()

    (switch,) = talk.sink.of(f.ServiceSwitched)
    assert (switch.part, switch.cause) == ("llm", "too many requests (429)")
    assert (switch.from_service, switch.to_service) == ("OpenAI gpt-4.1", "OpenAI gpt-4.1-mini")
    (turn,) = talk.call().exchanges
    assert turn.agent is not None
    assert turn.agent.text == "We close at five."
    stopped, began = (
        talk.sink.of(f.CallerTurnStopped)[0].at,
        talk.sink.of(f.AgentSpeechStarted)[0].at,
    )
    assert began - stopped < 5.0


async def test_a_voice_that_hangs_up_is_followed_by_the_local_one(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    host.script.set_fault(Service.CARTESIA, Fault(Kind.DROP_MIDWAY, from_turn=2))
    preset = preset_at(host)
    assert isinstance(preset.services, Services)
    speaks = CatalogueService(
        service="cartesia_tts",
        voice="a-voice",
        url=f"{host.socket('cartesia')}/tts/websocket",
        fallback=(PiperJoe(service="piper-joe"),),
    )
    keyed = replace(preset, services=replace(preset.services, tts=speaks))

    async with agent_in(livekit_server, room, local_models, keyed) as talk:
        assert await typed(talk, "first") == "You said: first."
        second = await typed(talk, "second question")

    assert second == "You said: second question."
    assert [(each.part, each.to_service) for each in talk.sink.of(f.ServiceSwitched)] == [
        ("tts", "Piper joe")
    ]


async def test_a_tool_of_the_users_is_called(
    livekit_server: ServerAccess,
    room: str,
    local_models: LoadedModels,
    host: SpeakingHost,
    tmp_path: Path,
) -> None:
    (tmp_path / "weather.py").write_text(TOOL, encoding="utf-8")
    preset = replace(preset_at(host), tools=("weather.py",), folder=tmp_path)

    async with agent_in(livekit_server, room, local_models, preset) as talk:
        answer = await typed(talk, "How is the weather?")

    assert "fine in" in answer
    assert [fact.kind for fact in talk.sink.of(f.ToolCalled)][-1] == "completed"


async def test_instructions_and_model_change_while_the_call_runs(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    async with agent_in(livekit_server, room, local_models, preset_at(host)) as talk:
        await typed(talk, "first")
        for setting, value in (
            (LiveSetting.INSTRUCTIONS, "Be long."),
            (LiveSetting.MODEL, "gpt-4.1-nano"),
            (LiveSetting.SILENCE_S, 0.4),
        ):
            await asyncio.wrap_future(talk.agent.change(LiveChange(setting, value)))
        await typed(talk, "second")
        with pytest.raises(UserError, match="no other voice"):
            await asyncio.wrap_future(talk.agent.change(LiveChange(LiveSetting.VOICE, "amy")))
        with pytest.raises(UserError, match="not possible"):
            await asyncio.wrap_future(talk.agent.change(LiveChange(LiveSetting.SILENCE_S, 99.0)))

    asked = [each.body for each in host.script.entries() if each.what is What.ASKED]
    assert [str(body["model"]) for body in asked] == ["gpt-4.1", "gpt-4.1-nano"]
    assert "Be brief." in str(asked[0]["messages"])
    assert "Be long." in str(asked[1]["messages"])
    changed = [(fact.name, fact.before, fact.after) for fact in talk.sink.of(f.SettingChanged)]
    assert changed == [
        ("instructions", "Be brief.", "Be long."),
        ("model", "gpt-4.1", "gpt-4.1-nano"),
        ("silence_s", "0.2", "0.4"),
    ]


async def test_a_silent_caller_is_asked_and_then_left(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    idle = Idle(after_s=3.0, say="Are you still there?", hang_up_after=1)
    preset = replace(preset_at(host), greeting="Hello.", idle=idle)
    caller = caller_for(livekit_server, room)

    async with agent_in(livekit_server, room, local_models, preset) as talk:
        await caller.join()
        try:
            await until(lambda: talk.states()[-1] is f.AgentState.STOPPED, 25, "the hanging up")
        finally:
            await caller.leave()

    assert final(talk) == ["Hello.", "Are you still there?"]
    assert talk.sink.of(f.AgentStateChanged)[-1].state is f.AgentState.STOPPED


async def test_a_call_ends_at_its_limit(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    preset = replace(preset_at(host), limits=Limits(minutes=0.1))
    caller = caller_for(livekit_server, room)

    async with agent_in(livekit_server, room, local_models, preset) as talk:
        await caller.join()
        try:
            await until(lambda: talk.states()[-1] is f.AgentState.STOPPED, 15, "the limit")
            reasons = [fact.why for fact in talk.sink.of(f.AgentStateChanged)]
        finally:
            await caller.leave()

    assert "The call has lasted 0.1 minutes, its limit." in reasons


async def test_a_call_ends_at_the_limit_of_its_cost(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    preset = replace(preset_at(host), limits=Limits(cost_usd=0.001))
    price = Price(service="openai_llm", as_of="2026-11-05", source="", input=1e5, output=1e5)
    caller = caller_for(livekit_server, room)

    async with agent_in(livekit_server, room, local_models, preset, prices=(price,)) as talk:
        await caller.join()
        try:
            await until(lambda: talk.states()[-1] is f.AgentState.LISTENING, 15, "the start")
            await asyncio.wrap_future(talk.agent.type_as_caller("Hello?"))
            await until(lambda: talk.states()[-1] is f.AgentState.STOPPED, 20, "the limit")
        finally:
            await caller.leave()

    assert final(talk)[-1] == GOODBYE
    (reached,) = talk.sink.of(f.LimitReached)
    assert "its limit is $0.0010" in reached.why
    assert talk.sink.of(f.AgentStateChanged)[-1].why == reached.why


async def test_a_flow_leads_from_node_to_node(
    livekit_server: ServerAccess,
    room: str,
    local_models: LoadedModels,
    host: SpeakingHost,
    tmp_path: Path,
) -> None:
    (tmp_path / "booking.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "weather.py").write_text(FLOW_TOOL, encoding="utf-8")
    host.script.set_answers(["When do you want to come?", "It is booked."])
    preset = replace(preset_at(host), flow="booking.yaml", tools=("weather.py",), folder=tmp_path)
    caller = caller_for(livekit_server, room)

    async with agent_in(livekit_server, room, local_models, preset) as talk:
        await caller.join()
        try:
            await until(lambda: len(final(talk)) == 1, 15, "the first node's question")
            assert await typed(talk, "How is the weather?") == "It is booked."
        finally:
            await caller.leave()

    asked = [each.body for each in host.script.entries() if each.what is What.ASKED]
    assert "Ask when the caller wants to come." in str(asked[0]["messages"])
    assert "Book it." in str(asked[-1]["messages"])
