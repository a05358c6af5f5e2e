import logging
import sys
import threading
from collections.abc import Generator

import pytest

from app.domain.errors import UserError
from app.runtime.uncaught import UncaughtErrors, ending_in_the_log


@pytest.fixture
def told() -> Generator[list[BaseException]]:
    told: list[BaseException] = []
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    uncaught = UncaughtErrors(told.append)
    yield told
    uncaught.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == hooks


def test_an_error_that_ends_the_program_is_logged_and_told(
    told: list[BaseException], caplog: pytest.LogCaptureFixture
):
    error = ValueError("refused")

    sys.excepthook(ValueError, error, None)

    assert told == [error]
    assert "ValueError: refused" in caplog.text


def test_an_error_that_ends_a_thread_is_logged_with_its_name(
    told: list[BaseException], caplog: pytest.LogCaptureFixture
):
    def fails() -> None:
        raise ValueError("refused")

    thread = threading.Thread(target=fails, name="the one")
    thread.start()
    thread.join(10)

    assert [str(error) for error in told] == ["refused"]
    assert "uncaught exception in thread the one" in caplog.text


def test_a_thread_that_is_not_known_any_more_is_logged_too(
    told: list[BaseException], caplog: pytest.LogCaptureFixture
):
    threading.excepthook(threading.ExceptHookArgs((ValueError, None, None, None)))

    assert [type(error) for error in told] == [ValueError]
    assert "thread unknown" in caplog.text


@pytest.mark.usefixtures("told")
def test_an_error_of_a_finaliser_is_logged(caplog: pytest.LogCaptureFixture):
    class Unlucky:
        def __del__(self) -> None:
            raise ValueError("refused")

    unlucky = Unlucky()
    del unlucky

    assert "ValueError: refused" in caplog.text


def test_without_anybody_to_tell_it_is_only_logged(caplog: pytest.LogCaptureFixture):
    uncaught = UncaughtErrors()
    try:
        sys.excepthook(ValueError, ValueError("refused"), None)
    finally:
        uncaught.close()

    assert "ValueError: refused" in caplog.text


def test_an_error_that_nobody_caught_ends_the_program_from_the_log(
    caplog: pytest.LogCaptureFixture,
):
    with pytest.raises(SystemExit) as ended, ending_in_the_log():
        raise ValueError("refused")

    assert ended.value.code == 1
    assert "ValueError: refused" in caplog.text
    assert caplog.records[0].levelno == logging.CRITICAL


def test_a_sentence_for_a_person_goes_on_its_way(caplog: pytest.LogCaptureFixture):
    with pytest.raises(UserError), ending_in_the_log():
        raise UserError("There is no keyring.")

    assert caplog.text == ""
