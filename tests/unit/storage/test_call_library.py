import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.call import Call
from app.domain.errors import UserError
from app.domain.facts import (
    Fact,
    Flagged,
    Lane,
    LevelMeasured,
    PipelineLagged,
    RecordingStarted,
)
from app.storage import fact_writer
from app.storage.call_database import connect
from app.storage.call_library import ENDED_UNEXPECTEDLY, CallLibrary, CallState
from tests.unit.domain.conversation import T0, closed, exchange, opened

DIES = """
import sys, time
from pathlib import Path
from app.domain.facts import Flagged
from app.storage.call_library import CallLibrary
from tests.unit.domain.conversation import T0, exchange, opened

library = CallLibrary(Path(sys.argv[1]))
writer = library.open_call("a")
writer.post(opened())
for fact in exchange(T0 + 10, "How high is it?", "330 metres."):
    writer.post(fact)
kept = open(sys.argv[2], "w")
number = 0
while True:
    number += 1
    writer.post(Flagged(at=T0 + 20 + number, note=str(number)))
    assert writer.close(10.0)
    kept.write(f"{number}\\n")
    kept.flush()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@pytest.fixture
def library(path: Path) -> Generator[CallLibrary]:
    library = CallLibrary(path)
    yield library
    library.close()


LARGER_THAN_A_PAGE = "x" * 10_000
"""Not one such note fits a database that may not grow, however early it is written."""


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def a_call() -> list[Fact]:
    return [
        opened(),
        RecordingStarted(at=T0 + 1, path="/recordings/a.wav"),
        *exchange(T0 + 10, "How high is it?", "330 metres."),
        *exchange(T0 + 20, "Who built it?", "Eiffel."),
        closed(T0 + 30),
    ]


def keep(library: CallLibrary, call_id: str, facts: list[Fact]) -> None:
    writer = library.open_call(call_id)
    for fact in facts:
        writer.post(fact)
    assert writer.close()


def test_the_facts_read_are_the_facts_posted(library: CallLibrary):
    keep(library, "a", a_call())

    assert library.facts("a") == a_call()


def test_the_call_read_is_the_call_that_was(library: CallLibrary):
    keep(library, "a", a_call())

    live = Call()
    live.apply(a_call())
    assert library.load("a") == live


def test_the_list_is_newest_first(library: CallLibrary):
    keep(library, "a", a_call())
    keep(library, "b", [opened(T0 + 100), closed(T0 + 160)])

    newest, oldest = library.calls()

    assert (newest.id, newest.opened_at, newest.ended_at) == ("b", T0 + 100, T0 + 160)
    assert newest.audio is None
    assert (oldest.id, oldest.room, oldest.agent) == ("a", "local-ab12", "Local agent")
    assert oldest.audio == Path("/recordings/a.wav")
    assert {newest.state, oldest.state} == {CallState.ENDED}


def test_a_call_without_a_fact_is_not_listed(library: CallLibrary):
    assert library.open_call("a").close()

    assert library.calls() == []


def test_readings_of_the_moment_are_not_kept(library: CallLibrary):
    keep(
        library,
        "a",
        [
            LevelMeasured(at=T0, lane=Lane.CALLER, peak_dbfs=-6.0, rms_dbfs=-12.0),
            PipelineLagged(at=T0, lag_ms=3.0),
        ],
    )

    assert library.facts("a") == []


def test_a_fact_is_on_disk_without_anybody_asking(library: CallLibrary):
    library.open_call("a").post(Flagged(at=T0, note="slow"))

    assert eventually(lambda: library.facts("a") == [Flagged(at=T0, note="slow")])


def test_two_calls_at_once_keep_their_own_facts(library: CallLibrary):
    first, second = library.open_call("a"), library.open_call("b")

    def post(writer_facts: tuple[int, Callable[[Fact], None]]) -> None:
        offset, add = writer_facts
        for i in range(300):
            add(Flagged(at=T0 + i, note=str(offset + i)))

    threads = [
        threading.Thread(target=post, args=(each,))
        for each in ((0, first.post), (1000, second.post))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.close()
    assert second.close()

    assert library.facts("a") == [Flagged(at=T0 + i, note=str(i)) for i in range(300)]
    assert library.facts("b") == [Flagged(at=T0 + i, note=str(1000 + i)) for i in range(300)]


def test_a_call_goes_on_where_another_process_left_it(path: Path):
    for note in ("one", "two"):
        library = CallLibrary(path)
        keep(library, "a", [Flagged(at=T0, note=note)])
        library.close()

    assert [fact.note for fact in CallLibrary(path).facts("a") if isinstance(fact, Flagged)] == [
        "one",
        "two",
    ]


def test_a_fact_that_no_json_can_hold_is_left_out(
    library: CallLibrary, caplog: pytest.LogCaptureFixture
):
    keep(library, "a", [Flagged(at=float("nan"), note="when?"), Flagged(at=T0, note="now")])

    assert library.facts("a") == [Flagged(at=T0, note="now")]
    assert "cannot be kept" in caplog.text


def test_a_live_call_has_no_end(library: CallLibrary):
    keep(library, "a", a_call()[:-1])

    row = library.find("a")

    assert (row.state, row.ended_at) == (CallState.LIVE, None)
    assert library.load("a").live


def test_a_call_of_a_process_that_is_gone_ended_unexpectedly(path: Path, library: CallLibrary):
    keep(library, "a", a_call()[:-1])
    with closing(connect(path)) as db:
        db.execute("UPDATE calls SET writer_began = writer_began - 60")

    row = library.find("a")
    call = library.load("a")

    assert (row.state, row.ended_at) == (CallState.LOST, T0 + 25.9)
    assert (call.closed_at, call.close_reason) == (T0 + 25.9, ENDED_UNEXPECTEDLY)
    assert len(library.facts("a")) == len(a_call()) - 1


def test_a_call_is_found_by_the_beginning_of_its_id(library: CallLibrary):
    for call_id in ("2026-ab", "2026-abc", "2027-x%"):
        keep(library, call_id, [Flagged(at=T0, note="")])

    assert library.find("2027").id == "2027-x%"
    assert library.find("2026-ab").id == "2026-ab"
    with pytest.raises(UserError) as several:
        library.find("2026")
    assert "2026-abc" in several.value.hint
    for unknown in ("2028", "%", "_"):
        with pytest.raises(UserError) as none:
            library.find(unknown)
        assert "calls list" in none.value.hint


def test_an_unknown_call_cannot_be_loaded(library: CallLibrary):
    with pytest.raises(UserError):
        library.load("a")


def test_closing_writes_what_is_left(path: Path):
    library = CallLibrary(path)
    writer = library.open_call("a")
    for i in range(5000):
        writer.post(Flagged(at=T0 + i, note=str(i)))

    assert library.close(30.0)
    assert library.close()
    assert len(CallLibrary(path).facts("a")) == 5000


def test_what_comes_after_closing_is_refused_aloud(path: Path, caplog: pytest.LogCaptureFixture):
    library = CallLibrary(path)
    writer = library.open_call("a")
    library.close()

    writer.post(Flagged(at=T0, note="too late"))

    assert "takes no more facts" in caplog.text


def test_no_fact_known_to_be_kept_is_lost_to_kill_9(path: Path, tmp_path: Path):
    for attempt in range(3):
        known = tmp_path / f"kept-{attempt}"
        library_path = path.with_name(f"calls-{attempt}.db")
        child = subprocess.Popen([sys.executable, "-c", DIES, str(library_path), str(known)])
        assert eventually(lambda: known.exists() and known.stat().st_size > 10 + 20 * attempt)  # noqa: B023
        child.send_signal(signal.SIGKILL)
        child.wait(10)

        library = CallLibrary(library_path)
        call = library.load("a")
        last_known = int(known.read_text().splitlines()[-1])
        assert [flag.note for flag in call.flags][:last_known] == [
            str(number) for number in range(1, last_known + 1)
        ]
        assert [turn.answered for turn in call.exchanges] == [True]
        assert library.find("a").state is CallState.LOST
        assert call.close_reason == ENDED_UNEXPECTEDLY


def test_a_full_disk_is_told_once_and_facts_are_written_when_it_has_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    connections: list[sqlite3.Connection] = []

    def connect_with_little_room(of: Path) -> sqlite3.Connection:
        db = connect(of)
        db.execute("PRAGMA max_page_count = 1")
        connections.append(db)
        return db

    monkeypatch.setattr(fact_writer, "connect", connect_with_little_room)
    monkeypatch.setattr(fact_writer, "RETRY_S", 0.02)
    troubles: list[str | None] = []
    library = CallLibrary(path, troubles.append)
    writer = library.open_call("a")

    for i in range(100):
        writer.post(Flagged(at=T0 + i, note=LARGER_THAN_A_PAGE))
    assert eventually(lambda: bool(troubles))
    assert not writer.close(0.1)
    assert library.facts("a") == []
    assert troubles == ["the disk is full"]

    connections[0].execute("PRAGMA max_page_count = 100000")
    assert writer.close(20.0)
    assert len(library.facts("a")) == 100
    assert troubles == ["the disk is full", None]
    assert library.close()


def test_a_disk_that_stays_full_does_not_hold_up_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def connect_without_room(of: Path) -> sqlite3.Connection:
        db = connect(of)
        db.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(fact_writer, "connect", connect_without_room)
    monkeypatch.setattr(fact_writer, "GRACE_S", 0.1)
    library = CallLibrary(path)
    writer = library.open_call("a")
    for i in range(100):
        writer.post(Flagged(at=T0 + i, note=LARGER_THAN_A_PAGE))

    assert not library.close(0.1)
    assert eventually(lambda: "were not written" in caplog.text)
    assert eventually(lambda: "call library" not in {t.name for t in threading.enumerate()})


def test_a_program_that_ends_without_closing_neither_hangs_nor_loses_facts(path: Path):
    code = (
        "import sys; from pathlib import Path; from app.storage.call_library import CallLibrary;"
        "from app.domain.facts import Flagged;"
        "CallLibrary(Path(sys.argv[1])).open_call('a').post(Flagged(at=1.0, note='last'))"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60, env=os.environ)

    assert CallLibrary(path).facts("a") == [Flagged(at=1.0, note="last")]
