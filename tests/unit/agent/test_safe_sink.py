import logging
from collections.abc import Hashable

import pytest

from app.agent.safe_sink import SafeSink
from app.domain.facts import CallerTurnStarted, Fact
from tests.support.posted import Posted

FACT = CallerTurnStarted(at=1.0)


class Raising:
    def post(self, fact: Fact) -> None:
        raise RuntimeError("full")

    def sample(self, key: Hashable, fact: Fact) -> None:
        raise RuntimeError("full")


def test_facts_pass_through():
    sink = Posted()
    safe = SafeSink(sink)

    safe.post(FACT)
    safe.sample("k", FACT)

    assert sink.facts == [FACT]
    assert sink.samples == [("k", FACT)]


def test_a_sink_that_raises_is_survived_and_logged_once(caplog: pytest.LogCaptureFixture):
    safe = SafeSink(Raising())

    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            safe.post(FACT)
            safe.sample("k", FACT)

    assert [record.message for record in caplog.records] == [
        "a fact was lost; further losses are not logged"
    ]
