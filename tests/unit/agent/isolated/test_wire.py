from pathlib import Path

import pytest

from app.agent.isolated import wire
from app.agent.isolated.wire import StartOrder
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile, Isolation
from app.domain.facts import AgentState, AgentStateChanged, Fact, Lane, LevelMeasured

BOT = BotFile(
    id="desk",
    name="Front desk",
    path=Path("/bots/desk/bot.py"),
    sha256="ab" * 32,
    isolation=Isolation.ISOLATED,
    greets_after_s=None,
    keys=("OPENAI_API_KEY",),
)
ACCESS = RoomAccess("ws://127.0.0.1:7880", "room", "agent", "token-of-the-agent")


def test_a_start_order_comes_back_as_it_was():
    order = StartOrder(BOT, ACCESS, {"OPENAI_API_KEY": "a-key-é"}, 12.5)

    assert StartOrder.from_line(order.to_line()) == order
    assert "a-key" not in repr(order)
    assert "token-of" not in repr(order)


@pytest.mark.parametrize("text", [b"", b"{}", b'["stop"]', b'["start", {}]', b'["start", 3]'])
def test_what_is_no_start_order_is_refused(text: bytes):
    with pytest.raises((ValueError, KeyError, TypeError)):
        StartOrder.from_line(text)


def test_facts_and_samples_come_back_as_they_were():
    said = AgentStateChanged(at=1.5, state=AgentState.FAILED, why="a line\nand another")
    level = LevelMeasured(at=2.0, lane=Lane.EAR, peak_dbfs=-6.0, rms_dbfs=-20.0)

    assert read(wire.message(wire.fact_line(said))[1:]) == said
    assert wire.fact_line(said).count(b"\n") == 1
    name, key, *rest = wire.message(wire.sample_line(("level", Lane.EAR), level))
    assert (name, read(rest)) == ("sample", level)
    assert key == wire.message(wire.sample_line(("level", Lane.EAR), level))[1]
    assert key != wire.message(wire.sample_line(("level", Lane.AGENT), level))[1]


def read(parts: list[object]) -> Fact:
    kind, text = parts
    assert isinstance(kind, str)
    assert isinstance(text, str)
    return wire.read_fact(kind, text)


@pytest.mark.parametrize(
    "text", [b"", b"garbage", b"{}", b"[]", b"3", b"\xff\xfe", b"[" * 100_000, b'["fact"']
)
def test_what_is_no_message_is_refused(text: bytes):
    with pytest.raises(ValueError, match=r"."):
        wire.message(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Nonsense", "{}"),
        ("AgentStateChanged", "{}"),
        ("AgentStateChanged", "garbage"),
        ("AgentStateChanged", '{"at": NaN, "state": "failed"}'),
        ("AgentStateChanged", '{"at": 1.0, "state": "asleep"}'),
    ],
)
def test_what_is_no_fact_is_refused(kind: str, text: str):
    with pytest.raises(ValueError, match=r"."):
        wire.read_fact(kind, text)
