import logging
import subprocess
import sys
import warnings
from collections.abc import Generator
from pathlib import Path

import loguru
import pytest

from app.domain.errors import UserError
from app.runtime import log_setup
from app.runtime.log_setup import LogOutputs, forward_loguru
from app.runtime.redaction import MASK, Redactor

log = logging.getLogger("app.test")


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture
def outputs(tmp_path: Path, redactor: Redactor) -> Generator[LogOutputs]:
    outputs = LogOutputs(tmp_path / "state", redactor)
    yield outputs
    outputs.close()


def written(outputs: LogOutputs) -> str:
    return outputs.path.read_text(encoding="utf-8")


def test_everything_from_info_on_is_in_the_file(outputs: LogOutputs):
    log.debug("not this")
    log.info("room %s opened", "demo")

    assert "not this" not in written(outputs)
    assert "INFO     MainThread app.test: room demo opened\n" in written(outputs)


def test_only_this_user_can_read_it(outputs: LogOutputs):
    assert outputs.path.stat().st_mode & 0o777 == 0o600
    assert outputs.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_matters_is_on_stderr(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    outputs = LogOutputs(tmp_path, Redactor())
    log.info("quiet")
    log.warning("the disk is nearly full")
    outputs.close()

    assert capsys.readouterr().err == "WARNING app.test: the disk is nearly full\n"


def test_secrets_reach_neither(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, redactor: Redactor
):
    redactor.register("canary-secret")
    outputs = LogOutputs(tmp_path, redactor)
    error = ValueError("refused: canary-secret")
    log.error("could not join with %s", "canary-secret", exc_info=error)
    outputs.close()

    for text in (written(outputs), capsys.readouterr().err):
        assert "canary" not in text
        assert f"could not join with {MASK}" in text


def test_warnings_of_python_are_logged(outputs: LogOutputs):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old name", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old name" in written(outputs)


def test_the_file_is_rotated_and_stays_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redactor: Redactor
):
    monkeypatch.setattr(log_setup, "BYTES_PER_FILE", 1000)
    outputs = LogOutputs(tmp_path, redactor)
    for i in range(200):
        log.info("line %d", i)
    outputs.close()

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["greenroom.log", *(f"greenroom.log.{i}" for i in range(1, 5))]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_after_closing_the_level_is_as_before(tmp_path: Path):
    root = logging.getLogger()
    before, outputs = root.level, LogOutputs(tmp_path, Redactor(), logging.DEBUG)

    outputs.close()

    assert root.level == before


def test_what_is_logged_after_closing_does_not_go_to_stderr_unmasked(tmp_path: Path):
    program = """
import logging, pathlib, sys
from app.runtime.log_setup import LogOutputs
from app.runtime.redaction import Redactor
LogOutputs(pathlib.Path(sys.argv[1]), Redactor()).close()
logging.getLogger("livekit").warning("late")
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert ran.stderr == ""
    assert "late" not in (tmp_path / log_setup.FILE_NAME).read_text()


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path):
    (tmp_path / "state").write_text("a file where the folder should be")

    with pytest.raises(UserError) as refused:
        LogOutputs(tmp_path / "state", Redactor())
    assert "greenroom.log" in refused.value.title


@pytest.fixture
def forwarded(outputs: LogOutputs) -> Generator[LogOutputs]:
    forward_loguru(loguru.logger)
    yield outputs
    loguru.logger.remove()


def test_loguru_is_forwarded_with_its_place(
    forwarded: LogOutputs, caplog: pytest.LogCaptureFixture
):
    loguru.logger.info("loading {}", "silero")
    loguru.logger.debug("not this")

    assert f"INFO     MainThread {__name__}: loading silero" in written(forwarded)
    assert "not this" not in written(forwarded)
    assert caplog.records[-1].funcName == "test_loguru_is_forwarded_with_its_place"


def test_braces_and_percent_signs_in_a_message_are_text(forwarded: LogOutputs):
    loguru.logger.info("100 %s {name}")

    assert "100 %s {name}\n" in written(forwarded)


def test_loguru_s_tracebacks_show_no_variables(forwarded: LogOutputs):
    key = "canary-of-a-local-variable"
    try:
        int(f"{len(key)} characters")
    except ValueError:
        loguru.logger.exception("it failed")

    text = written(forwarded)
    assert "it failed\nTraceback" in text
    assert "ValueError: invalid literal" in text
    assert key not in text


def test_a_logger_set_to_quiet_stays_quiet(forwarded: LogOutputs):
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.ERROR)
    loguru.logger.warning("chatter")
    logger.setLevel(logging.NOTSET)

    assert "chatter" not in written(forwarded)
