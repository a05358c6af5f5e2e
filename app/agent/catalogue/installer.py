"""Adds an extra of Pipecat to a Python environment, with uv when it is at hand, else with pip."""

import asyncio
import codecs
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.agent.catalogue import extras
from app.agent.catalogue.entries import forget
from app.agent.catalogue.installer_words import why_it_failed
from app.domain.errors import UserError

log = logging.getLogger(__name__)

DEADLINE_S = 1800.0
"""Some extras bring a gigabyte."""
END_S = 3.0
LONGEST_LINE = 500
READ_SIZE = 64 * 1024
KEPT_LINES = 40
THIS_PYTHON = Path(sys.executable)
ROOT = Path(__file__).resolve().parents[3]
_BREAK = re.compile(r"[\r\n]+")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SETTINGS = {
    "NO_COLOR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    "PYTHONUNBUFFERED": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}
_one_at_a_time = threading.Lock()


async def install(
    extra: str,
    progress: Callable[[str], None],
    *,
    python: Path = THIS_PYTHON,
    deadline_s: float = DEADLINE_S,
) -> None:
    """Add `pipecat-ai[extra]`, in the version of Pipecat that is installed, to `python`'s environment.

    Several extras are separated by commas. `progress` gets the installer's lines, on the calling loop. Cancelling
    ends the installer. Raises `UserError` with the reason: no such extra, nothing of it for this Python, no network,
    an environment that cannot be written to or that a system keeps for itself, a second installation at the same
    time, the deadline. Any loop.
    """
    _require_installable(extra)
    with _alone():
        await _run(command(extra, python), progress, deadline_s)
        forget()


def install_command(extra: str, *, python: Path = THIS_PYTHON) -> str:
    """What `install` runs, as a line for a terminal. Raises `UserError` for an extra that there is not."""
    _require_known(extra)
    found = command(extra, python)
    return subprocess.list2cmdline(found) if sys.platform == "win32" else shlex.join(found)


def command(extra: str, python: Path) -> list[str]:
    """The installer's command, with the strings that it gets."""
    wanted = f"{extras.DISTRIBUTION}[{extra}]=={extras.version()}"
    uv = shutil.which("uv", path=str(python.parent)) or shutil.which("uv")
    if uv is None:
        return [str(python), "-m", "pip", "install", wanted]
    # What Greenroom overrides of its packages' requirements stands in its pyproject.toml.
    folder = ["--directory", str(ROOT)] if (ROOT / "pyproject.toml").is_file() else []
    return [uv, "pip", "install", *folder, "--python", str(python), wanted]


def _require_known(extra: str) -> list[str]:
    names = [name.strip() for name in extra.split(",")]
    for name in names:
        if name not in extras.provided():
            raise UserError(
                f"Pipecat {extras.version()} has no extra called “{name}”.",
                f"There are: {', '.join(sorted(extras.provided()))}.",
            )
    return names


def _require_installable(extra: str) -> None:
    for name in _require_known(extra):
        if extras.fits_nowhere_here(name):
            asked = sorted({str(each.marker) for each in extras.requirements(name)})
            raise UserError(
                f"Nothing of “{name}” can be installed with this Python on this system.",
                f"Its packages ask for: {'; '.join(asked)}.",
            )


@contextmanager
def _alone() -> Generator[None]:
    if not _one_at_a_time.acquire(blocking=False):
        raise UserError("Something is being installed already.", "Try again when it has finished.")
    try:
        yield
    finally:
        _one_at_a_time.release()


async def _run(wanted: list[str], progress: Callable[[str], None], deadline_s: float) -> None:
    child = await _started(wanted)
    said: deque[str] = deque(maxlen=KEPT_LINES)

    def take(line: str) -> None:
        said.append(line)
        progress(line)

    try:
        async with asyncio.timeout(deadline_s):
            code = await _follow(child, take)
    except TimeoutError as error:
        raise UserError(
            f"The installation took longer than {deadline_s / 60:.0f} minutes.",
            f"Run it in a terminal: {shlex.join(wanted)}",
        ) from error
    finally:
        await _end(child)
    if code != 0:
        log.warning("%s ended with %s: %s", wanted[0], code, " | ".join(said))
        raise why_it_failed(said, shlex.join(wanted))


async def _started(wanted: list[str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *wanted,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | _SETTINGS,
            # Whatever it starts ends with it.
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(f"{wanted[0]} could not be started.", f"{error.strerror}.") from error


async def _follow(child: asyncio.subprocess.Process, take: Callable[[str], None]) -> int:
    """Hand on the lines of an installer until it has ended; returns its exit code."""
    assert child.stdout is not None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while part := await child.stdout.read(READ_SIZE):
        *lines, rest = _BREAK.split(rest + decoder.decode(part))
        for line in lines:
            _take(line, take)
        rest = rest[-LONGEST_LINE:]
    _take(rest, take)
    return await child.wait()


def _take(line: str, take: Callable[[str], None]) -> None:
    shown = _ANSI.sub("", line).strip()
    if shown:
        take(shown[:LONGEST_LINE])


async def _end(child: asyncio.subprocess.Process) -> None:
    """End the installer and what it started, if it is still there: SIGTERM, after 3 s SIGKILL."""
    if child.returncode is not None:
        return
    _signal(child, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(END_S):
            await child.wait()
    if child.returncode is None:
        _kill(child)
        await child.wait()


def _signal(child: asyncio.subprocess.Process, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            child.send_signal(sign)
        else:
            os.killpg(child.pid, sign)


def _kill(child: asyncio.subprocess.Process) -> None:
    if sys.platform == "win32":
        child.kill()
    else:
        _signal(child, signal.SIGKILL)
