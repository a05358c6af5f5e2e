"""The calls that were recorded, as the facts that happened in them."""

import logging
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

import psutil

from app.domain.call import Call
from app.domain.errors import UserError
from app.domain.facts import CallClosed, Fact
from app.runtime.fact_json import decode
from app.storage.call_database import connect, prepare, told_to_the_user
from app.storage.fact_writer import FactWriter

log = logging.getLogger(__name__)

ENDED_UNEXPECTEDLY = "ended unexpectedly"
FLUSH_S = 2.0
CLOSE_S = 5.0

_CALLS = """
SELECT id, room, agent, coalesce(opened_at, first.at), closed_at, last.at, audio, writer_pid, writer_began
FROM calls
JOIN facts AS first ON first.call_id = id AND first.seq = 1
JOIN facts AS last ON last.call_id = id AND last.seq = (SELECT max(seq) FROM facts WHERE call_id = id)
"""
_FACTS = "SELECT kind, json FROM facts WHERE call_id = ? ORDER BY seq"


class CallState(StrEnum):
    LIVE = "live"
    ENDED = "ended"
    LOST = "lost"
    """Greenroom ended before the call did."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in the list. `ended_at` is the time of the last fact for a call that was lost, None for a live one."""

    id: str
    room: str
    agent: str
    opened_at: float
    ended_at: float | None
    state: CallState
    audio: Path | None


class CallWriter:
    """Keeps the facts of one call. Any thread."""

    def __init__(self, call_id: str, writer: FactWriter) -> None:
        self._call_id = call_id
        self._writer = writer

    def post(self, fact: Fact) -> None:
        """Keep a fact, on disk within 0.2 s; neither blocks nor raises. Levels are not kept."""
        self._writer.post(self._call_id, fact)

    def close(self, timeout_s: float = FLUSH_S) -> bool:
        """Wait until everything posted is on disk; whether it is. Never on the UI thread."""
        return self._writer.flush(timeout_s)


class CallLibrary:
    """Reads and writes the library at `path`; any thread.

    Made where there is none. Reading opens a connection of its own each time, so that it sees what other threads and
    other processes have written. `on_trouble` is told on the writer's thread why facts cannot be written at the
    moment, and None once they can again; it must not raise.
    """

    def __init__(self, path: Path, on_trouble: Callable[[str | None], None] | None = None) -> None:
        """Raises UserError when the file is damaged or cannot be opened; it is left as it is then."""
        prepare(path)
        self._path = path
        self._on_trouble = on_trouble or _ignore
        self._lock = Lock()
        self._writer: FactWriter | None = None

    def open_call(self, call_id: str) -> CallWriter:
        """Begin to keep a call."""
        with self._lock:
            if self._writer is None:
                self._writer = FactWriter(self._path, self._on_trouble)
                self._writer.start()
        self._writer.begin(call_id)
        return CallWriter(call_id, self._writer)

    def calls(self) -> list[CallRow]:
        """Every call that has a fact, newest first. Raises UserError when the file is damaged."""
        with self._reading() as db:
            rows = db.execute(f"{_CALLS} ORDER BY 4 DESC").fetchall()
        return [_row(*values) for values in rows]

    def find(self, prefix: str) -> CallRow:
        """The call of this id, or the one whose id begins so.

        Raises UserError when there is none or more than one.
        """
        with self._reading() as db:
            query = f"{_CALLS} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY 4 DESC"
            found = [_row(*values) for values in db.execute(query, (prefix,)).fetchall()]
        if exact := [row for row in found if row.id == prefix]:
            return exact[0]
        if not found:
            raise UserError(f"There is no call {prefix}.", "`greenroom calls list` shows them all.")
        if len(found) > 1:
            hint = "Give more of it: " + ", ".join(row.id for row in found[:5])
            raise UserError(f"{len(found)} calls begin with {prefix}.", hint)
        return found[0]

    def facts(self, call_id: str) -> list[Fact]:
        """The facts of a call in their order; those that this version does not know are left out."""
        with self._reading() as db:
            rows = db.execute(_FACTS, (call_id,)).fetchall()
        read = (decode(kind, text) for kind, text in rows)
        return [fact for fact in read if fact is not None]

    def load(self, call_id: str) -> Call:
        """The call as the fold of its facts; one that was lost ends with its last fact.

        Raises UserError when there is no such call.
        """
        row = self.find(call_id)
        call = Call()
        call.apply(self.facts(row.id))
        if row.state is CallState.LOST and row.ended_at is not None:
            call.apply([CallClosed(at=row.ended_at, reason=ENDED_UNEXPECTEDLY)])
        return call

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Write what is left and end the writer; whether all was written. Never on the UI thread."""
        with self._lock:
            writer, self._writer = self._writer, None
        return writer is None or writer.close(timeout_s)

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with told_to_the_user(self._path), closing(connect(self._path)) as db:
            db.execute("PRAGMA query_only = ON")
            yield db


def _row(
    call_id: str,
    room: str,
    agent: str,
    opened_at: float,
    closed_at: float | None,
    last_at: float,
    audio: str | None,
    writer_pid: int,
    writer_began: float,
) -> CallRow:
    if closed_at is not None:
        state, ended_at = CallState.ENDED, closed_at
    elif _runs(writer_pid, writer_began):
        state, ended_at = CallState.LIVE, None
    else:
        state, ended_at = CallState.LOST, last_at
    return CallRow(call_id, room, agent, opened_at, ended_at, state, Path(audio) if audio else None)


def _runs(pid: int, began: float) -> bool:
    """Whether the process that wrote the call is still there; numbers are used again, so its start must fit."""
    try:
        return abs(psutil.Process(pid).create_time() - began) < 2.0
    except (psutil.Error, ValueError):
        return False


def _ignore(_: str | None) -> None:
    """Trouble is in the log already."""
