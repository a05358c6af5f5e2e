import json
from collections.abc import Generator
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.facts import Fact, RecordingStarted
from app.storage.call_library import CallLibrary
from app.storage.export import export_call
from tests.unit.domain.conversation import T0, closed, exchange, opened


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recordings" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"RIFF and so on")
    return path


@pytest.fixture
def library(tmp_path: Path, recorded: Path) -> Generator[CallLibrary]:
    library = CallLibrary(tmp_path / "calls.db")
    keep(
        library,
        "a-call",
        opened(),
        RecordingStarted(at=T0, path=str(recorded)),
        *exchange(T0 + 10, "How high is it?", "330 metres – „high“."),
        closed(T0 + 30),
    )
    yield library
    library.close()


def keep(library: CallLibrary, call_id: str, *facts: Fact) -> None:
    writer = library.open_call(call_id)
    for fact in facts:
        writer.post(fact)
    assert writer.close()


def test_a_call_is_exported_with_its_recording(library: CallLibrary, tmp_path: Path):
    folder = tmp_path / "out" / "here"

    written = export_call(library, "a-call", folder, ui={"frames": 7}, process={"cpu_s": 1.5})

    assert sorted(path.name for path in written) == ["call.json", "call.wav", "report.html"]
    assert sorted(folder.iterdir()) == sorted(written)
    document = json.loads((folder / "call.json").read_text(encoding="utf-8"))
    assert document["turns"][0]["agent"]["text"] == "330 metres – „high“."
    assert document["ui"]["frames"] == 7
    assert document["process"]["cpu_s"] == 1.5
    assert (folder / "call.wav").read_bytes() == b"RIFF and so on"
    assert 'src="call.wav"' in (folder / "report.html").read_text(encoding="utf-8")


def test_a_recording_that_is_gone_is_left_out(library: CallLibrary, tmp_path: Path, recorded: Path):
    recorded.unlink()

    written = export_call(library, "a-call", tmp_path / "out")

    assert [path.name for path in written] == ["call.json", "report.html"]
    assert "no recording" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_call_that_was_not_recorded_is_exported(library: CallLibrary, tmp_path: Path):
    keep(library, "b-call", opened(), closed(T0 + 1))

    assert len(export_call(library, "b", tmp_path / "out")) == 2


def test_exporting_again_replaces_the_files(library: CallLibrary, tmp_path: Path):
    export_call(library, "a-call", tmp_path / "out")

    written = export_call(library, "a-call", tmp_path / "out")

    assert sorted(written) == sorted((tmp_path / "out").iterdir())


def test_a_folder_that_cannot_be_written_gets_a_sentence(library: CallLibrary, tmp_path: Path):
    (tmp_path / "out").write_text("a file where the folder should be")

    with pytest.raises(UserError) as refused:
        export_call(library, "a-call", tmp_path / "out")
    assert "cannot be written" in refused.value.title


def test_an_unknown_call_gets_a_sentence(library: CallLibrary, tmp_path: Path):
    with pytest.raises(UserError):
        export_call(library, "z", tmp_path / "out")
    assert not (tmp_path / "out").exists()
