import json
import os
from collections.abc import Iterator

import pytest

from app.agent.isolated.outbox import CAPACITY, Outbox
from app.domain.facts import Flagged, Lane, LevelMeasured


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


def received(read: int) -> list[list[object]]:
    """All that is in the pipe."""
    os.set_blocking(read, False)
    text = b""
    while True:
        try:
            text += os.read(read, 1 << 16)
        except BlockingIOError:
            return [json.loads(line) for line in text.splitlines()]


def level(at: float) -> LevelMeasured:
    return LevelMeasured(at=at, lane=Lane.EAR, peak_dbfs=-6.0, rms_dbfs=-20.0)


def test_facts_and_messages_keep_their_order(pipe: tuple[int, int]):
    read, write = pipe
    outbox = Outbox(write)
    for number in range(100):
        outbox.post(Flagged(at=float(number), note="é"))
    outbox.say("joined")
    outbox.close(5)

    *facts, joined = received(read)
    assert [json.loads(str(fact[2]))["at"] for fact in facts] == [*map(float, range(100))]
    assert joined == ["joined"]


def test_a_reader_that_sleeps_loses_readings_first_and_then_counted_facts(pipe: tuple[int, int]):
    read, write = pipe
    outbox = Outbox(write)
    many = CAPACITY + 5000
    for number in range(many):
        outbox.post(Flagged(at=float(number), note="x" * 100))
        outbox.sample("ear", level(float(number)))
    lines: list[bytes] = []
    with os.fdopen(os.dup(read), "rb") as reader:
        while not lines or b'"lost"' not in lines[-1]:
            lines.append(reader.readline())
        outbox.close(5)

    messages = [json.loads(line) for line in lines]
    facts = [json.loads(each[2])["at"] for each in messages if each[0] == "fact"]
    samples = [json.loads(each[3])["at"] for each in messages if each[0] == "sample"]
    assert facts == sorted(facts)
    assert messages[-1][1] == many - len(facts)
    assert len(samples) < 100


def test_a_pipe_without_a_reader_does_no_harm():
    read, write = os.pipe()
    os.close(read)
    outbox = Outbox(write)
    for _ in range(100):
        outbox.post(Flagged(at=1.0, note=""))
    outbox.close(5)
    os.close(write)
