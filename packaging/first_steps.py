"""What the scripts of this folder do before they import anything else of ours.

Written so that Python 3.6 and later can read it: it refuses those that Greenroom does not run on.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 13)
LACKS_SOMETHING = 3


def prepare() -> None:
    """Refuse a Python that will not do, make `app` importable, and let signals end what runs in order."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.stderr.write(f"{unsupported(sys.version_info[:2], better_command())}\n")
        raise SystemExit(LACKS_SOMETHING)
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    # A script's background job starts with SIGINT ignored, and would hand that on to Greenroom.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end_in_order)


def unsupported(version: "tuple[int, ...]", better: str) -> str:
    """The sentence for Python `version`; `better` is a command that will do, or empty."""
    needed = f"Greenroom needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}; this is {_dotted(version)}."
    if better:
        return f"{needed} Use `{better}` instead of `python3`."
    return f"{needed} Install one with your system's packages or from https://www.python.org/downloads/"


def better_command() -> str:
    """A command on PATH that starts a Python that will do, or nothing."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        command = f"python3.{minor}"
        if shutil.which(command) and _starts(command):
            return command
    return ""


def _starts(command: str) -> bool:
    """Version managers put commands on PATH that only say how to enable them."""
    silent = subprocess.DEVNULL
    return subprocess.call([command, "-c", ""], stdout=silent, stderr=silent, timeout=10) == 0


def _dotted(version: "tuple[int, ...]") -> str:
    return ".".join(str(part) for part in version)


def _end_in_order(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
