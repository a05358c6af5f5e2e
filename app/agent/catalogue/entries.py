"""The catalogue, read once by a process of its own.

Reading it makes a million small objects: here they would hold up every thread, and the garbage collector after that.
"""

import gc
import importlib
import json
import logging
import subprocess
import sys
import threading
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from app.agent.catalogue import extras, needed
from app.domain.errors import UserError
from app.domain.services import Credential, ServiceEntry, ServiceKind, Setting, SettingForm

log = logging.getLogger(__name__)

DEADLINE_S = 90.0
"""It takes two seconds of a computer that has nothing else to do."""
_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from app.agent.catalogue import entries
entries.write()
"""
_lock = threading.Lock()
_kept: list[tuple[ServiceEntry, ...]] = []


def catalogue() -> tuple[ServiceEntry, ...]:
    """Greenroom's own services, then those that Pipecat ships, each kind in the order of its labels.

    Blocks for seconds the first time, and takes nothing from then on: call it off the UI thread. Any thread. Raises
    `UserError` if Pipecat is not there, keeps its list of services elsewhere or cannot be read.
    """
    with _lock:
        if not _kept:
            _kept.append(_read())
        return _kept[0]


def forget() -> None:
    """Read all anew the next time: packages have come or gone. Any thread."""
    with _lock:
        importlib.invalidate_caches()
        needed.found.cache_clear()
        extras.provided.cache_clear()
        _kept.clear()


def write() -> None:
    """The child's part: write the entries, or why there are none, to stdout as JSON."""
    from app.agent.catalogue.shipped import read_all  # Only the child needs it.

    # It ends before anything is worth collecting.
    gc.disable()
    try:
        answer: dict[str, object] = {"entries": [asdict(entry) for entry in read_all()]}
    except UserError as error:
        answer = {"error": [error.title, error.hint]}
    json.dump(answer, sys.stdout)


def _read() -> tuple[ServiceEntry, ...]:
    command = [sys.executable, "-P", "-c", _PROGRAM, str(_ROOT)]
    try:
        child = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(str(error)) from error
    try:
        answer = cast("dict[str, Any]", json.loads(child.stdout))
    except ValueError as error:
        raise _unreadable(child.stderr.decode(errors="replace")) from error
    if "error" in answer:
        raise UserError(*answer["error"])
    return tuple(_entry(each) for each in answer["entries"])


def _unreadable(why: str) -> UserError:
    log.error("the services of Pipecat could not be read: %s", why)
    return UserError(
        "The services of the installed Pipecat could not be read.",
        "The log says why. Install what Greenroom needs once more; see its README.",
    )


def _entry(found: dict[str, Any]) -> ServiceEntry:
    groups: dict[str, Any] = {
        "kind": ServiceKind(found["kind"]),
        "extras": tuple(found["extras"]),
        "credentials": tuple(Credential(**each) for each in found["credentials"]),
        "settings": tuple(_setting(each) for each in found["settings"]),
        "options": tuple(_setting(each) for each in found["options"]),
    }
    return ServiceEntry(**{**found, **groups})


def _setting(found: dict[str, Any]) -> Setting:
    form: dict[str, Any] = {
        "form": SettingForm(found["form"]),
        "choices": _shared(tuple(found["choices"])),
    }
    return Setting(**{**found, **form})


@lru_cache(maxsize=256)
def _shared(choices: tuple[str, ...]) -> tuple[str, ...]:
    """The same choices: many settings have all languages to choose from."""
    return choices
