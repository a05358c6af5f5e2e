"""`greenroom doctor --server`, as a person and as a script run it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from app.domain.access import ServerAccess
from app.domain.servers import THIS_COMPUTER
from app.media import tokens

ROOT = Path(__file__).parents[2]
ENDS_S = 60.0


def doctor(home: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "app", "doctor", *words],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_script_gets_fourteen_steps(tmp_path: Path) -> None:
    out, errors = (running := doctor(tmp_path, "--server", THIS_COMPUTER, "--json")).communicate(
        timeout=ENDS_S
    )

    document = json.loads(out)
    assert (running.returncode, errors, document["server"]) == (0, "", THIS_COMPUTER)
    assert [step["number"] for step in document["steps"]] == list(range(1, 15))
    assert {step["state"] for step in document["steps"]} == {"ok", "skipped"}


def test_a_token_of_another_server_is_read_from_stdin_and_never_said(
    tmp_path: Path, self_hosted: ServerAccess
) -> None:
    token = tokens.caller_access(self_hosted, "a room", "somebody").token
    running = doctor(tmp_path, "--server", "this computer", "--token")

    out, errors = running.communicate(f"{token}\n", timeout=ENDS_S)

    assert running.returncode == 1
    assert "FAIL  6  Token                   the server does not know this API key" in out
    assert "Make a new token, or ask for one." in out
    assert "OK   13  Messages" in out
    written = "".join(path.read_text() for path in tmp_path.rglob("*.log*"))
    for part in token.split("."):
        assert part not in out + errors + written


def test_it_ends_in_order_when_it_is_interrupted(tmp_path: Path) -> None:
    running = doctor(tmp_path, "--server", THIS_COMPUTER)
    assert running.stdout is not None
    while "Signalling" not in running.stdout.readline():
        assert running.poll() is None

    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=ENDS_S)

    assert running.returncode == 1
    assert errors == "The connection test was cancelled.\n"


def test_a_name_that_nobody_gave(tmp_path: Path) -> None:
    running = doctor(tmp_path, "--server", "Nowhere")

    _, errors = running.communicate(timeout=ENDS_S)

    assert running.returncode == 2
    assert "There is no server called “Nowhere”." in errors
