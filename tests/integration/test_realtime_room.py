"""A speech-to-speech preset in a real room: a caller speaks to it, and what the panel is told."""

import asyncio
from collections.abc import Iterator

import pytest

from app.agent.local_models import LoadedModels
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.live_changes import LiveChange, LiveSetting
from tests.support.agents import agent_in, caller_for, question
from tests.support.posted import until
from tests.support.relayed import realtime_preset, second_realtime
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Service, What

QUESTION, ANSWER = "When do you close?", "We close at five."


@pytest.fixture
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


async def test_a_caller_is_heard_and_answered_by_one_service(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels, host: SpeakingHost
) -> None:
    host.script.set_transcripts([QUESTION])
    host.script.set_answers([ANSWER, "You are welcome."])
    caller = caller_for(livekit_server, room)
    preset = realtime_preset(host, second_realtime(host))

    async with agent_in(livekit_server, room, local_models, preset) as talk:
        await caller.join()
        try:
            caller.ask(question("closing_time"))
            await talk.answers(1)
            await until(lambda: talk.sink.of(f.LatencyReported), 5, "the answer time")
            changed = LiveChange(LiveSetting.INSTRUCTIONS, "Be long.")
            await asyncio.wrap_future(talk.agent.change(changed))
            await asyncio.wrap_future(talk.agent.type_as_caller("Thank you."))
            await talk.answers(2)
        finally:
            await caller.leave()

    first, second = talk.call().exchanges
    assert first.caller is not None
    assert first.agent is not None
    assert (first.caller.text, first.agent.text) == (QUESTION, ANSWER)
    assert second.caller is not None
    assert second.agent is not None
    assert (second.caller.text, second.agent.text) == ("Thank you.", "You are welcome.")
    stopped = talk.sink.of(f.CallerTurnStopped)[0].at
    assert 0.0 < talk.sink.of(f.AgentSpeechStarted)[0].at - stopped < 5.0
    latency = talk.sink.of(f.LatencyReported)[0]
    assert latency.stages
    assert latency.total_ms > 0.0
    used = talk.sink.of(f.ServiceUsed)
    assert {each.model for each in used} == {"gpt-realtime"}
    assert sum(each.completion_tokens or 0 for each in used) > 0
    assert talk.sink.of(f.ServiceTimed)
    assert not talk.sink.of(f.ServiceSwitched)
    told = [each for each in host.script.entries() if each.what is What.TOLD]
    assert "Be long." in str(told[-1].body["instructions"])
    asked = [each for each in host.script.entries() if each.what is What.ASKED]
    assert [each.service for each in asked] == [Service.REALTIME] * 2
