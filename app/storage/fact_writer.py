"""Writes the facts of calls into the library, on a thread of its own."""

import atexit
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread

import psutil

from app.domain.facts import (
    CallClosed,
    CallOpened,
    Fact,
    LevelMeasured,
    PipelineLagged,
    RecordingStarted,
)
from app.runtime.fact_json import encode
from app.storage.call_database import connect, is_full

log = logging.getLogger(__name__)

LINGER_S = 0.02
"""What comes within this time is committed together: less than a frame, so that what is shown has been kept."""
RETRY_S = 1.0
GRACE_S = 0.5
EXIT_S = 2.0
BATCH = 2000
CAPACITY = 200_000
"""Facts that wait while the disk is full: hours of a call, at most some hundred megabytes."""

NOT_KEPT = (LevelMeasured, PipelineLagged)
"""Readings that only the moment needs; the recording has the sound itself."""

OPEN_CALL = "INSERT OR IGNORE INTO calls (id, writer_pid, writer_began) VALUES (?, ?, ?)"
ADD_FACT = """
INSERT INTO facts (call_id, seq, kind, at, json)
SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4 FROM facts WHERE call_id = ?1
"""
OPENED = "UPDATE calls SET room = ?, agent = ?, opened_at = ? WHERE id = ?"
CLOSED = "UPDATE calls SET closed_at = ? WHERE id = ?"
AUDIO = "UPDATE calls SET audio = ? WHERE id = ?"

Row = tuple[str, tuple[object, ...]]
"""A statement and its values."""


@dataclass(frozen=True, slots=True)
class _Begin:
    call_id: str


@dataclass(frozen=True, slots=True)
class _Posted:
    call_id: str
    fact: Fact


_Work = _Begin | _Posted | Event


class FactWriter:
    """Owns the one connection that writes, and its thread.

    `begin` and `post` are callable from any thread, never block and never raise. While the file cannot be written,
    facts wait and the writer goes on trying; `on_trouble` is told why on the writer's thread, and None once it
    works again.
    """

    def __init__(self, path: Path, on_trouble: Callable[[str | None], None]) -> None:
        self._path = path
        self._on_trouble = on_trouble
        self._queue: Queue[_Work] = Queue(CAPACITY)
        self._db: sqlite3.Connection | None = None
        self._trouble: str | None = None
        self._refused = 0
        self._give_up_at = 0.0
        self._closing = Event()
        self._wrote_all = False
        self._thread = Thread(target=self._run, name="call library", daemon=True)

    def start(self) -> None:
        self._thread.start()
        # A daemon that is closed at exit: an error that ends the program neither hangs on it nor loses what it has.
        atexit.register(self.close, EXIT_S)

    def begin(self, call_id: str) -> None:
        """Make room for a call."""
        self._put(_Begin(call_id))

    def post(self, call_id: str, fact: Fact) -> None:
        """Keep a fact of a call that was begun."""
        if not isinstance(fact, NOT_KEPT):
            self._put(_Posted(call_id, fact))

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was posted is on disk; whether it is."""
        written = Event()
        self._put(written)
        return written.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Write what is left and end the thread; whether everything was written within `timeout_s`."""
        self._give_up_at = time.monotonic() + timeout_s
        self._closing.set()
        with suppress(Full):
            self._queue.put_nowait(Event())  # Wakes the thread; a full queue has.
        self._thread.join(timeout_s + GRACE_S)
        atexit.unregister(self.close)
        return self._wrote_all

    def _put(self, work: _Work) -> None:
        if not self._closing.is_set():
            with suppress(Full):
                self._queue.put_nowait(work)
                return
        self._refused += 1
        if self._refused == 1:
            log.error("the call library takes no more facts")

    # The writer's thread

    def _run(self) -> None:
        try:
            self._wrote_all = self._write_until_closed()
        finally:
            if self._db is not None:
                self._db.close()

    def _write_until_closed(self) -> bool:
        while not (self._closing.is_set() and self._queue.empty()):
            batch = self._take()
            rows = [row for work in batch for row in _rows(work)]
            if not self._write_or_give_up(rows):
                log.error("%d facts were not written", len(rows) + self._queue.qsize())
                return False
            for work in batch:
                if isinstance(work, Event):
                    work.set()
        return True

    def _take(self) -> list[_Work]:
        batch = [self._queue.get()]
        until = time.monotonic() + LINGER_S
        while len(batch) < BATCH and (left_s := until - time.monotonic()) > 0:
            try:
                batch.append(self._queue.get(timeout=left_s))
            except Empty:
                break
        return batch

    def _write_or_give_up(self, rows: list[Row]) -> bool:
        """Whether the rows were written; not giving up before `close` does."""
        while True:
            try:
                self._write(rows)
            except sqlite3.Error as error:
                self._tell("the disk is full" if is_full(error) else str(error))
            else:
                self._tell(None)
                return True
            if not self._closing.wait(RETRY_S):
                continue
            if time.monotonic() >= self._give_up_at:
                return False
            time.sleep(GRACE_S / 10)

    def _write(self, rows: list[Row]) -> None:
        db = self._db = self._db or connect(self._path)
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("BEGIN IMMEDIATE")
        for statement, values in rows:
            db.execute(statement, values)
        db.execute("COMMIT")

    def _tell(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.log(
                logging.ERROR if trouble else logging.INFO,
                "call library: %s",
                trouble or "works again",
            )
            self._on_trouble(trouble)


def _rows(work: _Work) -> list[Row]:
    match work:
        case _Begin(call_id):
            us = psutil.Process()
            return [(OPEN_CALL, (call_id, us.pid, us.create_time()))]
        case _Posted(call_id, fact):
            return _fact_rows(call_id, fact)
        case _:
            return []


def _fact_rows(call_id: str, fact: Fact) -> list[Row]:
    try:
        kind, text = encode(fact)
    except (TypeError, ValueError):
        log.exception("a fact of the kind %s cannot be kept", type(fact).__name__)
        return []
    rows: list[Row] = [(ADD_FACT, (call_id, kind, fact.at, text))]
    match fact:
        case CallOpened():
            rows.append((OPENED, (fact.room, fact.agent_name, fact.at, call_id)))
        case CallClosed():
            rows.append((CLOSED, (fact.at, call_id)))
        case RecordingStarted():
            rows.append((AUDIO, (fact.path, call_id)))
        case _:
            pass
    return rows
