"""A desktop session of a test's own: a message bus with a real GNOME Keyring in a state of the test's choice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"dbus-daemon": "dbus-daemon", "gnome-keyring-daemon": "gnome-keyring"}
ANSWER_S = 20.0
WITH_TEST = ("setpriv", "--pdeathsig", "KILL")
"""A test run that is killed takes its processes with it."""


class KeyringSession:
    """A session of the account whose home is `folder`; its keyring is as the account left it. Close it.

    A bus without anything is a session in which the keyring is started locked, or not yet made, when it is asked for.
    """

    def __init__(self, folder: Path) -> None:
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                raise RuntimeError(f"these tests need {program}: apt-get install {package}")
        self.home = folder / "home"
        self._runtime = folder / "run"
        for part in (self.home, self._runtime, self.home / "tmp"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._daemons: list[subprocess.Popen[str]] = []
        bus = self._start(["dbus-daemon", "--session", "--nofork", "--print-address"], {})
        assert bus.stdout is not None
        self.address = bus.stdout.readline().strip()

    @property
    def environment(self) -> dict[str, str]:
        """What a program of this session has; there is no display."""
        kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "GREENROOM_LIVEKIT_SERVER")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "XDG_RUNTIME_DIR": str(self._runtime),
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "PYTHONUNBUFFERED": "1",
        }

    def unlock(self, password: str = "of the account") -> None:
        """Unlock the keyring, or make it, as logging in does."""
        self.run_in_shell(
            "gnome-keyring-daemon --replace --unlock --components=secrets", typed=password
        )

    def hang(self) -> "subprocess.Popen[str]":
        """Have a keyring that never answers; kill it to end that."""
        program = [sys.executable, "-m", "tests.support.hung_keyring"]
        hung = self._start(program, self.environment | {"PYTHONPATH": os.pathsep.join(sys.path)})
        assert hung.stdout is not None
        assert hung.stdout.readline() == "hangs\n"
        return hung

    def run_in_shell(self, line: str, typed: str = "") -> str:
        """What a line of shell says in this session."""
        return subprocess.run(
            ["sh", "-c", line],
            env=self.environment,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=ANSWER_S,
            check=True,
        ).stdout

    def close(self) -> None:
        """Log out: what was started on the bus ends with it."""
        for daemon in reversed(self._daemons):
            daemon.kill()
            daemon.wait(ANSWER_S)
            if daemon.stdout is not None:
                daemon.stdout.close()
        self._daemons.clear()

    def _start(self, program: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        daemon = subprocess.Popen(
            [*WITH_TEST, *program],
            env=environment or {**os.environ, "HOME": str(self.home)} | self._without_bus(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._daemons.append(daemon)
        return daemon

    def _without_bus(self) -> dict[str, str]:
        return {
            "XDG_RUNTIME_DIR": str(self._runtime),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "DISPLAY": "",
            "DBUS_SESSION_BUS_ADDRESS": "",
        }
