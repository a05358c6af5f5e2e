import json
import logging

import pytest

from app.media.server_log import ServerLog

SECRET = "s3cret" * 8


@pytest.fixture
def server_log(caplog: pytest.LogCaptureFixture) -> ServerLog:
    caplog.set_level(logging.DEBUG)
    return ServerLog(SECRET)


def line(**fields: object) -> str:
    return json.dumps({"ts": 1.0, "logger": "livekit", "caller": "x.go:1", **fields}) + "\n"


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("debug", logging.DEBUG),
        ("info", logging.INFO),
        ("warn", logging.WARNING),
        ("error", logging.ERROR),
    ],
)
def test_logs_at_the_servers_level(
    server_log: ServerLog, caplog: pytest.LogCaptureFixture, said: str, level: int
) -> None:
    server_log.take(line(level=said, msg="participant active", room="lobby"))

    (record,) = caplog.records
    assert record.levelno == level
    assert record.message == "participant active room=lobby"


def test_leaves_out_nested_fields(server_log: ServerLog, caplog: pytest.LogCaptureFixture) -> None:
    server_log.take(line(level="info", msg="joined", participantInit={"sdp": "a=ice-pwd:x"}))

    assert caplog.messages == ["joined"]


def test_masks_the_secret(server_log: ServerLog, caplog: pytest.LogCaptureFixture) -> None:
    server_log.take(line(level="info", msg="started", key=SECRET))

    assert caplog.messages == ["started key=[secret]"]


def test_takes_a_line_that_is_no_json_for_an_error(
    server_log: ServerLog, caplog: pytest.LogCaptureFixture
) -> None:
    server_log.take("listen tcp 127.0.0.1:7880: bind: address already in use\n")
    server_log.take("[1, 2]\n")
    server_log.take("\n")

    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert server_log.last_errors.startswith("listen tcp 127.0.0.1:7880: bind")


def test_keeps_the_last_errors_only(server_log: ServerLog) -> None:
    for number in range(5):
        server_log.take(line(level="error", msg=f"error {number}"))
        server_log.take(line(level="info", msg="all is well"))

    assert server_log.last_errors == "error 2; error 3; error 4"


def test_has_no_last_words_without_errors(server_log: ServerLog) -> None:
    assert server_log.last_errors == ""
