import logging

import pytest

from app.agent.isolated.output import BURST, LONGEST, BotOutput
from app.runtime.redaction import Redactor

SECRET = "a-secret-of-the-bot"


def output() -> BotOutput:
    redactor = Redactor()
    redactor.register(SECRET)
    return BotOutput("agent-1", redactor)


def test_lines_are_logged_under_the_name_and_without_secrets(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "bot")
    bot = output()
    bot.take(f"hello\n\nmy key is {SECRET}\nhalf".encode())
    bot.end()

    said = [record.getMessage() for record in caplog.records]
    assert said == ["agent-1: hello", "agent-1: my key is •••", "agent-1: half"]


def test_records_keep_their_level(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "bot")
    bot = output()
    bot.take(b"2026-11-22 18:09:49.889 | DEBUG    | pipecat:run:1 - on\nERROR app: off\nplain\n")

    assert [r.levelno for r in caplog.records] == [logging.DEBUG, logging.ERROR, logging.INFO]
    assert bot.last_lines == "ERROR app: off / plain"


def test_the_last_lines_are_few_and_short():
    bot = output()
    for number in range(100):
        bot.take(f"line {number} {'x' * 5000} {SECRET}\n".encode())

    assert bot.last_lines.startswith("line 97 ")
    assert len(bot.last_lines) < 700


def test_a_flood_is_not_logged_but_counted(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bot")
    bot = output()
    for _ in range(1000):
        bot.take(b"y\n" * 1000)
    bot.take(b"x" * 1_000_000)
    bot.end()

    assert len(caplog.records) < BURST + 3000
    assert any("lines more than are logged" in r.getMessage() for r in caplog.records)
    assert max(len(r.getMessage()) for r in caplog.records) <= LONGEST + 20


def test_bytes_that_are_no_text_do_no_harm(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "bot")
    bot = output()
    bot.take(bytes(range(256)))
    bot.end()

    assert caplog.records
