"""How the checks are run, one after the other, with checks of the test's."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import checks

PACKAGING = Path(checks.__file__).parent


@pytest.fixture(autouse=True)
def _set_up_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "set_up", lambda: dict(os.environ))


def prints(path: Path, word: str, code: int = 0) -> list[str]:
    return [
        sys.executable,
        "-c",
        f"open({str(path)!r}, 'a').write('{word} '); raise SystemExit({code})",
    ]


def test_all_checks_run_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    log = tmp_path / "log"
    monkeypatch.setattr(checks, "every_check", lambda: [prints(log, "lint"), prints(log, "types")])

    assert checks.run([]) == 0
    assert log.read_text() == "lint types "


def test_the_first_that_fails_is_the_last_and_its_exit_code_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    log = tmp_path / "log"
    monkeypatch.setattr(
        checks, "every_check", lambda: [prints(log, "lint", 7), prints(log, "types")]
    )

    assert checks.run([]) == 7
    assert log.read_text() == "lint "
    assert f"Running {sys.executable} -c" in capfd.readouterr().err


def test_with_arguments_only_pytest_runs_with_those(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "PYTHON", Path("/bin/echo"))
    monkeypatch.setattr(checks, "every_check", lambda: [["/bin/false"]])

    assert checks.run(["tests/unit", "-k", "x y"]) == 0


def test_the_domain_and_the_runtime_must_be_covered_completely():
    (unit,) = [check for check in checks.every_check() if "tests/unit" in check]

    assert {"--cov=app/domain", "--cov=app/runtime", "--cov-branch"} < set(unit)
    assert "--cov-fail-under=100" in unit


def test_every_folder_of_tests_is_run():
    run = {word for check in checks.every_check() for word in check}

    assert run >= {"tests/unit", "tests/ui", "tests/integration"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to pass on")
def test_an_interrupted_check_may_end_what_it_started(tmp_path: Path):
    started, tidied = tmp_path / "started", tmp_path / "tidied"
    check = ["sh", "-c", f"sleep 60 & trap 'kill $!; touch {tidied}' INT; touch {started}; wait"]
    script = f"""\
import sys
sys.path[:0] = {[str(PACKAGING), str(PACKAGING.parent)]}
import checks
checks.set_up = lambda: {{"PATH": {os.environ["PATH"]!r}}}
checks.every_check = lambda: [{check}]
sys.exit(checks.run([]))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    while not started.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)

    assert process.returncode == 130
    assert tidied.exists()
