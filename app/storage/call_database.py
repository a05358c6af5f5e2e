"""The SQLite file of the call library: its tables, how it is opened, and what is said when it cannot be."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from app.domain.errors import UserError
from app.runtime.paths import private

APPLICATION_ID = 0x47524E52
"""`GRNR`, so that `file` and we know the file for what it is."""
SCHEMA_VERSION = 1
BUSY_S = 5.0
CHECK_UP_TO_BYTES = 100_000_000
"""A check reads the whole file; one so large would hold up the start for more than a second."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS calls (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL DEFAULT '',
    agent TEXT NOT NULL DEFAULT '',
    opened_at REAL,
    closed_at REAL,
    audio TEXT,
    writer_pid INTEGER NOT NULL,
    writer_began REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    call_id TEXT NOT NULL REFERENCES calls(id),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


def prepare(path: Path) -> None:
    """Make the file where there is none, and check the one that is there.

    Raises UserError when it is damaged, of another program, of a newer Greenroom, or cannot be opened; it is not
    changed then.
    """
    with told_to_the_user(path):
        try:
            private(path.parent)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            hint = f"Make {path.parent} writable."
            raise UserError(
                f"The call library {path} cannot be opened: {error.strerror}.", hint
            ) from error
        if path.stat().st_size > 0:
            _check(path)
        with closing(connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the prepared file, for one thread at a time. Raises sqlite3.Error."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = NORMAL")
    _distrust(db)
    return db


@contextmanager
def told_to_the_user(path: Path) -> Generator[None]:
    """Turns errors of SQLite into a UserError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(path, error) from error


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk is what failed."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _check(path: Path) -> None:
    # Read-only: closing a writable connection would write a pending log into a file that may be damaged.
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
    ) as db:
        _distrust(db)
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION_ID and tables:
            hint = "Move it away; Greenroom then makes a new one."
            raise UserError(f"{path} belongs to another program.", hint)
        if version > SCHEMA_VERSION:
            raise UserError(
                f"{path} was written by a newer Greenroom.", "Install that version again."
            )
        if path.stat().st_size <= CHECK_UP_TO_BYTES:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise _damaged(path)


def _distrust(db: sqlite3.Connection) -> None:
    """Run nothing that a file brings along, and notice cells that cannot be right."""
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")


def _explained(path: Path, error: sqlite3.Error) -> UserError:
    if is_full(error):
        return UserError(
            f"The call library {path} cannot be written: the disk is full.", "Free some space."
        )
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path)
    return UserError(
        f"The call library {path} cannot be used: {error}.",
        f"Check that {path.parent} is writable.",
    )


def _damaged(path: Path) -> UserError:
    hint = f"It was left as it is. Move {path} away; Greenroom then makes a new one."
    return UserError(f"The call library {path} is damaged.", hint)
