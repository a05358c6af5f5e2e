"""Runs `greenroom` as a process with a home of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DEMO_S = 120.0


class Greenroom:
    """A `greenroom` that a test started. Everything it keeps lies in `home`."""

    def __init__(self, home: Path, *arguments: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.output = home / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                cwd=ROOT,
                env=environment(home),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait(self, timeout_s: float = DEMO_S) -> int:
        """The exit code. What it printed is in the error when it does not end."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"greenroom did not end within {timeout_s} s:\n{self.said}"
            ) from None

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert self.process.poll() is None, f"greenroom ended early:\n{self.said}"
            assert time.monotonic() < deadline, (
                f"it did not happen within {timeout_s} s:\n{self.said}"
            )
            time.sleep(0.05)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def environment(home: Path) -> dict[str, str]:
    """The environment of a user who has just got this computer: no display, nothing kept."""
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "GREENROOM_LIVEKIT_SERVER")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return base | {"HOME": str(home), "TMPDIR": _folder(home / "tmp"), "PYTHONUNBUFFERED": "1"}


def run(home: Path, *arguments: str, timeout_s: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """Run a short command to its end."""
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def document(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def _folder(path: Path) -> str:
    path.mkdir(parents=True, exist_ok=True)
    return str(path)
