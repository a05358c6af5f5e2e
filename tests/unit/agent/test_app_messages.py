import pytest
from pipecat.frames.frames import (
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    TextFrame,
)

from app.agent.app_messages import TEXT_AT_MOST, AppMessages
from app.agent.pipecat_time import PipecatTime
from app.domain.facts import AppMessageSent
from tests.support.posted import Posted
from tests.unit.agent.pushes import Pushes, Ticking


def rtvi(kind: str, data: object) -> dict[str, object]:
    return {"label": "rtvi-ai", "type": kind, "data": data}


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (rtvi("server-message", {"mood": "gut ö"}), "server-message", '{"mood": "gut ö"}'),
        (rtvi("server-response", None), "server-response", "null"),
        (rtvi("ui-command", ["open"]), "ui-command", '["open"]'),
        ({"cart": 3}, "a message", '{"cart": 3}'),
        ("plain", "a message", '"plain"'),
        ({"odd": {1}}, "a message", '{"odd": "{1}"}'),
    ],
)
async def test_what_a_bot_sends_on_purpose_is_told(message: object, kind: str, text: str):
    clock, sink = Ticking(), Posted()
    watcher, pushes = AppMessages(sink, PipecatTime(clock, clock)), Pushes(clock)
    for made in (OutputTransportMessageFrame, OutputTransportMessageUrgentFrame):
        await watcher.on_push_frame(pushes.of(made(message=message)))

    assert sink.facts == [AppMessageSent(at=1000.0, kind=kind, text=text)] * 2


async def test_what_pipecat_sends_by_itself_is_not():
    clock, sink = Ticking(), Posted()
    watcher, pushes = AppMessages(sink, PipecatTime(clock, clock)), Pushes(clock)
    for kind in ("bot-ready", "bot-llm-text", "metrics", "user-transcription"):
        frame = OutputTransportMessageUrgentFrame(message=rtvi(kind, {}))
        await watcher.on_push_frame(pushes.of(frame))
    await watcher.on_push_frame(pushes.of(TextFrame("hello")))

    assert sink.facts == []


async def test_a_long_message_is_cut():
    clock, sink = Ticking(), Posted()
    watcher, pushes = AppMessages(sink, PipecatTime(clock, clock)), Pushes(clock)
    await watcher.on_push_frame(pushes.of(OutputTransportMessageFrame(message="x" * 9000)))

    (fact,) = sink.of(AppMessageSent)
    assert len(fact.text) == TEXT_AT_MOST
