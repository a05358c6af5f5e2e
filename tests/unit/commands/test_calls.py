import json
from pathlib import Path

import pytest

from app.commands.arguments import parser
from app.commands.calls import run
from app.domain.errors import UserError
from app.domain.facts import ErrorRaised, RecordingStarted
from app.storage import call_library
from app.storage.call_library import CallLibrary
from tests.unit.domain.conversation import T0, closed, exchange, opened


@pytest.fixture
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "greenroom"


@pytest.fixture
def library(data_folder: Path) -> CallLibrary:
    library = CallLibrary(data_folder / "calls.db")
    recording = data_folder / "a.wav"
    recording.write_bytes(b"RIFF")
    whole = library.open_call("20261122-100000-ab12")
    for fact in (
        opened(),
        RecordingStarted(at=T0, path=str(recording)),
        *exchange(T0 + 10, "How high is it?", "330 metres."),
        ErrorRaised(at=T0 + 20, message="slow", category="x", processor="LLM", usable=True),
        closed(T0 + 75),
    ):
        whole.post(fact)
    lost = library.open_call("20261123-100000-cd34")
    for fact in (opened(T0 + 1000), *exchange(T0 + 1010, "Who built it?", "Eiffel.")):
        lost.post(fact)
    assert library.close()
    return library


def greenroom(*arguments: str) -> int:
    return run(parser().parse_args(["calls", *arguments]))


def test_an_empty_library_says_how_to_fill_it(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert greenroom("list") == 0

    assert "greenroom demo" in capsys.readouterr().out


@pytest.mark.usefixtures("library")
class TestCalls:
    def test_the_list_has_a_line_for_each(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ):
        def gone(*_: object) -> bool:
            return False

        monkeypatch.setattr(call_library, "_runs", gone)
        assert greenroom("list") == 0

        newest, oldest = capsys.readouterr().out.splitlines()
        assert newest.startswith("20261123-100000-cd34")
        assert newest.endswith("0:16 long, ended unexpectedly")
        assert oldest.startswith("20261122-100000-ab12")
        assert "Local agent" in oldest
        assert oldest.endswith("1:15 long")

    def test_a_call_in_progress_is_live(self, capsys: pytest.CaptureFixture[str]):
        greenroom("list")

        assert capsys.readouterr().out.splitlines()[0].endswith("live now")

    def test_the_list_for_scripts(self, capsys: pytest.CaptureFixture[str]):
        assert greenroom("list", "--json") == 0

        newest, oldest = json.loads(capsys.readouterr().out)
        assert (newest["state"], newest["ended_at"], newest["audio"]) == ("live", None, None)
        assert (oldest["call_id"], oldest["state"]) == ("20261122-100000-ab12", "ended")
        assert (oldest["started_at"], oldest["ended_at"]) == (T0, T0 + 75)
        assert oldest["audio"].endswith("a.wav")

    def test_a_call_is_shown_turn_by_turn(self, capsys: pytest.CaptureFixture[str]):
        assert greenroom("show", "20261122") == 0

        shown = capsys.readouterr().out
        for part in ("How high is it?", "330 metres.", "Reported", "Alert: LLM: slow", "a.wav"):
            assert part in shown

    def test_a_call_for_scripts_is_its_document(self, capsys: pytest.CaptureFixture[str]):
        assert greenroom("show", "20261122", "--json") == 0

        assert json.loads(capsys.readouterr().out)["call_id"] == "20261122-100000-ab12"

    def test_a_call_without_a_recording_says_so(self, capsys: pytest.CaptureFixture[str]):
        greenroom("show", "20261123")

        assert "Recording: none" in capsys.readouterr().out

    def test_a_call_is_exported(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert greenroom("export", "20261122", str(tmp_path / "out")) == 0

        written = capsys.readouterr().out.splitlines()
        assert [Path(line).name for line in written] == ["call.json", "report.html", "call.wav"]
        assert all(Path(line).is_file() for line in written)

    def test_an_unknown_call_gets_a_sentence(self):
        with pytest.raises(UserError) as unknown:
            greenroom("show", "1999")
        assert unknown.value.title == "There is no call 1999."


def test_a_call_in_which_nobody_spoke_is_shown(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
):
    library = CallLibrary(data_folder / "calls.db")
    library.open_call("a").post(opened())
    library.close()

    greenroom("show", "a")

    assert "Nobody said anything." in capsys.readouterr().out


def test_a_damaged_library_gets_a_sentence(data_folder: Path):
    data_folder.mkdir()
    (data_folder / "calls.db").write_bytes(b"nonsense" * 1000)

    with pytest.raises(UserError) as damaged:
        greenroom("list")
    assert "damaged" in damaged.value.title
