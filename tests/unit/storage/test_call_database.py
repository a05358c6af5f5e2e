import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.storage import call_database
from app.storage.call_database import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    connect,
    prepare,
    told_to_the_user,
)
from app.storage.call_library import CallLibrary
from tests.unit.domain.conversation import T0, exchange, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "calls.db"


def pragma(path: Path, name: str) -> object:
    with closing(connect(path)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


def filled(path: Path) -> Path:
    library = CallLibrary(path)
    writer = library.open_call("a")
    writer.post(opened())
    for i in range(50):
        for fact in exchange(T0 + 10 * i, "How high is it?", "330 metres."):
            writer.post(fact)
    assert library.close()
    return path


def test_a_new_file_is_private_and_says_what_it_is(path: Path):
    prepare(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert pragma(path, "application_id") == APPLICATION_ID
    assert pragma(path, "user_version") == SCHEMA_VERSION
    assert pragma(path, "journal_mode") == "wal"


def test_connections_trust_nothing_and_do_not_wait_for_the_disk(path: Path):
    prepare(path)

    assert pragma(path, "synchronous") == 1
    assert pragma(path, "trusted_schema") == 0
    assert pragma(path, "cell_size_check") == 1


def test_preparing_again_changes_nothing(path: Path):
    filled(path)
    prepare(path)

    assert len(CallLibrary(path).facts("a")) > 500


def test_an_empty_file_is_a_new_one(path: Path):
    path.parent.mkdir()
    path.touch()

    prepare(path)

    assert pragma(path, "user_version") == SCHEMA_VERSION


def refusal(path: Path) -> UserError:
    """What is said of the file, which must be left as it is."""
    before = path.read_bytes()
    with pytest.raises(UserError) as refused:
        prepare(path)
    assert path.read_bytes() == before
    return refused.value


def test_another_program_s_database_is_left_alone(path: Path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")

    assert "another program" in refusal(path).title


def test_a_newer_greenroom_s_library_is_left_alone(path: Path):
    filled(path)
    with closing(connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    assert "newer Greenroom" in refusal(path).title


@pytest.mark.parametrize("content", [b"RIFF not a database at all" * 100, b"\0" * 8192])
def test_what_is_no_database_is_left_alone(path: Path, content: bytes):
    path.parent.mkdir()
    path.write_bytes(content)

    assert "damaged" in refusal(path).title


def test_a_truncated_library_is_damaged(path: Path):
    filled(path)
    path.write_bytes(path.read_bytes()[:-5000])

    error = refusal(path)
    assert "damaged" in error.title
    assert "left as it is" in error.hint


def test_flipped_bits_end_in_a_sentence_or_in_facts(path: Path):
    whole = filled(path).read_bytes()
    dice = random.Random(7)
    sentences: list[str] = []
    for _ in range(60):
        hurt = bytearray(whole)
        for _ in range(20):
            hurt[dice.randrange(len(hurt))] ^= 1 << dice.randrange(8)
        path.write_bytes(hurt)
        try:
            CallLibrary(path).load("a")
        except UserError as error:
            sentences.append(error.title)
    assert sentences
    assert all(str(path) in sentence or "no call" in sentence for sentence in sentences)


def test_damage_that_the_start_did_not_look_for_is_told_when_it_is_met(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(call_database, "CHECK_UP_TO_BYTES", 0)
    whole = bytearray(filled(path).read_bytes())
    whole[8192:] = b"\xff" * (len(whole) - 8192)
    path.write_bytes(whole)
    library = CallLibrary(path)

    with pytest.raises(UserError) as refused:
        library.load("a")
    assert "damaged" in refused.value.title


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path):
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(UserError) as refused:
        prepare(tmp_path / "data" / "calls.db")
    assert "cannot be opened" in refused.value.title


def test_a_folder_in_the_file_s_place_gets_a_sentence(path: Path):
    path.mkdir(parents=True)

    with pytest.raises(UserError) as refused:
        prepare(path)
    assert str(path) in refused.value.title


def test_a_full_disk_is_called_by_its_name(path: Path):
    prepare(path)
    with closing(connect(path)) as db:
        db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(UserError) as refused, told_to_the_user(path):
            db.execute("CREATE TABLE more (text TEXT)")
    assert "the disk is full" in refused.value.title
